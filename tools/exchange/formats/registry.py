"""Every format there is, by name, by extension and by what its files look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tools.errors import FormatRefused
from tools.exchange.files.encoding import detect
from tools.exchange.files.source import Source
from tools.exchange.formats.coco import read as coco
from tools.exchange.formats.cvat import read as cvat
from tools.exchange.formats.datumaro import read as datumaro
from tools.exchange.formats.label_studio import read as label_studio
from tools.exchange.formats.labelme import read as labelme
from tools.exchange.formats.lines import own_jsonl, plain, prodigy, records
from tools.exchange.formats.open_images import read as open_images
from tools.exchange.formats.pictures import images
from tools.exchange.formats.preference import read as preference
from tools.exchange.formats.sounds import sounds
from tools.exchange.formats.tables import delimited, huggingface, parquet, xlsx
from tools.exchange.formats.tokens import brat, conll
from tools.exchange.formats.voc import read as voc
from tools.exchange.formats.yolo import read as yolo
from tools.exchange.options import ImportOptions
from tools.exchange.rows import RowSource
from tools.exchange.tables.tabular import SourceTable
from tools.images.probe import SUFFIXES
from tools.modalities.audio import AUDIO
from tools.schema import LabelSchema

Loaded = SourceTable | RowSource
Load = Callable[[Source, ImportOptions, LabelSchema | None], Loaded]
AUTO = "auto"
PICTURES = "images"
_JSON, _TEXT = (".json", ".jsonl", ".ndjson"), (".txt", ".text", ".md")


@dataclass(frozen=True)
class Format:
    """One format for reading. ``sniff`` says whether the content looks like it; an unknown extension asks all.

    ``place`` says whether it is a file, a folder or either.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    sniff: Callable[[Source], bool]
    load: Load
    place: Literal["file", "folder", "either"] = "file"


def _table(load: Callable[[Source, ImportOptions], SourceTable]) -> Load:
    return preference.or_else(lambda source, options, schema: load(source, options))


def _never(source: Source) -> bool:
    return False


def _is_parquet(source: Source) -> bool:
    return source.head.startswith(b"PAR1")


def _is_xlsx(source: Source) -> bool:
    return source.head.startswith(b"PK\x03\x04") and source.suffix == ".xlsx"


def _is_delimited(source: Source) -> bool:
    """Whether the first line has a delimiter, for files whose extension says nothing."""
    line = source.text[:4096].partition("\n")[0]
    return any(one in line for one in delimited.DELIMITERS) and not line.lstrip().startswith(("{", "["))


FORMATS: tuple[Format, ...] = (
    Format("csv", "Comma-separated values", (".csv",), _is_delimited, _table(delimited.load)),
    Format("tsv", "Tab-separated values", (".tsv", ".tab"), _never, _table(delimited.load)),
    Format("xlsx", "Excel workbook", (".xlsx",), _is_xlsx, _table(xlsx.load)),
    Format("parquet", "Parquet", (".parquet", ".pq"), _is_parquet, _table(parquet.load)),
    Format(
        "huggingface", "Hugging Face datasets folder", (), lambda s: huggingface.is_dataset(s.path),
        _table(huggingface.load), "folder",
    ),
    Format("brat", "brat standoff", (".ann", ".txt"), lambda s: brat.is_brat(s.path), brat.load, "either"),
    Format("coco", "COCO annotations and results", (".json",), coco.sniff, coco.load, "either"),
    Format("yolo", "YOLO folder of images and labels", (), yolo.sniff, yolo.load, "folder"),
    Format("voc", "Pascal VOC", (".xml",), voc.sniff, voc.load, "either"),
    Format("jsonl", "The project's own JSONL", _JSON, own_jsonl.sniff, own_jsonl.load),
    Format("label_studio", "Label Studio JSON", _JSON, label_studio.sniff, label_studio.load),
    Format("labelme", "LabelMe JSON", (".json",), labelme.sniff, labelme.load, "either"),
    Format("datumaro", "Datumaro JSON", (".json",), datumaro.sniff, datumaro.load, "either"),
    Format("cvat", "CVAT for images XML", (".xml",), cvat.sniff, cvat.load, "either"),
    Format("openimages", "Open Images CSV", (".csv",), open_images.sniff, open_images.load, "either"),
    Format(PICTURES, "Plain images", tuple(SUFFIXES), images.sniff, images.load, "either"),
    Format("sounds", "Plain recordings", AUDIO.suffixes, sounds.sniff, sounds.load, "either"),
    Format("prodigy", "Prodigy JSONL", _JSON, prodigy.sniff, prodigy.load),
    Format(
        "doccano", "doccano JSON and JSONL, and records like them", _JSON, records.sniff,
        preference.or_else(records.load),
    ),
    Format("conll", "CoNLL columns with tags", (".conll", ".bio", ".iob", ".iob2", *_TEXT), conll.sniff, conll.load),
    Format("fasttext", "fastText lines", (".ft", *_TEXT), plain.sniff_fasttext, plain.load_fasttext),
    Format("text", "Plain text", _TEXT, plain.sniff_plain, plain.load_plain),
)  # fmt: skip
BY_NAME = {one.name: one for one in FORMATS}


def choose_format(source: Source, options: ImportOptions) -> Format:
    """The format a person named, else by extension and content; :class:`FormatRefused` where neither says."""
    wanted = options.format.strip().casefold()
    if wanted != AUTO:
        return _named(wanted, source)
    if source.is_folder:
        return _of_folder(source)
    likely = [one for one in FORMATS if source.suffix in one.extensions]
    if len(likely) == 1:
        return likely[0]
    if source.suffix == ".csv":
        return BY_NAME["openimages"] if open_images.sniff(source) else BY_NAME["csv"]
    is_binary = b"\0" in source.head and not _is_wide(source)
    candidates = [one for one in likely or FORMATS if not is_binary or one.name in ("parquet", "xlsx")]
    # A line with a comma in it may be anything: what has a form of its own is asked first.
    candidates = sorted(candidates, key=lambda one: one.name == "csv")
    found = next((one for one in candidates if one is not BY_NAME["text"] and one.sniff(source)), None)
    if found is None and BY_NAME["text"] in likely and not is_binary:
        found = BY_NAME["text"]
    if found is None:
        raise FormatRefused(
            f"{source.name} looks like no known format; say which it is (format=…): {', '.join(BY_NAME)}."
        )
    return found


def _of_folder(source: Source) -> Format:
    """The one form of a folder; a folder of images only if it is nothing else."""
    found = [one for one in FORMATS if one.place != "file" and one.sniff(source)]
    labelled = [one for one in found if one.name != PICTURES] or found
    if not labelled:
        names = ", ".join(one.name for one in FORMATS if one.place != "file")
        raise FormatRefused(f"{source.name} is a folder of no known form: {names}.")
    if len(labelled) > 1:
        names = " or ".join(one.name for one in labelled)
        raise FormatRefused(f"{source.name} could be a folder of {names}: say which (format=…).")
    return labelled[0]


def _named(wanted: str, source: Source) -> Format:
    known = BY_NAME.get(wanted)
    if known is None:
        raise FormatRefused(f"There is no format {wanted!r}; there are {', '.join(BY_NAME)}.")
    if known.place != "either" and source.is_folder != (known.place == "folder"):
        is_a, wants = ("folder", "file") if source.is_folder else ("file", "folder")
        raise FormatRefused(f"{source.name} is a {is_a}; {known.title} is a {wants}.")
    # Plain records are read under the name that people use for them.
    if wanted == "jsonl" and not known.sniff(source):
        return BY_NAME["doccano"]
    return known


def _is_wide(source: Source) -> bool:
    """Whether the zero bytes are those of UTF-16 or UTF-32 text."""
    return detect(source.head).codec.startswith(("utf-16", "utf-32"))
