"""What each column of a table is: the text, the key, an answer, or a column to be kept beside the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.errors import FormatRefused
from tools.exchange.fields import FieldFinder
from tools.exchange.options import ImportOptions
from tools.exchange.tables.keys import KEY_NAMES, id_column, taken_as_key
from tools.kinds.choice import LABEL_COLUMNS
from tools.kinds.registry import ALL
from tools.modalities.registry import MODALITIES
from tools.schema import FieldSpec, LabelSchema

TEXT_NAMES: tuple[str, ...] = ("text", "sentence", "content", "body", "document", "utterance", "tweet", "headline")
TEXT_NAMES += ("message", "review", "comment", "question", "column_data", "data")
COLUMN_GROUPS = tuple(dict.fromkeys(one.columns for one in ALL if one.columns))
"""Names of columns that usually hold answers, by the kind of answer."""
ANNOTATOR_NAMES = ("annotator", "annotator_id", "worker", "worker_id", "rater", "coder")
PAIR_NAMES = (
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("question", "answer"),
    ("text", "hypothesis"),
    ("prompt", "response"),
)
CONVERSATION_NAMES = ("conversation", "dialogue", "dialog", "messages", "turns")
FIELD_COLUMNS = (
    "status",
    "reviewers",
    "exposures",
    "decided_at",
    "score",
    "model",
    "prompt",
    "decisions",
    "proposal",
)
"""What an export of ours writes beside each field, as ``<field>.<name>``."""
ESCAPED = "formulas_escaped"
"""The column by which a CSV export of ours says that cells which start a formula carry a leading apostrophe."""
OWN_META = "meta."
"""Before the name of a user's column that would otherwise be read as one of ours."""


@dataclass(frozen=True)
class Roles:
    """Columns by what they are. ``answers`` maps a column to its field, ``own`` a field to the columns we write."""

    texts: tuple[str, ...]
    key: str = ""
    kind: str = ""
    parts: str = ""
    annotator: str = ""
    conversation: bool = False
    is_key_guessed: bool = False
    answers: Mapping[str, FieldSpec] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    meta: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def assign_roles(names: Sequence[str], schema: LabelSchema, options: ImportOptions) -> Roles:
    """The role of every column, by what a person said, else by its name."""
    texts, conversation = text_columns(names, schema.item, options)
    key = _key_column(names, texts, schema, options)
    used = {*texts, key}
    answers = _answer_columns([name for name in names if name not in used], schema, options)
    own = _own_columns(names, schema)
    own_names = {name for columns in own.values() for name in columns.values()}
    annotator = ""
    if answers or options.annotator_column:
        free = [name for name in names if name not in used | set(answers) | own_names]
        annotator = _annotator_column(names, free, options)
    kind, parts = (name if name in names else "" for name in ("kind", "parts"))
    if not (kind and parts):
        kind = parts = ""
    used |= {*answers, *own_names, annotator, kind, parts, ESCAPED}
    meta = tuple(name for name in names if name not in used)
    named = [taken_as_key(key)] if key and not options.key_column and key.strip().casefold() not in KEY_NAMES else []
    notes = (*named, *_said(answers, annotator), *([f"Kept beside the text: {', '.join(meta)}."] if meta else []))
    guessed = bool(key) and not options.key_column
    return Roles(texts, key, kind, parts, annotator, conversation, guessed, answers, own, meta, notes)


def _key_column(names: Sequence[str], texts: Sequence[str], schema: LabelSchema, options: ImportOptions) -> str:
    """The column named by a person, else by its usual name, else by one like ``mail_id`` that nothing else claims."""
    if options.key_column:
        return named_column(names, options.key_column)
    usual = first_of(names, KEY_NAMES, texts)
    # A picture is its bytes and shows its name; without a word from a person no column stands for it.
    if usual or schema.modality.has_file:
        return usual
    finder = FieldFinder(schema, options.label_columns)
    claimed = [name for name in names if finder.named(name) or name.casefold() in finder.mapped]
    return id_column(names, {*texts, *claimed, options.annotator_column, *ANNOTATOR_NAMES})


def text_columns(names: Sequence[str], item_kind: str, options: ImportOptions) -> tuple[tuple[str, ...], bool]:
    """The columns that make the item's text, and whether the one column holds the turns of a conversation."""
    if {"parts", "kind", "text"} <= set(names) and options.text_column in ("", "text") and not options.pair_columns:
        return ("text",), False
    items = MODALITIES[item_kind]
    if options.pair_columns or (items.told_in == "two" and not options.text_column):
        return pair_columns(names, options), False
    if options.conversation_column:
        return (named_column(names, options.conversation_column),), True
    if items.told_in == "turns":
        found = named_column(names, options.text_column) if options.text_column else first_of(names, CONVERSATION_NAMES)
        return (found or _text_column(names, options),), True
    if items.has_file and not options.text_column:
        found = first_of(names, (*items.columns, *TEXT_NAMES, *KEY_NAMES))
        return (found or _text_column(names, options),), False
    return (_text_column(names, options),), False


def pair_columns(names: Sequence[str], options: ImportOptions) -> tuple[str, str]:
    """The two columns of a pair."""
    if options.pair_columns:
        first, second = options.pair_columns
        return named_column(names, first), named_column(names, second)
    for pair in PAIR_NAMES:
        found = [first_of(names, (one,)) for one in pair]
        if all(found):
            return found[0], found[1]
    raise FormatRefused(
        f"The project asks about pairs of texts; say which two columns hold them (pair_columns). {_listed(names)}"
    )


def named_column(names: Iterable[str], wanted: str) -> str:
    """The column that a person named, whatever its case."""
    found = first_of(list(names), (wanted,))
    if not found:
        raise FormatRefused(f"There is no column {wanted!r}. {_listed(names)}")
    return found


def first_of(names: Sequence[str], wanted: Iterable[str], taken: Iterable[str] = ()) -> str:
    """The first of the wanted names that is there and not taken, else nothing."""
    by_name = {name.strip().casefold(): name for name in reversed(names)}
    found = (by_name.get(one.strip().casefold(), "") for one in wanted)
    return next((one for one in found if one and one not in taken), "")


def _text_column(names: Sequence[str], options: ImportOptions) -> str:
    if options.text_column:
        return named_column(names, options.text_column)
    found = first_of(names, TEXT_NAMES)
    if found:
        return found
    if len(names) == 1:
        raise FormatRefused(
            f"The only column is headed {names[0]!r}. If that is the heading of the texts, say "
            f"text_column={names[0]!r}; if it is the first text, say that there is no header."
        )
    raise FormatRefused(f"Which column holds the text? Say text_column. {_listed(names)}")


def _answer_columns(names: Sequence[str], schema: LabelSchema, options: ImportOptions) -> dict[str, FieldSpec]:
    """Columns that hold answers: mapped by a person, else named like a field, else the one with a usual name."""
    finder = FieldFinder(schema, options.label_columns)
    for column, _ in options.label_columns:
        named_column(names, column)
    if options.label_columns:
        return {name: finder.mapped[name.casefold()] for name in names if name.casefold() in finder.mapped}
    named = {name: spec for name in names if (spec := finder.named(name)) is not None}
    usual = first_of(names, LABEL_COLUMNS)
    plain = [spec for spec in schema.fields if spec.record.is_labels]
    if not named and usual and len(plain) == 1:
        return {usual: plain[0]}
    return named


def _own_columns(names: Sequence[str], schema: LabelSchema) -> dict[str, dict[str, str]]:
    known = set(names)
    found = {
        spec.id: {name: f"{spec.id}.{name}" for name in FIELD_COLUMNS if f"{spec.id}.{name}" in known}
        for spec in schema.fields
        if spec.id in known
    }
    return {field_id: columns for field_id, columns in found.items() if columns}


def _annotator_column(names: Sequence[str], free: Sequence[str], options: ImportOptions) -> str:
    if options.annotator_column:
        return named_column(names, options.annotator_column)
    return first_of(free, ANNOTATOR_NAMES)


def _said(answers: Mapping[str, FieldSpec], annotator: str) -> list[str]:
    said = [f"Column {name!r} is read as field {spec.id!r}." for name, spec in answers.items() if name != spec.id]
    return [*said, *([f"Column {annotator!r} says who gave the label."] if annotator else [])]


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name) for name in names]
    more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
    return f"The columns are {', '.join(shown[:20])}{more}."
