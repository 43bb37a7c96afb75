"""Images that stand inside an annotation file, put into a folder of their own while the program runs.

What imports an item copies its image from a file; an image in base64 has none. The folder goes away with the program.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import tempfile
from functools import cache
from pathlib import Path

from tools.images.probe import MOST_BYTES


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """The folder, made when it is first needed and removed at the end."""
    return tempfile.TemporaryDirectory(prefix="embedded-images-")


def unpack_image(written: str, suffix: str) -> Path | None:
    """The file of an image in base64; ``None`` where it is none, or larger than any image that is read.

    Nothing is decoded here but base64: what the bytes are is found out where every image is looked at.
    """
    if len(written) > MOST_BYTES * 4 // 3 + 4:
        return None
    try:
        content = base64.b64decode(written.partition(",")[2] if written.startswith("data:") else written)
    except (binascii.Error, ValueError):
        return None
    if not content:
        return None
    # Named by its content: the same image in two files, or in the same file read twice, is one file.
    path = Path(_folder().name) / f"{hashlib.sha256(content).hexdigest()}{suffix}"
    if not path.exists():
        path.write_bytes(content)
    return path
