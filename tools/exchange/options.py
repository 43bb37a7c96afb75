"""What a person may say about an import or an export. Everything has a default that needs no thought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar, get_args

from tools.errors import InputError
from tools.records import ItemKind

ImportExposure = Literal["imported_unknown", "imported_independent"]
Conflicts = Literal["leave_out", "all_values"]
Provenance = Literal["full", "none"]
TagScheme = Literal["BIO", "IOB1", "BIOES"]
VocBase = Literal["auto", "0", "1"]
ImagePlaces = Literal["copy", "reference"]
IMPORTED = "imported"
LIMIT_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read; what is empty is found out from the file or said to be missing.

    ``label_columns`` are pairs (column of the file, field of the schema); for JSON formats a column is the key or
    the ``from_name``, for CoNLL the number of the column, counted from 1. ``labels_where`` is ``column=value``: all
    rows become items, labels are taken from the matching rows only. ``annotator`` is who gave the labels where the
    file does not say. ``exposure`` is what that person declares: ``imported_independent`` means that the labels
    were given without seeing any suggestion. ``empty_is_answer`` says that an empty label list means "nothing
    applies" in formats where it usually means "nobody looked". ``voc_base`` is where the boxes of Pascal VOC
    count from: 1 with both ends included as VOC says, 0 with the end left out as some programs write; ``auto`` finds
    out. ``item_kind`` is the schema's, set by the reader.
    """

    format: str = "auto"
    text_column: str = ""
    key_column: str = ""
    label_columns: tuple[tuple[str, str], ...] = ()
    labels_where: str = ""
    annotator: str = ""
    annotator_column: str = ""
    exposure: ImportExposure = "imported_unknown"
    encoding: str = "auto"
    pair_columns: tuple[str, ...] = ()
    conversation_column: str = ""
    delimiter: str = ""
    header: bool = True
    sheet: str = ""
    whole_file: bool = False
    take_labels: bool = True
    empty_is_answer: bool = False
    voc_base: VocBase = "auto"
    item_kind: ItemKind = "text"
    limit_bytes: int = LIMIT_BYTES

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _one_of("exposure", self.exposure, get_args(ImportExposure))
        _one_of("voc_base", self.voc_base, get_args(VocBase))
        if self.pair_columns and len(self.pair_columns) != 2:
            raise InputError(f"A pair has two columns, got {len(self.pair_columns)}: {', '.join(self.pair_columns)}.")
        if self.labels_where and "=" not in self.labels_where:
            raise InputError(f"labels_where looks like column=value, got {self.labels_where!r}.")
        if len(self.delimiter) > 1:
            raise InputError(f"A delimiter is one character, got {self.delimiter!r}.")
        if self.limit_bytes <= 0:
            raise InputError(f"limit_bytes must be above zero, got {self.limit_bytes}.")

    @property
    def where(self) -> tuple[str, str] | None:
        """Column and value of ``labels_where``, or ``None``."""
        column, found, value = self.labels_where.partition("=")
        return (column.strip(), value.strip()) if found else None

    def to_record(self) -> dict[str, Any]:
        """JSON-able form without what is at its default; see :func:`import_options_from`."""
        return _record(self, ImportOptions())


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What an export holds.

    ``fields`` are field ids, empty for all. ``include_unreviewed`` adds what models proposed and nobody decided,
    marked ``machine``. ``conflicts`` leaves disagreeing items out or writes every reviewer's value. ``keep_undecided``
    also writes items without any answer. ``images`` says whether image files are copied into the export or stay where
    they are. ``splits`` are names and shares, ``train=0.8,val=0.1,test=0.1``: each item falls into one by a hash of
    its key and ``split_seed``, the same in every export; ``imported`` keeps those that came with the items.
    ``audit_head`` is the hash that the host's audit chain ended with;
    ``created`` the time of the export, as it shall stand in the card.
    """

    fields: tuple[str, ...] = ()
    include_unreviewed: bool = False
    conflicts: Conflicts = "leave_out"
    keep_undecided: bool = False
    provenance: Provenance = "full"
    escape_formulas: bool = True
    images: ImagePlaces = "copy"
    splits: str = ""
    split_seed: int = 0
    tag_scheme: TagScheme = "BIO"
    overwrite: bool = False
    card: bool = True
    project: str = ""
    audit_head: str = ""
    created: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _one_of("conflicts", self.conflicts, get_args(Conflicts))
        _one_of("provenance", self.provenance, get_args(Provenance))
        _one_of("tag_scheme", self.tag_scheme, get_args(TagScheme))
        _one_of("images", self.images, get_args(ImagePlaces))
        read_splits(self.splits)

    def to_record(self) -> dict[str, Any]:
        """JSON-able form without what is at its default; see :func:`export_options_from`."""
        return _record(self, ExportOptions())


def read_splits(written: str) -> tuple[tuple[str, float], ...]:
    """Names and shares of splits, in order; empty for none and for ``imported``."""
    if written.strip() in ("", IMPORTED):
        return ()
    found = []
    for one in written.split(","):
        name, _, share = one.partition("=")
        try:
            found.append((_split_name(name), float(share)))
        except ValueError:
            raise InputError(f"splits look like train=0.8,val=0.1,test=0.1, got {one.strip()!r}.") from None
    total = sum(share for _, share in found)
    if any(share <= 0 for _, share in found) or abs(total - 1) > 1e-6:
        raise InputError(f"The shares of splits are above 0 and add up to 1, got {total:g} in {written!r}.")
    if len({name for name, _ in found}) < len(found):
        raise InputError(f"Two splits have the same name in {written!r}.")
    return tuple(found)


def _split_name(name: str) -> str:
    """The name if it can be that of a folder."""
    plain = name.strip()
    if not plain or not all(one.isalnum() or one in "_-" for one in plain):
        raise ValueError(plain)
    return plain


def import_options_from(record: Mapping[str, Any]) -> ImportOptions:
    """The options whose :meth:`ImportOptions.to_record` is ``record``."""
    plain = dict(record)
    if "label_columns" in plain:
        plain["label_columns"] = tuple((str(column), str(field)) for column, field in plain["label_columns"])
    return _from_record(ImportOptions, plain)


def export_options_from(record: Mapping[str, Any]) -> ExportOptions:
    """The options whose :meth:`ExportOptions.to_record` is ``record``."""
    return _from_record(ExportOptions, dict(record))


Options = TypeVar("Options", ImportOptions, ExportOptions)


def _from_record(kind: type[Options], plain: dict[str, Any]) -> Options:
    unknown = set(plain) - {field.name for field in fields(kind)}
    if unknown:
        raise InputError(f"{kind.__name__} has no option {sorted(unknown)[0]!r}.")
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()}
    return kind(**given)


def _record(options: ImportOptions | ExportOptions, usual: ImportOptions | ExportOptions) -> dict[str, Any]:
    default = asdict(usual)
    return {key: _plain(value) for key, value in asdict(options).items() if value != default[key]}


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{name} is one of {', '.join(known)}, got {value!r}.")
