"""Label Studio tasks about an image: which image it is, where its file is, and what was said about it.

Addresses are never fetched. An image is looked for beside the file by the path that the task names, by its base name,
and by that without the eight hex digits which Label Studio puts before the name of an uploaded file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tools.errors import InputError
from tools.exchange.formats.label_studio.regions import ImageResults, Size, read_image_results, stated_size
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder, is_image_name
from tools.exchange.rows import ImageFile
from tools.exchange.tables.roles import first_of
from tools.images.probe import probe
from tools.records import ItemKind, Part

NO_IMAGE = "the task names no image"
EMBEDDED = "the image stands inside the task, which is not read"
_USUAL = ("image", "img", "image_url", "url", "picture", "photo", "file")
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
_LOCAL = "/data/local-files/"


@dataclass(frozen=True)
class Picture:
    """The image of a task and the key of ``data`` that names it."""

    image: ImageFile
    names: tuple[str, ...]
    text: str
    kind: ItemKind = "image"
    parts: tuple[Part, ...] = ()
    notes: set[str] = field(default_factory=set)

    def read(self, annotation: Mapping[str, Any]) -> ImageResults:
        """The claims of one annotation or prediction."""
        found = read_image_results(annotation, self._size)
        self.notes.update(found.notes)
        return found

    def _size(self) -> Size | None:
        """The image's own size, where the results do not state it."""
        if self.image.path is None:
            return None
        try:
            media = probe(self.image.path).media
        except InputError:
            return None
        return media.width, media.height


def find_picture(
    task: Mapping[str, Any], name: str | None, options: ImportOptions, finder: ImageFinder
) -> Picture | str:
    """The image of a task, or the reason why there is none; ``name`` is what an export of ours called it."""
    written = task["data"]
    column = first_of(list(written), [options.text_column]) if options.text_column else _image_key(written)
    address = written.get(column) if column else None
    if not column or not isinstance(address, str) or not address.strip():
        return NO_IMAGE
    if address.startswith("data:"):
        return EMBEDDED
    path = path_of(address)
    image = replace(finder.image(path, *stated_in(task)), name=name or shown_name(path))
    if image.path is None:
        folder, _, base = path.rpartition("/")
        plain = f"{folder}/{_UPLOADED.sub('', base)}"
        image = replace(image, path=finder.find(plain) or (None if is_image_name(base) else finder.find_stem(plain)))
    return Picture(image, (column,), image.name)


def path_of(address: str) -> str:
    """The path of an image in an address: without server, query and the escapes of an address."""
    parts = urlsplit(address)
    if parts.path.startswith(_LOCAL) and "d" in (asked := parse_qs(parts.query)):
        return asked["d"][0].lstrip("/")
    if parts.scheme in ("http", "https", "s3", "gs", "azure-blob", "file"):
        return unquote(parts.path).lstrip("/")
    return unquote(parts.path) if address.startswith("/data/upload/") else address


def shown_name(path: str) -> str:
    """What an image is called: its path, or its base name where the path is that of a server or of one machine."""
    plain = path.replace("\\", "/")
    is_relative = not plain.startswith("/") and ":" not in plain.split("/")[0] and ".." not in plain.split("/")
    return plain if is_relative else plain.rpartition("/")[2]


def _image_key(written: Mapping[str, Any]) -> str | None:
    """The key of ``data`` that names an image: by its own name, else the only one that looks like it."""
    usual = first_of(list(written), _USUAL)
    if usual and isinstance(written[usual], str):
        return usual
    likely = [key for key, cell in written.items() if isinstance(cell, str) and is_image_name(path_of(cell))]
    return likely[0] if len(likely) == 1 else None


def stated_in(task: Mapping[str, Any]) -> Size:
    """The (width, height) of the image as the first result states it; zeros where none does."""
    for part in ("annotations", "completions", "predictions"):
        for one in _listed(task.get(part)):
            for result in _listed(one.get("result")) if isinstance(one, Mapping) else ():
                size = stated_size(result) if isinstance(result, Mapping) else None
                if size is not None:
                    return size
    return 0, 0


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def flat_results(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results in a row of JSON_MIN, as they stand in a task: a list of regions under the name of their control."""
    found: list[dict[str, Any]] = []
    for name, cell in record.items():
        for one in cell if isinstance(cell, list) else ():
            kind = next((key for key in one if key.endswith("labels")), "") if isinstance(one, Mapping) else ""
            if kind and ("x" in one or "points" in one or "rle" in one):
                sizes = {key: one.get(key) for key in ("original_width", "original_height")}
                found.append({"type": kind, "from_name": name, "value": one, **sizes})
    return found
