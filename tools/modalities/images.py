"""Pictures: items whose content is an image file."""

from __future__ import annotations

import re
from pathlib import Path

from tools.content import Content, ImageFile
from tools.images.probe import SUFFIXES, probe
from tools.modalities.contract import Modality
from tools.records import Item


def _picture(item: Item, place: Path | None) -> Content:
    assert place is not None, f"item {item.key} has no file"
    return ImageFile(place)


IMAGE = Modality(
    name="image",
    one="picture",
    many="pictures",
    content="image",
    reasons=(
        "wrong label",
        "nothing is there",
        "wrong place or outline",
        "several labels fit",
        "cannot be made out",
    ),
    examples=(
        "where do we stand",
        "suggest boxes for 20 pictures",
        "which pictures have no label yet",
        "show me pictures like this one",
        "export as coco",
    ),
    how_imported=(
        "Drop the folder or the image files on the Data tab; in the terminal it is “assistant import PROJECT "
        "FOLDER”, also for a COCO or YOLO set."
    ),
    has_file=True,
    can_speak=False,
    note="The items are images; pictures, photos and images are other words for them.",
    # "open images" and "images folder" are formats of files; a folder's own name follows "folder".
    also_called=re.compile(
        r"(?<!open )(?<!folder )(?<!directory )(?<![-\w./])(?:picture|photo|photograph|image|pic|frame)(?P<s>s?)\b"
        r"(?!\s+folders?\b|[-./]\w)(?! (?:classification|files)\b)",
        re.IGNORECASE,
    ),
    file_name=re.compile(r"[\w./-]+\.(?:jpe?g|png|webp|bmp|tiff?|gif|avif)\Z", re.IGNORECASE),
    columns=(
        "image",
        "file_name",
        "filename",
        "image_path",
        "filepath",
        "path",
        "file",
        "img",
        "image_name",
        "text",
    ),
    suffixes=SUFFIXES,
    probe=probe,
    content_of=_picture,
)
