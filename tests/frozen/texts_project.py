"""A project about odd texts: people, conflicts, undos, gold, changes that wait, a paused and partly paid run."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.deciding import Decision
from assistant.session import Session
from tests.openai_server import Answer, Body, OpenAIServer, say, status
from tools.backends.remote.pace import forget_terms
from tools.errors import LeaseTaken
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.records import Actor, Alternative, Draft, RunIdentity
from tools.schema import LabelSchema

LEAD = Actor("ana", "lead", "key", "s1")
PEOPLE = (LEAD, Actor("bo", "reviewer", "key", "s2"), Actor("zoë 王", "reviewer", "chat", "s3"))
ARBITER = Actor("lea", "lead", "key", "s4")
PAID = 7
"""Calls of the remote run that were answered, and paid, before it was paused."""

HAVE = 6
"""Items that have their suggestion by then: the first reply could not be read, and was asked for again."""

ASKED = 18
_FIELDS = [
    {
        "id": "intent",
        "kind": "choice",
        "labels": [
            {"id": "refund", "name": "Refund"},
            {"id": "formula", "name": "=SUM(A1)"},
            {"id": "cjk", "name": "退款"},
            {"id": "two", "name": "two words; and more"},
        ],
        "none_of_these": True,
        "cannot_tell": True,
    },
    {"id": "topics", "kind": "multi_choice", "labels": ["Money, cash", "Delivery", "-1", 'quote"d'], "required": False},
    {"id": "stars", "kind": "rating", "min": -2, "max": 7, "required": False},
    {"id": "note", "kind": "text", "required": False},
    {"id": "entities", "kind": "spans", "labels": ["PER", "creative-work", "two words"], "required": False},
    {"id": "joins", "kind": "relations", "over": "entities", "labels": ["owns", "knows of"], "required": False},
]
_PIECES = (
    "I want my money back", "late", "a,b;c", '"quoted"', "=1+1", "😀", "👩\u200d👧", "e\u0301", "שלום",
    "\u202edrawkcab", "日本", "<b>x</b>", "tab\there", "line\nbreak", "null", "0.5", "ß", "İ", "-DOCSTART-", "\\n",
    "'=x", "__label__y",
)  # fmt: skip
_NOTES = ("a <b> & c", "=HYPERLINK(1)", "two\nlines", "日本", "x\u200b", "x" * 300)


def make(folder: Path, scratch: Path) -> None:
    """Make the project in ``folder``; ``scratch`` is for files on the way."""
    chance = random.Random(10)
    with Session.create(folder, "Odd texts", LabelSchema.model_validate(_schema()), "ana") as session:
        _people(session)
        _items(session, chance, scratch)
        first = _suggest(session, chance, range(1, 31), "scripted:one")
        _decide_everything(session, chance)
        _suggest(session, chance, range(20, 50), "scripted:two")
        session.store.reviews.undo([("run", first)], LEAD)
        _change(session, "mark_gold", items=_seen_by_nobody_else(session), source="own")
        _change(session, "change_schema", operation="rename_label", label="two", value="Two; “words”")
        _change(session, "bulk_accept", field="intent", limit=3)
        _suggest(session, chance, range(50, 75), "scripted:three")
        _wait(session, "bulk_accept", field="intent", score_min=0.2)
        _wait(session, "change_schema", operation="add_label", value="Later")
        _pay_in_part(session)


@contextmanager
def endpoint(script: Any) -> Iterator[OpenAIServer]:
    """A chat endpoint on this machine under the address that the environment names."""
    before = {name: os.environ.get(name) for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY")}
    forget_terms()
    try:
        with OpenAIServer(script) as server:
            os.environ.pop("OPENAI_API_KEY", None)
            os.environ["OPENAI_BASE_URL"] = server.address
            yield server
    finally:
        forget_terms()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def _schema() -> Mapping[str, Any]:
    return {"name": "Odd texts", "guideline": "Read *everything*.\n\n- twice", "fields": _FIELDS}


def _people(session: Session) -> None:
    owner = Actor("ana", "admin", "cli", "s0")
    session.users.add("ana", "admin", "correct horse battery", owner)
    session.users.add("bo", "reviewer", "staple horse battery", owner)
    session.users.add("gone", "reviewer", "another horse battery", owner)
    session.users.set_active("gone", False, owner)
    for name, value in (("overlap", 3), ("blind_share", 0.2), ("budget_tokens", 60000)):
        session.store.settings.put(name, value, LEAD)
    session.store.settings.put("remote_connections", 1, LEAD)


def _items(session: Session, chance: random.Random, scratch: Path) -> None:
    lines = []
    for number in range(1, 81):
        words = [chance.choice(_PIECES) for _ in range(chance.randint(2, 7))]
        text = f"{number} " + " ".join(words)
        label = chance.choice(("Refund", "=SUM(A1)", "退款", "", "unknown label")) if number <= 12 else ""
        cells = (f"t{number:02}", text, label, chance.choice(("mail", "chat", "", 'a "b"')))
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    lines.append('t01,"another text for a key that is taken",,')
    lines.append("t99,,,")
    source = scratch / "odd.csv"
    source.write_text("id,text,intent,channel\n" + "\n".join(lines) + "\n", encoding="utf-8")
    options = ImportOptions(key_column="id", annotator="earlier")
    session.store.take_in(read_file(source, session.schema, options), LEAD, {})


def _suggest(session: Session, chance: random.Random, items: range, backend: str) -> int:
    identity = RunIdentity("prelabel", 1, backend, "1", {"note": "é"})
    run_id = session.store.runs.start(identity, {}, "intent", 1, LEAD)
    labels = ("refund", "formula", "cjk")
    drafts = [
        Draft(
            one,
            "intent",
            {"label": labels[chance.randrange(3)]},
            round(chance.random(), 3),
            chance.choice(("calibrated", "uncalibrated")),
            (Alternative("two", 0.125),),
            reason="because of ✦" if one % 7 == 0 else "",
        )
        for one in items
    ]
    texts = dict(zip(items, session.store.items.texts(list(items)), strict=True))
    session.store.runs.add_drafts(run_id, drafts, session.schema, 1, texts)
    session.queues.stir()
    return run_id


def _decide_everything(session: Session, chance: random.Random) -> None:
    for actor in PEOPLE:
        for item_id in chance.sample(range(1, 61), 34):
            for spec in session.schema.fields:
                if spec.id == "intent" or chance.random() < 0.35:
                    _decide_once(session, chance, actor, item_id, spec.id)
        for _ in range(4):
            session.desk.undo(actor)
        session.desk.redo(actor)
    conflicts = "SELECT item_id FROM annotations WHERE field = 'intent' AND state = 'conflict' ORDER BY item_id LIMIT 4"
    for (item_id,) in session.store.database.rows(conflicts):
        _decide_once(session, chance, ARBITER, item_id, "intent")


def _seen_by_nobody_else(session: Session) -> list[str]:
    """Items whose intent the lead chose without a suggestion."""
    blind = """SELECT '#' || item_id FROM standing WHERE field = 'intent' AND reviewer = 'ana' AND exposure = 'blind'
        ORDER BY item_id LIMIT 5"""
    return [name for (name,) in session.store.database.rows(blind)]


def _decide_once(session: Session, chance: random.Random, actor: Actor, item_id: int, field: str) -> None:
    try:
        card = session.desk.open_card(actor, item_id, field)
    except LeaseTaken:  # as many as the project wants have decided already
        return
    text = session.store.items.texts([item_id])[0]
    what = chance.random()
    verdict, value, reason = "choose", _value(session, chance, actor, item_id, field, text), ""
    if what < 0.06:
        verdict, value = "skip", None
    elif what < 0.1:
        verdict, value, reason = "flag", None, "who knows?"
    elif what < 0.13:
        verdict, value, reason = "comment", None, "see “this”"
    elif value is None:
        return
    elif card.suggestion is not None and what < 0.4:
        verdict, value = "accept", None
    elif card.suggestion is not None and what < 0.5:
        verdict = "edit"
    elif card.suggestion is not None and what < 0.6:
        verdict, value, reason = "reject", None, "wrong_label"
    key = f"{actor.person}-{item_id}-{field}"
    decision = Decision(card.exposure.exposure_id, key, verdict, value, reason, seconds=round(chance.random() * 9, 2))
    session.desk.decide(actor, decision)


def _value(
    session: Session, chance: random.Random, actor: Actor, item_id: int, field: str, text: str
) -> Mapping[str, Any] | None:
    spec = session.schema.field(field)
    names = spec.label_ids
    if spec.kind == "choice":
        return {"label": chance.choice(names)}
    if spec.kind == "multi_choice":
        return {"labels": chance.sample(names, chance.randint(0, len(names)))}
    if spec.kind == "rating":
        return {"rating": chance.randint(spec.min, spec.max)}
    if spec.kind == "text":
        return {"text": chance.choice(_NOTES)}
    if spec.kind == "spans":
        marks = sorted(chance.sample(range(len(text)), 4))
        spans = [(marks[0], marks[2]), (marks[1], marks[3])][: chance.randint(0, 2)]
        return {"spans": [{"start": start, "end": end, "label": chance.choice(names)} for start, end in spans]}
    standing = session.store.database.rows(
        "SELECT value FROM standing WHERE item_id = ? AND field = 'entities' AND reviewer = ?", [item_id, actor.person]
    )
    return _relation(standing[0][0] if standing else "", chance, names)


def _relation(spans: Any, chance: random.Random, names: tuple[str, ...]) -> Mapping[str, Any] | None:
    known = json.loads(spans)["spans"] if spans else []
    if len(known) < 2:
        return None
    return {"relations": [{"from": known[0]["id"], "to": known[1]["id"], "label": chance.choice(names)}]}


def _change(session: Session, tool: str, **args: Any) -> None:
    session.executor.confirm(_wait(session, tool, **args), LEAD)


def _wait(session: Session, tool: str, **args: Any) -> int:
    asked = session.executor.call(tool, args, Actor("ana", "lead", "agent", "s1"))
    if asked.action_id is None:
        raise AssertionError(f"{tool} asked for no yes: {asked.result.text}")
    return asked.action_id


def _pay_in_part(session: Session) -> None:
    answers = [say('{"label": "refund"}', prompt_tokens=1) for _ in range(PAID - 1)] + [say("no idea at all")]

    def script(body: Body) -> Answer:
        return answers.pop() if answers else status(429, retry_after=86400)

    with endpoint(script):
        args = {"field": "intent", "backend": "remote:m", "limit": ASKED}
        started = session.executor.call("prelabel", args, LEAD)
        if started.job_id is None or session.jobs.wait(started.job_id, 60).state != "paused":
            raise AssertionError("the remote run did not pause")
