"""A file or folder to be read: size-capped, hashed, decoded once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.files.encoding import decode, detect, named
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.places import is_file, lies_in, refuse_unreadable
from tools.exchange.options import ImportOptions
from tools.modalities.images import IMAGE
from tools.modalities.registry import MODALITIES

_ARCHIVES = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"Rar!": "RAR",
}
_ARCHIVE_SUFFIXES = {".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".tar", ".zst", ".rar"}
_ZIP = b"PK\x03\x04"
_STEP = 1 << 22


@dataclass(frozen=True)
class Source:
    """One path to be read. Files are read into memory once; the cap is checked before a byte is read."""

    path: Path
    options: ImportOptions

    @property
    def name(self) -> str:
        """The name to be shown and stored."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """The extension in lower case, with its dot."""
        return self.path.suffix.lower()

    @property
    def is_folder(self) -> bool:
        """Whether the path is a folder."""
        return self.path.is_dir()

    @cached_property
    def content(self) -> bytes:
        """All bytes of the file."""
        return self.path.read_bytes()

    @property
    def head(self) -> bytes:
        """The first bytes, for sniffing."""
        if self.is_folder:
            return b""
        with self.path.open("rb") as stream:
            return stream.read(1 << 16)

    @cached_property
    def _decoded(self) -> tuple[str, str]:
        return decode(self.content, self.options.encoding)

    @property
    def text(self) -> str:
        """The decoded text, without a byte order mark, line ends as they are."""
        return self._decoded[0]

    @property
    def encoding_notes(self) -> tuple[str, ...]:
        """How the text was decoded, empty for plain UTF-8."""
        sentence = self._decoded[1]
        return (sentence,) if sentence else ()

    def utf8(self) -> tuple[bytes, tuple[str, ...]]:
        """The text as UTF-8 bytes without a mark, and how it was decoded."""
        found = named(self.content, self.options.encoding)
        if found.codec == "utf-8" and self.options.encoding == "auto":
            return (self.content[found.mark :] if found.mark else self.content), ()
        return self.text.encode("utf-8"), self.encoding_notes

    def presumed_utf8(self) -> bytes | None:
        """The bytes as they are, if their start speaks for UTF-8; a parser that checks them finds out."""
        is_open = self.options.encoding in ("auto", "utf-8", "utf8")
        # The head may be cut inside a character, and then looks like Latin-1.
        likely = detect(self.content[:4096]).codec in ("utf-8", "cp1252", "latin-1")
        return self.content if is_open and likely else None

    def lines(self) -> Iterator[tuple[int, str]]:
        """Numbered lines without their ends; only line feed and carriage return end a line."""
        for number, line in enumerate(self.text.split("\n"), start=1):
            yield number, line.removesuffix("\r")

    @cached_property
    def json_rows(self) -> list[Any] | None:
        """The elements of a JSON array, or the one object of a ``.json`` file; ``None`` for a file of lines."""
        start = self.text.lstrip()[:1]
        if start != "[" and not (start == "{" and self.suffix == ".json"):
            return None
        try:
            found = parse_json(self.text)
        except ValueError as error:
            if start == "[" and self.suffix == ".json":
                raise FormatRefused(f"{self.name} is not JSON: {json_cause(error)}.") from None
            return None
        return found if isinstance(found, list) else [found]

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files of a folder, hidden ones left out, in the order of their names; a file and its brat partner."""
        if not self.is_folder:
            partner = {".ann": ".txt", ".txt": ".ann"}.get(self.suffix)
            beside = self.path.with_suffix(partner) if partner else self.path
            return (self.path, beside) if beside != self.path and is_file(beside) else (self.path,)
        root = self.path.resolve()
        found = (path for path in self.path.rglob("*") if is_file(path) and not leads_out(path, root))
        return tuple(sorted(p for p in found if not any(s.startswith(".") for s in p.relative_to(self.path).parts)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes; where there are several files, of their names and digests.

        Of the images and recordings in a folder name and size count: every one has a digest of its own in the batch.
        """
        if len(self.files) == 1 and not self.is_folder:
            return hashlib.sha256(self.content).hexdigest()
        whole, root = hashlib.sha256(), self.path if self.is_folder else self.path.parent
        for path in sorted(self.files):
            own = str(path.stat().st_size) if is_content(path) else _digest(path)
            whole.update(f"{path.relative_to(root).as_posix()}\0{own}\n".encode())
        return whole.hexdigest()


@contextmanager
def hashed_beside(source: Source) -> Iterator[Callable[[], str]]:
    """The digest, made while something else is done: hashing does not hold the interpreter."""
    if not source.is_folder:
        # Read here, so that both sides look at the same bytes.
        _ = source.content
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(lambda: source.digest)
        yield digest.result


def open_source(path: Path, options: ImportOptions) -> Source:
    """The source at ``path``, or one sentence why it is not read."""
    refuse_unreadable(path)
    source = Source(path, options)
    # Images and recordings are looked at one by one, and have a limit of their own.
    size = sum(one.stat().st_size for one in source.files if not (source.is_folder and is_content(one)))
    if size > options.limit_bytes:
        raise FormatRefused(
            f"{path.name} has {readable(size)}; up to {readable(options.limit_bytes)} are read at once. Split it."
        )
    if not source.is_folder:
        _refuse_archives(source)
    return source


def readable(size: int) -> str:
    """A number of bytes for people."""
    amount, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"


def json_cause(error: ValueError) -> str:
    """What the JSON reader said, without positions, so that equal causes are counted together."""
    return str(error).split(": line ")[0][:80]


def leads_out(path: Path, root: Path) -> bool:
    """Whether a path is a link to something outside of ``root``, which is resolved."""
    return path.is_symlink() and not lies_in(path, root)


def decoded(content: bytes) -> str:
    """The text of a small file beside the one that is imported."""
    return decode(content, "auto")[0]


def is_image(path: Path) -> bool:
    """Whether the name of a file is that of an image."""
    return path.suffix.lower() in IMAGE.suffixes


def is_content(path: Path) -> bool:
    """Whether the name of a file is that of what an item of some kind consists of."""
    return any(path.suffix.lower() in one.suffixes for one in MODALITIES.values())


def _refuse_archives(source: Source) -> None:
    head = source.head[:8]
    kind = next((name for mark, name in _ARCHIVES.items() if head.startswith(mark)), "")
    if not kind and head.startswith(_ZIP) and source.suffix != ".xlsx":
        kind = "zip"
    if kind or source.suffix in _ARCHIVE_SUFFIXES:
        what = f"a {kind} archive" if kind else "an archive"
        raise FormatRefused(f"{source.name} is {what}. Unpack it and import the files in it.")


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while step := stream.read(_STEP):
            found.update(step)
    return found.hexdigest()
