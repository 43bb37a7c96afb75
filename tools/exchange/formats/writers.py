"""The formats that can be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.errors import FormatRefused
from tools.exchange.formats.coco import write as coco_write
from tools.exchange.formats.cvat import write as cvat_write
from tools.exchange.formats.datumaro import write as datumaro_write
from tools.exchange.formats.label_studio import write as label_studio_write
from tools.exchange.formats.labelme import write as labelme_write
from tools.exchange.formats.lines import doccano_write, own_jsonl_write, prodigy_write
from tools.exchange.formats.open_images import write as open_images_write
from tools.exchange.formats.pictures import images_write
from tools.exchange.formats.preference import write as preference_write
from tools.exchange.formats.sounds import subtitles_write
from tools.exchange.formats.tables import delimited_write, huggingface_write, parquet_write
from tools.exchange.formats.tokens import conll_write
from tools.exchange.formats.voc import write as voc_write
from tools.exchange.formats.yolo import write as yolo_write
from tools.exchange.options import ExportOptions
from tools.exchange.writer import Plan, Writer
from tools.schema import FieldSpec


@dataclass(frozen=True)
class WriteFormat:
    """One format for writing. ``cannot_hold`` says what it loses, before anything is written.

    ``holds`` are the sorts of content that it can write (:attr:`tools.modalities.contract.Modality.content`), empty for
    every sort. A folder format with ``has_tree`` has folders in it.
    """

    name: str
    suffix: str
    open: Callable[[Plan], Writer]
    cannot_hold: Callable[[Sequence[FieldSpec], ExportOptions], list[str]]
    is_folder: bool = False
    holds: frozenset[str] = frozenset()
    has_tree: bool = False

    def is_for(self, content: str) -> bool:
        """Whether items of this sort of content can be written."""
        return not self.holds or content in self.holds

    def is_made_for(self, content: str) -> bool:
        """Whether it is for items of this sort of content and no others."""
        return self.holds == {content}


_TEXTS, _IMAGES, _SOUNDS = frozenset({"text"}), frozenset({"image"}), frozenset({"audio"})


WRITERS: tuple[WriteFormat, ...] = (
    WriteFormat("csv", ".csv", delimited_write.open_csv, delimited_write.cannot_hold),
    WriteFormat("tsv", ".tsv", delimited_write.open_tsv, delimited_write.cannot_hold),
    WriteFormat("jsonl", ".jsonl", own_jsonl_write.OwnJsonlWriter, own_jsonl_write.cannot_hold),
    WriteFormat("prodigy", ".jsonl", prodigy_write.ProdigyWriter, prodigy_write.cannot_hold, holds=_TEXTS),
    WriteFormat("doccano", ".jsonl", doccano_write.DoccanoWriter, doccano_write.cannot_hold, holds=_TEXTS),
    WriteFormat(
        "label_studio",
        ".json",
        label_studio_write.LabelStudioWriter,
        label_studio_write.cannot_hold,
        holds=_TEXTS | _IMAGES,
    ),
    WriteFormat("conll", ".conll", conll_write.ConllWriter, conll_write.cannot_hold, holds=_TEXTS),
    WriteFormat("preference", ".jsonl", preference_write.PreferenceWriter, preference_write.cannot_hold, holds=_TEXTS),
    WriteFormat("parquet", ".parquet", parquet_write.ParquetWriter, parquet_write.cannot_hold),
    WriteFormat("huggingface", "", huggingface_write.HuggingFaceWriter, huggingface_write.cannot_hold, is_folder=True),
    WriteFormat(
        "coco", "", coco_write.CocoWriter, coco_write.cannot_hold, is_folder=True, holds=_IMAGES, has_tree=True
    ),
    WriteFormat(
        "yolo", "", yolo_write.YoloWriter, yolo_write.cannot_hold, is_folder=True, holds=_IMAGES, has_tree=True
    ),
    WriteFormat("voc", "", voc_write.VocWriter, voc_write.cannot_hold, is_folder=True, holds=_IMAGES, has_tree=True),
    WriteFormat(
        "cvat", "", cvat_write.CvatWriter, cvat_write.cannot_hold, is_folder=True, holds=_IMAGES, has_tree=True
    ),
    WriteFormat(
        "labelme", "", labelme_write.LabelmeWriter, labelme_write.cannot_hold, True, holds=_IMAGES, has_tree=True
    ),
    WriteFormat(
        "datumaro", "", datumaro_write.DatumaroWriter, datumaro_write.cannot_hold, True, holds=_IMAGES, has_tree=True
    ),
    WriteFormat(
        "openimages",
        "",
        open_images_write.OpenImagesWriter,
        open_images_write.cannot_hold,
        True,
        holds=_IMAGES,
        has_tree=True,
    ),
    WriteFormat("images", "", images_write.ImagesWriter, images_write.cannot_hold, True, holds=_IMAGES, has_tree=True),
    WriteFormat(
        "srt", "", subtitles_write.SubtitleWriter, subtitles_write.cannot_hold, True, holds=_SOUNDS, has_tree=True
    ),
)
BY_NAME = {one.name: one for one in WRITERS}


def writer_named(name: str) -> WriteFormat:
    """The format of this name; :class:`FormatRefused` lists what there is."""
    found = BY_NAME.get(name.strip().casefold())
    if found is None:
        raise FormatRefused(f"Nothing is exported as {name!r}; there are {', '.join(BY_NAME)}.")
    return found
