"""``new``, ``import``, ``export``: getting data in and out."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.link import Link, local_name
from assistant.cli.printing import say, show_json, show_result
from assistant.store.project import ProjectStore
from tools.errors import InputError
from tools.exchange.files.places import refuse_unreadable
from tools.exchange.options import ImportOptions
from tools.exchange.suggest import suggest_schema
from tools.hotkeys import hidden_commands
from tools.schema import LabelSchema, json_schema, read_schema, schema_from_labels
from tools.schema_names import refuse_forging_names

Project = Annotated[Path, typer.Argument(help="Folder of the project.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
As = Annotated[
    str,
    typer.Option(
        "--as", help="Act as this person, with this person's role; without it you act as the owner of the folder."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("new")(new)
    app.command("import")(import_)
    app.command("export")(export)
    app.command("schema")(schema)


def new(
    project: Project,
    schema_file: Annotated[Path | None, typer.Option("--schema", help="A schema as YAML.")] = None,
    labels: Annotated[str, typer.Option(help="Label names for one choice field, separated by commas.")] = "",
    like: Annotated[Path | None, typer.Option("--from", help="Take the labels from this file.")] = None,
    label_column: Annotated[str, typer.Option(help="With --from: the column that holds the labels.")] = "",
    multi: Annotated[bool, typer.Option(help="With --labels: several labels may fit.")] = False,
    images: Annotated[
        str, typer.Option(help="With --labels: items are images, answered by choice, boxes, polygons, masks, …")
    ] = "",
    name: Annotated[str, typer.Option(help="Display name; the folder's name where not given.")] = "",
    person: As = "",
) -> None:
    """Create a project from a schema, from label names, or from a file that has labels."""
    found = _schema(schema_file, labels, like, label_column, multi, images)
    store = ProjectStore.create(project, name or project.resolve().name, found, person or local_name())
    store.close()
    kinds = ", ".join(f"{field.name} ({field.kind}, {_count(field.labels)})" for field in found.fields)
    say(f"Created {project} with {kinds}.")
    place, whose = shlex.quote(str(project)), ""
    first = f"assistant import {place} FILE"
    if like is not None:
        first = f"assistant import {place} {shlex.quote(str(like))} --annotator NAME"
        whose = " NAME is who gave its labels; --labels none leaves them out."
    say(f"Next: {first}, then assistant serve {place}.{whose}")


def _count(labels: tuple[Any, ...]) -> str:
    return f"{len(labels)} labels" if labels else "no labels"


def _schema(
    schema_file: Path | None, labels: str, like: Path | None, column: str, multi: bool, images: str
) -> LabelSchema:
    if images and not labels:
        raise InputError("--images goes with --labels a,b,c.")
    if sum((schema_file is not None, bool(labels), like is not None)) != 1:
        raise InputError("Say what is asked with one of --schema FILE, --labels a,b,c or --from FILE.")
    if schema_file is not None:
        return read_schema(_text_of(schema_file))
    if labels:
        names = [one.strip() for one in labels.split(",") if one.strip()]
        return schema_from_labels(names, multi=multi, images=images.strip().replace("-", "_"))
    assert like is not None
    pairs = ((column, column),) if column else ()
    return suggest_schema(like, ImportOptions(label_columns=pairs))


def _text_of(file: Path) -> str:
    refuse_unreadable(file)
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file} is not UTF-8 text; a schema is a YAML file in UTF-8.") from None


def import_(
    project: Project,
    files: Annotated[list[Path], typer.Argument(help="Files or folders to import.")],
    format_: Annotated[str, typer.Option("--format", help="csv, jsonl, …; auto finds out.")] = "auto",
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "",
    key_column: Annotated[str, typer.Option(help="Column that identifies an item.")] = "",
    labels: Annotated[list[str] | None, typer.Option(help="COLUMN=FIELD, or COLUMN for both; none: no labels.")] = None,
    labels_where: Annotated[str, typer.Option(help="COLUMN=VALUE: take labels from these rows only.")] = "",
    annotator: Annotated[str, typer.Option(help="Who gave the labels, where the file does not say.")] = "",
    independent: Annotated[
        bool, typer.Option("--independent", help="Declare: the labels were given without seeing any suggestion.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """Import files, with an account of every row: what is new, what was known, what was rejected and why."""
    arguments: dict[str, Any] = {
        "format": format_,
        "text_column": text_column,
        "key_column": key_column,
        "labels": ",".join(labels or []),
        "labels_where": labels_where,
        "annotator": annotator,
        "independent": independent,
    }
    given = {key: value for key, value in arguments.items() if value and value != "auto"}
    with Link(project, person) as link:
        for file in files:
            outcome = link.ask("call", name="import_data", arguments={**given, "path": str(file.resolve())})
            _carry_out(link, outcome, dry_run, as_json)


def _carry_out(link: Link, outcome: dict[str, Any], dry_run: bool, as_json: bool) -> None:
    """Confirm what a change tool prepared, or only show it."""
    action = outcome["action_id"]
    if action is not None and dry_run:
        link.ask("dismiss", action_id=action)
    elif action is not None:
        outcome = {**outcome, **link.ask("confirm", action_id=action)}
    if as_json:
        show_json(outcome)
    else:
        show_result(outcome)


def export(
    project: Project,
    out: Annotated[Path, typer.Argument(help="File or folder to write.")],
    format_: Annotated[str, typer.Option("--format", help="csv, jsonl, label_studio, coco, …")] = "jsonl",
    fields: Annotated[str, typer.Option("--fields", help="Field ids separated by commas; all where not given.")] = "",
    include_unreviewed: Annotated[
        bool, typer.Option("--include-unreviewed", help="Also what models proposed, marked as machine.")
    ] = False,
    splits: Annotated[str, typer.Option(help="Images: parts by chance, as in train=0.8,val=0.1,test=0.1.")] = "",
    images: Annotated[str, typer.Option(help="Image files: copy them into the export, or reference them.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written and what cannot be.")] = False,
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """Export the labels, with what the format cannot hold said first."""
    arguments: dict[str, Any] = {"target": str(out.resolve()), "format": format_}
    arguments.update({"fields": fields} if fields else {})
    arguments.update({"include_unreviewed": True} if include_unreviewed else {})
    rare = [f"{name}={value}" for name, value in (("splits", splits), ("images", images)) if value]
    arguments.update({"options": ";".join(rare)} if rare else {})
    arguments.update({"overwrite": True} if overwrite else {})
    with Link(project, person) as link:
        _carry_out(link, link.ask("call", name="export_data", arguments=arguments), dry_run, as_json)


def schema(
    project: Annotated[Path | None, typer.Argument(help="Folder of the project.")] = None,
    as_json_schema: Annotated[
        bool, typer.Option("--json-schema", help="Print the JSON Schema of schema files instead.")
    ] = False,
    check: Annotated[Path | None, typer.Option("--check", help="Check this schema file.")] = None,
) -> None:
    """Print the schema of a project, check a schema file, or print the JSON Schema that editors use."""
    if check is not None:
        found = read_schema(_text_of(check))
        refuse_forging_names(found)
        say(f"{check} is a good schema with {len(found.fields)} fields.")
        for sentence in hidden_commands(found):
            say(sentence)
    elif as_json_schema:
        say(json.dumps(json_schema(), indent=2))
    elif project is not None:
        with Link(project) as link:
            say(link.ask("about")["schema"])
    else:
        raise InputError("Name a project, or ask with --check FILE or --json-schema.")
