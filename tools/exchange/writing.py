"""Items out into one file or folder, atomically, with an account of every item."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.errors import InputError
from tools.exchange.card import is_own_card, write_card
from tools.exchange.export import ExportItem, ExportReport, LeftOut
from tools.exchange.files.source import is_image
from tools.exchange.formats.writers import WriteFormat, writer_named
from tools.exchange.options import ExportOptions
from tools.exchange.selection import Selection, chosen_fields
from tools.exchange.tally import Tally
from tools.exchange.writer import Plan, Writer
from tools.records import Item
from tools.schema import LabelSchema

USUAL = ExportOptions()
CARD = "README.md"
# A folder may be replaced only if it holds nothing but what an export writes.
_OURS = {CARD, "state.json", "dataset_info.json"}


def losses(format: str, schema: LabelSchema, options: ExportOptions = USUAL) -> list[str]:
    """What the format cannot hold of this schema's answers, in sentences, before anything is written."""
    chosen = writer_named(format)
    refuse_kind(chosen, schema)
    return _cannot_hold(chosen, schema, options)


def _cannot_hold(chosen: WriteFormat, schema: LabelSchema, options: ExportOptions) -> list[str]:
    said = chosen.cannot_hold(chosen_fields(schema, options), options)
    if schema.modality.has_file and not chosen.is_made_for(schema.modality.content):
        said = [*said, f"The {schema.modality.content} files: {chosen.name} names them and holds none."]
    return said


def write_export(
    format: str,
    rows: Iterable[ExportItem],
    schema: LabelSchema,
    target: Path,
    options: ExportOptions = USUAL,
    image_file: Callable[[Item], Path] | None = None,
) -> ExportReport:
    """Write the items to ``target`` and a dataset card beside it. ``image_file`` says where the image of an item is.

    Everything is written beside the target under another name and moved there at the end: after a failure the
    target is what it was. An existing target is replaced only with ``overwrite``.
    """
    chosen = writer_named(format)
    refuse_kind(chosen, schema)
    fields = chosen_fields(schema, options)
    card = card_path(target, chosen) if options.card else None
    refuse_existing(target, chosen, options)
    with _workshop(target) as folder:
        plan = Plan(folder / target.name, schema, fields, options, image_file=image_file)
        account = _Account(Selection(fields, options))
        with _closing(chosen.open(plan)) as writer:
            for item in rows:
                account.add(item, writer)
            made = writer.finish()
        report = ExportReport(
            chosen.name,
            target,
            tuple(target.parent / path.relative_to(folder) for path in made),
            account.items,
            account.written,
            tuple(LeftOut(reason, tuple(ids)) for reason, ids in sorted(account.left_out.items())),
            (*plan.losses, *account.selection.losses),
            account.tally.answers(),
            tuple(_cannot_hold(chosen, schema, options)),
            writer.escaped_cells,
        )
        if card is not None:
            draft = folder / (f"{target.name}/{CARD}" if chosen.is_folder else card.name)
            tree = tree_digest(folder / target.name) if chosen.has_tree else ""
            draft.write_text(write_card(report, fields, schema, account.tally, options, tree), encoding="utf-8")
        _move(folder, target, card, options)
    return report


@dataclass
class _Account:
    """Where every item went."""

    selection: Selection
    tally: Tally = field(default_factory=Tally)
    left_out: dict[str, list[int]] = field(default_factory=dict)
    items: int = 0
    written: int = 0

    def add(self, item: ExportItem, writer: Writer) -> None:
        self.items += 1
        chosen = self.selection.choose(item)
        reason = chosen if isinstance(chosen, str) else writer.add(chosen)
        if reason or isinstance(chosen, str):
            self.left_out.setdefault(reason, []).append(item.item.item_id)
            return
        self.written += 1
        self.tally.add(chosen)


def card_path(target: Path, chosen: WriteFormat) -> Path:
    """Where the card goes: README.md in a folder export and beside a file, unless somebody else's stands there."""
    if chosen.is_folder:
        return target / CARD
    usual = target.parent / CARD
    if not usual.exists() or (usual.is_file() and _is_card_of(usual, target)):
        return usual
    return target.parent / f"{target.name}.{CARD}"


def _is_card_of(path: Path, target: Path) -> bool:
    """Whether the card was written by an export of the same file."""
    head = path.read_text(encoding="utf-8", errors="replace")[:4000]
    return is_own_card(head) and f"- {target.name}\n" in head


def tree_digest(folder: Path) -> str:
    """SHA-256 of the names and sizes of all files in a folder but its card."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / CARD):
        found.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\n".encode())
    return found.hexdigest()


def is_untouched(folder: Path) -> bool:
    """Whether a folder holds just what an export put there; an empty one does."""
    if not any(folder.iterdir()):
        return True
    card = folder / CARD
    if not card.is_file():
        return False
    head = card.read_text(encoding="utf-8", errors="replace")[:4000]
    return is_own_card(head) and f"tree: {tree_digest(folder)}\n" in head


def refuse_kind(chosen: WriteFormat, schema: LabelSchema) -> None:
    """Refuse a format that knows nothing of the project's kind of items."""
    if not chosen.is_for(schema.modality.content):
        holds = " and ".join(_MANY.get(one, one) for one in sorted(chosen.holds))
        raise InputError(f"The format {chosen.name} holds {holds}, and the project asks about {schema.item!r} items.")


_MANY = {"text": "texts", "image": "images"}
"""What a format holds of a sort of content that can be counted; of others, such as audio, it just holds some."""


def refuse_existing(target: Path, chosen: WriteFormat, options: ExportOptions) -> None:
    """Refuse a target that cannot be made, or that exists and is not to be replaced."""
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent} to export to.")
    if not target.exists():
        return
    if not options.overwrite:
        raise InputError(f"{target} exists. Name another file, or say that it shall be replaced (overwrite).")
    if target.is_dir() != chosen.is_folder:
        raise InputError(f"{target} is a {'folder' if target.is_dir() else 'file'} and is not replaced by the other.")
    if chosen.has_tree:
        if not is_untouched(target):
            raise InputError(f"{target} holds files which no export wrote, or changed since; it is not replaced.")
    elif chosen.is_folder:
        others = [path.name for path in target.iterdir() if path.name not in _OURS and path.suffix != ".arrow"]
        if others:
            raise InputError(f"{target} holds {others[0]!r}, which no export wrote; it is not replaced.")


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """A folder on the same disk as the target, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", suffix=".partial", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _closing(writer: Writer) -> Iterator[Writer]:
    try:
        yield writer
    finally:
        writer.close()


def _move(folder: Path, target: Path, card: Path | None, options: ExportOptions) -> None:
    """Put what was made in its place; the export itself last, so that it is never there without the rest."""
    made = sorted(folder.iterdir(), key=lambda path: path.name == target.name)
    places = [(path, target.parent / path.name) for path in made]
    for _, place in places:
        if place.exists() and place != card and not options.overwrite:
            raise InputError(f"{place} exists. Name another file, or say that it shall be replaced (overwrite).")
        if (
            place.is_dir()
            and place != target
            and not all(is_image(path) for path in place.rglob("*") if path.is_file())
        ):
            raise InputError(f"{place} holds files which no export wrote; it is not replaced.")
    for path, place in places:
        if place.is_dir():
            place.rename(folder / "replaced")
        os.replace(path, place)
