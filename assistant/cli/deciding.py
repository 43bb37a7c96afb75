"""``review``, ``pending``, ``confirm``, ``dismiss``: deciding in the terminal."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from assistant.cli.link import Link
from assistant.cli.printing import say, show_json, show_result, show_table
from assistant.cli.projects import As, AsJson, Project
from tools.errors import AssistantError, InputError
from tools.kinds.asked import Subject
from tools.kinds.registry import KINDS
from tools.records import Part
from tools.writable import refuse_unwritable

_KEYS = "a accept · digit or label = choose · x reject · Enter skip · z undo · q quit"


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("review")(review)
    app.command("pending")(pending)
    app.command("confirm")(confirm)
    app.command("dismiss")(dismiss)


def review(
    project: Project,
    field: Annotated[str, typer.Option(help="Which field to decide; the first unfinished one where not given.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Read decisions as JSON lines from the input instead of asking.")
    ] = False,
    person: As = "",
) -> None:
    """Decide item by item; with --json each input line is {"item", "field", "verdict", "value"} and gets a receipt.

    Where regions were suggested, "regions" holds the verdict on each by its id; "accept" takes all as suggested.
    """
    with Link(project, person) as link:
        if as_json:
            if _from_lines(link, field):
                raise typer.Exit(1)
        else:
            _by_hand(link, field)


def _from_lines(link: Link, field: str) -> int:
    """Answer every line with a receipt or an error; returns how many were refused."""
    refused = 0
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            show_json({"line": number, **_decide_line(link, line, field)})
        except AssistantError as error:
            refused += 1
            show_json({"line": number, "error": str(error)})
    return refused


def _decide_line(link: Link, line: str, field: str) -> dict[str, Any]:
    try:
        given = json.loads(line)
        refuse_unwritable(given)
    except (ValueError, RecursionError) as error:
        raise InputError(f"This line is not JSON: {error}.") from None
    if not isinstance(given, dict) or "item" not in given or "verdict" not in given:
        raise InputError(
            'A decision looks like {"item": "M001", "field": "intent", "verdict": "choose", "value": {…}}.'
        )
    card = link.ask("open_card", item=str(given["item"]), field=str(given.get("field", field)))["card"]
    decision = {
        "exposure_id": card["exposure"],
        "idempotency_key": secrets.token_hex(8),
        "verdict": given["verdict"],
        "value": given.get("value"),
        "reason": str(given.get("reason", "")),
        "regions": given.get("regions", {}),
    }
    return link.ask("decide", decision=decision)


def _by_hand(link: Link, field: str) -> None:
    say(_KEYS)
    card: dict[str, Any] | None = None
    while True:
        if card is None:
            batch = link.ask("next_card", field=field)
            if not batch["cards"]:
                say(batch["message"])
                return
            card = batch["cards"][0]
        _show_card(card)
        began = time.monotonic()
        try:
            words = input("> ").strip()
        except EOFError:
            return
        if words == "q":
            return
        try:
            card = _answer(link, card, words, time.monotonic() - began)
        except AssistantError as error:
            say(str(error))


def _answer(link: Link, card: dict[str, Any], words: str, seconds: float) -> dict[str, Any] | None:
    """Carry out one answer; the card to show again, or ``None`` for the next one."""
    if words == "z":
        undone = link.ask("undo")
        say(undone["sentence"])
        back: dict[str, Any] | None = undone["card"]
        return back
    verdict, value = read_answer(card, words)
    decision = {
        "exposure_id": card["exposure"],
        "idempotency_key": secrets.token_hex(8),
        "verdict": verdict,
        "value": value,
        "seconds": seconds,
    }
    receipt = link.ask("decide", decision=decision)
    say(f"Saved ({receipt['verdict']}), {receipt['left']:,} left.")
    return None


def read_answer(card: dict[str, Any], words: str) -> tuple[str, dict[str, Any] | None]:
    """Verdict and value for what was typed; :class:`InputError` says what is possible."""
    if words in ("", "a", "x"):
        return {"": "skip", "a": "accept", "x": "reject"}[words], None
    field = card["field"]
    kind = KINDS[field["kind"]]
    typed = _TYPED.get(kind.said_as)
    if typed is not None:
        return kind.verdict, {kind.key: typed(field, words)}
    said = kind.read_said(words, Subject(parts=_parts(card)))
    if said is None:
        raise InputError(
            f"{field['name']} is decided in the page, or with --json; here it can be accepted, rejected or skipped."
        )
    return kind.verdict, {kind.key: said}


def _parts(card: dict[str, Any]) -> tuple[Part, ...]:
    return tuple(Part(**part) for part in card["item"]["parts"])


def _number(field: dict[str, Any], words: str) -> int:
    if not words.isdigit():
        raise InputError(f"Type a number from {field['min']} to {field['max']}.")
    return int(words)


def _label(field: dict[str, Any], words: str) -> str:
    wanted = words.casefold()
    for label in field["labels"]:
        if wanted in (label["key"], label["id"], label["name"].casefold()):
            return str(label["id"])
    raise InputError(
        f"{words!r} is no label of {field['name']}; it has {', '.join(one['name'] for one in field['labels'])}."
    )


_TYPED: dict[str, Callable[[dict[str, Any], str], Any]] = {
    "label": _label,
    "labels": lambda field, words: [_label(field, word.strip()) for word in words.split(",")],
    "number": _number,
    "text": lambda _, words: words,
}
"""What was typed as the content of an answer, by how such an answer is said."""


def _show_card(card: dict[str, Any]) -> None:
    item, field, suggestion = card["item"], card["field"], card["suggestion"]
    text, offered = item["text"], card["offered"]
    say(f"\n[{item['key']}] {text[: offered[0]['start']].rstrip() if offered else text}")
    for one in offered:
        say(f"{one['role'].upper()}: {text[one['start'] : one['end']]}")
    labels = "  ".join(f"{one['key']}={one['name']}" if one["key"] else one["name"] for one in field["labels"])
    say(f"{field['question']}  {labels}")
    if suggestion is not None:
        say(f"The model suggests: {json.dumps(suggestion['value'], ensure_ascii=False)}")


def pending(project: Project, as_json: AsJson = False, person: As = "") -> None:
    """List the changes that wait for somebody to confirm them."""
    with Link(project, person) as link:
        actions = link.ask("pending")["actions"]
    for action in actions:
        if as_json:
            show_json(action)
            continue
        say(f"{action['action_id']}: {action['sentence']} (asked by {action['person']})")
        for table in action["preview"]:
            show_table(table)
    if not actions and not as_json:
        say("Nothing waits for confirmation.")


def confirm(
    project: Project,
    action: Annotated[int, typer.Argument(help="Number of the pending action.")],
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """Carry out a pending change."""
    with Link(project, person) as link:
        outcome = link.ask("confirm", action_id=action)
    show_json(outcome) if as_json else show_result(outcome)


def dismiss(
    project: Project,
    action: Annotated[int, typer.Argument(help="Number of the pending action.")],
    person: As = "",
) -> None:
    """Answer a pending change with no."""
    with Link(project, person) as link:
        link.ask("dismiss", action_id=action)
    say(f"Action {action} is dismissed; nothing was changed.")
