"""A busy project made by chance from a seed: every kind of event, in an order that people could have caused."""

from __future__ import annotations

import random
from functools import cache

import pytest

from tests.store.rows import Rows, choice, spans

LABELS = ("refund", "delivery", "fault")
PEOPLE = ("ann", "bob", "cid")
SEEDS = tuple(pytest.param(seed, marks=pytest.mark.xdist_group(f"busy {seed}")) for seed in (1, 2, 3))
"""One worker makes the project of a seed and runs every test that reads it."""
BACKENDS = ("builtin:few-shot", "remote:model-a")


@cache
def busy_project(seed: int, items: int = 40, events: int = 220) -> Rows:
    """Items, runs, decisions, batches, gold and undos, mixed; made once a process, so that tests only read it."""
    chance = random.Random(seed)
    rows = Rows()
    rows.items(items)
    for _ in range(4):
        _run(rows, chance, items)
    for _ in range(events):
        _event(rows, chance, items)
    for _ in range(6):
        _undo(rows, chance)
    for item_id in chance.sample(range(1, items + 1), 8):
        rows.gold(item_id, choice(chance.choice(LABELS)), active=chance.random() < 0.9)
    for _ in range(events // 4):
        _event(rows, chance, items)
    return rows


def _run(rows: Rows, chance: random.Random, items: int) -> None:
    run = rows.run(chance.choice(BACKENDS))
    for item_id in chance.sample(range(1, items + 1), items // 2):
        state = chance.choices(("ok", "invalid", "unread"), (8, 1, 1))[0]
        value = None if state == "unread" else choice(chance.choice(LABELS))
        rows.proposal(run, item_id, value, round(chance.random(), 3), state=state, problem="" if state == "ok" else "x")
    if chance.random() < 0.5:
        rows.queue(run, chance.sample(range(1, items + 1), 5))


def _event(rows: Rows, chance: random.Random, items: int) -> None:
    item_id, who = chance.randint(1, items), chance.choice(PEOPLE)
    what = chance.random()
    exposure = chance.choice(("blind", "suggested", "suggested", "revealed", "imported_unknown", "probe"))
    if what < 0.1:
        rows.event(item_id, who, chance.choice(("skip", "reject", "flag", "comment")), exposure=exposure)
    elif what < 0.3:
        words = [(0, 4, "product"), (5, 9, "product"), (5, 9, "place"), (12, 15, "place")]
        marked = spans(*chance.sample(words, chance.randint(0, 3)))
        rows.review(item_id, who, marked, verdict="edit", field="entities", exposure="blind", seconds=chance.random())
    elif what < 0.35:
        rows.say(item_id, "lea", chance.choice(LABELS), adjudicates=True)
    elif what < 0.4:
        action = rows.action()
        for one in chance.sample(range(1, items + 1), 3):
            rows.say(one, "lea", chance.choice(LABELS), verdict="accept", exposure="bulk_listed", action=action)
    else:
        _decide(rows, chance, item_id, who, exposure)


def _decide(rows: Rows, chance: random.Random, item_id: int, who: str, exposure: str) -> None:
    shown = rows.connection.execute(
        "SELECT proposal_id, label FROM proposals WHERE item_id = ? AND state = 'ok' AND field = 'intent' LIMIT 1",
        [item_id],
    ).fetchall()
    proposal = shown[0][0] if shown and exposure in ("suggested", "revealed") else None
    label = chance.choice(LABELS)
    verdict = "accept" if proposal and label == shown[0][1] else "choose"
    seconds = round(chance.expovariate(0.3), 2) if chance.random() < 0.8 else None
    rows.say(
        item_id,
        who,
        label,
        verdict=verdict,
        exposure=exposure,
        proposal=proposal,
        seconds=seconds,
        adaptive=chance.random() < 0.3,
    )


def _undo(rows: Rows, chance: random.Random) -> None:
    reviews = rows.connection.execute("SELECT max(review_id) FROM reviews").fetchall()[0][0]
    rows.undo("review", chance.randint(1, reviews), undone=chance.random() < 0.8)
    if chance.random() < 0.3:
        rows.undo("run", chance.randint(1, 4))
    actions = rows.connection.execute("SELECT coalesce(max(action_id), 0) FROM pending_actions").fetchall()[0][0]
    if actions and chance.random() < 0.5:
        rows.undo("action", chance.randint(1, actions), undone=chance.random() < 0.8)
