"""A real collection of 23,700 questions: imported, suggested for, decided with keys, exported to every format."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.session import Session
from assistant.store.checks.verify import verify
from tests.e2e.driving import first_page
from tests.ui.pages import Watched
from tools.exchange.formats.writers import BY_NAME
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.records import Actor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]
LEAD = Actor("lead", "lead", "cli", "t")
SUGGESTED, DECIDED = 100, 50
# Tags of tokens cannot say what a whole text is about; every other format can.
# Tokens with tags and pairs of answers have no place for a choice.
FORMATS = sorted(name for name, one in BY_NAME.items() if name not in ("conll", "preference") and one.is_for("text"))


@pytest.fixture(scope="module")
def source(shared_data: Path) -> Path:
    path = shared_data / "text" / "clinc150.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not there.")
    return path


@pytest.fixture(scope="module")
def rows(source: Path) -> list[dict[str, str]]:
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def session(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The collection with the train split as labels of a declared annotator."""
    place = tmp_path_factory.mktemp("clinc") / "p"
    schema = suggest_schema(source, ImportOptions(label_columns=(("intent", "intent"),)))
    with closing(Session.create(place, "CLINC150", schema, "lead")) as opened:
        opened.store.settings.put("blind_share", 0, LEAD)
        opened.store.settings.put("backend.embedder", "builtin:ngrams", LEAD)
        arguments = {
            "path": str(source),
            "text_column": "text",
            "labels": "intent=intent",
            "labels_where": "split=train",
            "annotator": "authors",
            "independent": True,
        }
        confirmed(opened, "import_data", arguments)
        yield opened


def confirmed(session: Session, tool: str, arguments: dict[str, Any]) -> str:
    """Ask for a change and confirm it; what was said in the end."""
    action = session.executor.call(tool, arguments, LEAD).action_id
    assert action is not None
    return session.executor.confirm(action, LEAD).result.text


def labels_of(session: Session) -> dict[str, tuple[str, str]]:
    """Key to (text, label) of everything that is decided."""
    found = session.store.database.rows(
        "SELECT i.key, i.text, a.label FROM annotations a JOIN items i USING (item_id) WHERE a.state = 'agreed'"
    )
    return {key: (text, label) for key, text, label in found}


@pytest.fixture(scope="module")
def decided(session: Session, rows: list[dict[str, str]], chromium: Any) -> list[int]:
    """Suggestions for rows of the test split, and fifty decisions in the page; the keys pressed for each."""
    test_rows = [number for number, row in enumerate(rows, 1) if row["split"] == "test"]
    items = ", ".join(f"#{number}" for number in test_rows[:: len(test_rows) // SUGGESTED][:SUGGESTED])
    job = session.executor.call("prelabel", {"field": "intent", "items": items}, LEAD).job_id
    assert job is not None
    status = session.jobs.wait(job, 600)
    assert (status.state, status.done) == ("done", SUGGESTED)
    with first_page(session, chromium) as page:
        presses = [decide_one(page, rows) for _ in range(DECIDED)]
        page.wait_saved()
        assert page.errors == []
        assert page.hosts == {page.address.removeprefix("http://")}
        timings = page.page.evaluate("window.reviewCard.timings()")
    print("key to next card, median ms:", {name: value for name, value in timings.items() if "median" in name})
    return presses


def decide_one(page: Watched, rows: list[dict[str, str]]) -> int:
    """Accept what is right, else take an alternative by its digit, else skip; the number of keys."""
    state = page.state()
    assert state["kind"] == "suggested"
    wanted = rows[state["item"] - 1]["intent"]
    shown = page.page.locator("#aa-review").inner_text()
    suggested = shown.split("Model suggests", 1)[1].strip().split("\n", 1)[0]
    digit = next((str(at) for at in range(1, 10) if f"\n{at}\n{wanted}\n" in shown), "")
    # Letters search among 151 labels, so the key that accepts is Enter.
    key = "Enter" if suggested == wanted else digit or "Space"
    page.press(key)
    page.page.wait_for_function(f"window.reviewCard.state().exposure !== {state['exposure']}")
    # A script is quicker than a person: the page stops it while five decisions are not acknowledged.
    page.wait_saved()
    page.wait_card()
    return 1


def test_every_row_is_accounted_for_and_repeated_texts_stay_apart(session: Session, rows: list[dict[str, str]]) -> None:
    found = session.store.database.rows("SELECT text FROM items ORDER BY item_id")
    assert [text for (text,) in found] == [row["text"] for row in rows]
    assert len(found) == 23_700
    assert sum(count > 1 for count in Counter(text for (text,) in found).values()) == 5
    imported = session.store.database.rows(
        """SELECT item_id, r.value FROM reviews r WHERE r.reviewer = 'authors'
        AND r.exposure = 'imported_independent' ORDER BY item_id"""
    )
    name_of = {label.id: label.name for label in session.schema.field("intent").labels}
    given = [(number, name_of[json.loads(value)["label"]]) for number, value in imported]
    assert given == [(number, row["intent"]) for number, row in enumerate(rows, 1) if row["split"] == "train"]


def test_importing_it_again_changes_nothing(session: Session, source: Path) -> None:
    before = session.store.database.rows("SELECT count(*) FROM items")
    arguments = {"path": str(source), "text_column": "text", "labels": "intent=intent", "labels_where": "split=train"}
    confirmed(session, "import_data", {**arguments, "annotator": "authors", "independent": True})
    assert session.store.database.rows("SELECT count(*) FROM items") == before
    assert session.store.database.rows("SELECT count(*) FROM reviews WHERE reviewer = 'authors'") == [(15_100,)]


def test_fifty_decisions_take_one_or_two_keys_each(session: Session, decided: list[int]) -> None:
    assert len(decided) == DECIDED
    assert max(decided) <= 2
    found = session.store.database.rows(
        "SELECT verdict, exposure FROM live_reviews WHERE reviewer = 'lead' ORDER BY review_id"
    )
    assert len(found) == DECIDED
    assert {exposure for _, exposure in found} == {"suggested"}
    assert {verdict for verdict, _ in found} <= {"accept", "choose", "skip"}
    assert Counter(verdict for verdict, _ in found)["accept"] >= DECIDED // 4
    assert [check.name for check in verify(session.store.database) if not check.holds] == []


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_exported_comes_back_without_loss(
    session: Session, decided: list[int], tmp_path: Path, name: str
) -> None:
    chosen = BY_NAME[name]
    target = tmp_path / f"out{chosen.suffix}"
    confirmed(session, "export_data", {"format": name, "target": str(target), "fields": "intent"})
    options = ImportOptions(format=name, text_column="text", annotator="declared")
    batch = read_file(target, session.schema, options)
    assert len(batch.rejects) == 0
    assert len(batch.dropped) == 0
    labels: dict[int, set[str]] = {}
    for one in batch.labels.select(["row", "value", "verdict"]).to_pylist():
        if one["value"] is not None:
            labels.setdefault(one["row"], set()).add(json.loads(one["value"])["label"])
    read = {
        one["key"]: (one["text"], *labels[one["row"]])
        for one in batch.items.select(["row", "key", "text"]).to_pylist()
        if one["row"] in labels
    }
    assert read == labels_of(session)
    assert len(read) >= 15_100
