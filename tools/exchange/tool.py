"""The two tools of this room. Both only look: they count what would happen and hand over a change to be confirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow.compute as pc
from pydantic import Field

from tools.context import ToolContext
from tools.errors import ArgumentsRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.fields import NO_LABELS
from tools.exchange.formats.writers import BY_NAME, writer_named
from tools.exchange.options import Conflicts, ExportOptions, ImportOptions, Provenance
from tools.exchange.reading import read_file
from tools.exchange.rekeyed import came_without_key
from tools.exchange.selection import CONFLICT, UNDECIDED, chosen_fields
from tools.exchange.writing import losses, refuse_existing
from tools.results import Change, Fact, Table, ToolResult
from tools.schema import FieldSpec, LabelSchema
from tools.sentences import count_of
from tools.spec import ToolArgs, tool

ReadName = Literal[
    "auto", "csv", "tsv", "xlsx", "parquet", "huggingface", "brat", "jsonl", "label_studio", "prodigy", "doccano",
    "conll", "fasttext", "text",
    "coco", "yolo", "voc", "cvat", "labelme", "datumaro", "openimages", "images", "sounds",
]  # fmt: skip
if TYPE_CHECKING:
    WriteName = str
else:
    WriteName = Literal[tuple(BY_NAME)]


class ImportArgs(ToolArgs):
    """What to import and how to read it."""

    path: str = Field(description="File or folder to import")
    format: ReadName = Field(default="auto", description="Format of the file; auto finds out")
    text_column: str = Field(
        default="", description="Column that holds the text; two, separated by a comma, for pairs of texts"
    )
    key_column: str = Field(default="", description="Column that holds the user's own identifier of an item")
    labels: str = Field(
        default="",
        description="Which column answers which field, as column=field, several separated by commas; none takes "
        "the items without any labels",
    )
    annotator: str = Field(default="", description="Who gave the labels, where the file does not say; a person's name")
    independent: bool = Field(
        default=False, description="True only if that person says they saw no suggestion while labelling"
    )
    labels_where: str = Field(
        default="", description="column=value: take labels only from these rows; all rows still become items"
    )


class ExportArgs(ToolArgs):
    """What to export and where to."""

    format: WriteName = Field(description="Format to write")
    target: str = Field(description="File to write; a folder for huggingface and most image formats")
    fields: str = Field(default="", description="Field ids separated by commas; empty for all")
    include_unreviewed: bool = Field(
        default=False, description="Also write what models proposed and nobody decided, marked as machine"
    )
    conflicts: Conflicts = Field(
        default="leave_out", description="leave_out items on which reviewers disagree, or write all_values"
    )
    provenance: Provenance = Field(
        default="full", description="full writes who decided, when and after seeing what; none leaves it out"
    )
    options: str = Field(
        default="",
        description="Rare choices as name=value, several separated by semicolons: images=copy or reference; "
        "splits=train=0.8,val=0.1,test=0.1 or splits=imported; escape_formulas=no to leave cells of CSV and TSV as "
        "they are that a spreadsheet would run; tag_scheme=BIO, IOB1 or BIOES",
    )
    overwrite: bool = Field(default=False, description="Replace the target if it exists")


@tool(effect="change", version=1, role="lead")
def import_data(args: ImportArgs, ctx: ToolContext) -> ToolResult:
    """Read a file of items, with or without labels, and show what importing it would add and what it would leave out.

    Nothing is stored until a person confirms. The change names the file's hash: if the file is another one by then,
    the host refuses.
    """
    options = options_from(args, ctx.schema)
    batch = read_file(Path(args.path).expanduser(), ctx.schema, options)
    facts = (
        Fact("items", batch.items.num_rows, n=batch.read),
        Fact("labels", batch.labels.num_rows),
        Fact("rejected rows", batch.rejects.num_rows, n=batch.read),
    )
    arguments = {"path": args.path, "options": options.to_record(), "source_hash": batch.source_hash}
    sentence = f"Import {_count(batch.items.num_rows, 'item')} and {_count(batch.labels.num_rows, 'label')}."
    preview = (batch.conservation(), *_preview(batch))
    change = Change("import", sentence, arguments, preview, role="lead")
    twice = came_without_key(batch, args.key_column, ctx)
    if twice:
        preview = (*preview, Table("What would come in a second time", ("note",), ((twice,),)))
        change = replace(change, sentence=f"{change.sentence} {twice}", preview=preview)
    text = " ".join(part for part in (_import_text(batch, options), twice) if part)
    return ToolResult(text, facts=facts, tables=preview, change=change)


@tool(effect="change", version=1, role="lead")
def export_data(args: ExportArgs, ctx: ToolContext) -> ToolResult:
    """Say how many items an export would write, which it would leave out and why, and what the format cannot hold.

    Nothing is written until a person confirms.
    """
    options = _export_options(args)
    chosen = writer_named(args.format)
    fields = chosen_fields(ctx.schema, options)
    target = Path(args.target).expanduser()
    refuse_existing(target, chosen, options)
    counts, facts = _export_counts(ctx, fields, options)
    lost = losses(args.format, ctx.schema, options)
    lossy = Table("What the format cannot hold", ("loss",), tuple((one,) for one in lost))
    arguments = {"format": args.format, "target": args.target, "options": options.to_record()}
    sentence = f"Export {_named(fields)} as {args.format} to {target.name}."
    tables = (counts, lossy) if lost else (counts,)
    said = f"{sentence} The table says what would be written."
    if lost:
        said += f" The format loses {_count(len(lost), 'thing')}, listed below."
    change = Change("export", sentence, arguments, tables, role="lead")
    return ToolResult(said, facts=facts, tables=tables, change=change)


def options_from(args: ImportArgs, schema: LabelSchema) -> ImportOptions:
    """The import options that the flat arguments mean."""
    texts = [one.strip() for one in args.text_column.split(",") if one.strip()]
    is_pair = schema.modality.told_in == "two" and len(texts) == 2
    is_without = args.labels.strip().casefold() == NO_LABELS
    return ImportOptions(
        format=args.format,
        text_column="" if is_pair else args.text_column,
        pair_columns=tuple(texts) if is_pair else (),
        key_column=args.key_column,
        label_columns=() if is_without else tuple(_pairs(args.labels, schema)),
        take_labels=not is_without,
        labels_where=args.labels_where,
        annotator=args.annotator,
        exposure="imported_independent" if args.independent else "imported_unknown",
        item_kind=schema.item,
    )


def _pairs(written: str, schema: LabelSchema) -> list[tuple[str, str]]:
    """``column=field`` pairs; a column alone answers the main field."""
    pairs = []
    for one in written.split(","):
        column, named, name = one.rpartition("=") if "=" in one else (one, "", schema.main_field().id)
        if named and not column.strip():
            raise ArgumentsRefused(f"labels looks like column=field, got {one.strip()!r}.")
        if column.strip():
            pairs.append((column.strip(), schema.field(name).id))
    return pairs


def _export_options(args: ExportArgs) -> ExportOptions:
    return ExportOptions(
        fields=tuple(one.strip() for one in args.fields.split(",") if one.strip()),
        include_unreviewed=args.include_unreviewed,
        conflicts=args.conflicts,
        provenance=args.provenance,
        overwrite=args.overwrite,
        **rare_choices(args.options),
    )


def rare_choices(written: str) -> dict[str, Any]:
    """The options in ``name=value; name=value``; a sentence says which there are for a name that is none of them."""
    found: dict[str, Any] = {}
    for one in written.split(";"):
        name, is_named, value = (part.strip() for part in one.partition("="))
        if not one.strip():
            continue
        if name not in _RARE or not is_named or (name == "escape_formulas" and value.casefold() not in _YES_OR_NO):
            raise ArgumentsRefused(f"options are {', '.join(f'{key}=…' for key in _RARE)}; got {one.strip()!r}.")
        found[name] = _YES_OR_NO[value.casefold()] if name == "escape_formulas" else value
    return found


_RARE = ("images", "splits", "escape_formulas", "tag_scheme")
_YES_OR_NO = {"yes": True, "true": True, "no": False, "false": False}


def _import_text(batch: ImportBatch, options: ImportOptions) -> str:
    said = [
        f"{_count(batch.read, 'row')} read as {batch.format}: {_count(batch.items.num_rows, 'item')}, "
        f"{_count(batch.rejects.num_rows, 'row')} rejected, {_count(batch.labels.num_rows, 'label')} taken over, "
        f"{_count(batch.dropped.num_rows, 'label')} dropped."
    ]
    if batch.proposals.num_rows:
        said.append(f"{_count(batch.proposals.num_rows, 'prediction')} of models become proposals.")
    if batch.labels.num_rows and options.exposure == "imported_unknown":
        said.append("It is not known whether the labels were given after seeing suggestions, so they score no model.")
    return " ".join(said)


def _preview(batch: ImportBatch) -> list[Table]:
    """How the labels spread, where the first rejects are, and how the file was understood."""
    tables = []
    if batch.labels.num_rows:
        found = pc.value_counts(batch.labels["field"]).to_pylist()
        rows = tuple((one["values"], one["counts"]) for one in found)
        tables.append(Table("Labels by field", ("field", "labels"), rows))
    if batch.rejects.num_rows:
        first = batch.rejects.slice(0, 20).to_pylist()
        rows = tuple((one["row"], one["reason"]) for one in first)
        tables.append(Table("First rejected rows", ("row", "reason"), rows))
    if batch.notes:
        tables.append(Table("How the file was read", ("note",), tuple((note,) for note in batch.notes)))
    return tables


def _export_counts(
    ctx: ToolContext, fields: tuple[FieldSpec, ...], options: ExportOptions
) -> tuple[Table, tuple[Fact, ...]]:
    """What happens to the items in each state, field by field, with the query that counted them."""
    rows: list[tuple[str, str, int, str]] = []
    facts: list[Fact] = []
    for spec in fields:
        answer = ctx.ask("export_counts", field=spec.id)
        written = total = 0
        for one in answer.as_dicts():
            state, count = str(one["state"]), int(one["items"])
            fate = _fate(state, options)
            rows.append((spec.id, state, count, fate))
            total += count
            written += count * (state != "undecided" and fate.startswith("written"))
        note = "and what models proposed" if options.include_unreviewed else ""
        facts.append(Fact(f"answers to {spec.id}", written, n=total, sql=answer.sql, params=answer.params, note=note))
    return Table("What would be written", ("field", "state", "items", "what happens"), tuple(rows)), tuple(facts)


def _fate(state: str, options: ExportOptions) -> str:
    if state == "agreed":
        return "written"
    if state == "conflict":
        return "written with every value" if options.conflicts == "all_values" else f"left out: {CONFLICT}"
    if options.include_unreviewed:
        return "written as machine where a model proposed an answer, else left out"
    return f"left out: {UNDECIDED}"


def _named(fields: tuple[FieldSpec, ...]) -> str:
    return ", ".join(spec.id for spec in fields)


def _count(number: int, word: str) -> str:
    return count_of(number, word) if number else f"0 {word}s"
