"""A project made from preference data: decided in the terminal and in the chat, exported, measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.agent.turn.conversation import Conversation
from assistant.cli.main import main
from assistant.session import Session
from tools.records import Actor

Run = Callable[..., tuple[int, str, str]]
ANA = Actor("ana", "lead", "chat", "s1")
FRUITS = ["Apple.", "Potato.", "Pear."]
RECORDS = [
    {"id": "q1", "prompt": "Name a fruit.", "responses": FRUITS[:2], "ranking": [["a", "b"]]},
    {"id": "q2", "prompt": "Name a fruit.", "responses": FRUITS},
    {"id": "q3", "prompt": "Name a root.", "responses": FRUITS[:2]},
    {"id": "q4", "prompt": "Name a tree.", "responses": FRUITS[:2]},
]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ASSISTANT_USER", "ana")

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    return made(tmp_path, run, RECORDS)


def made(folder: Path, run: Run, records: list[dict[str, Any]]) -> Path:
    source = folder / "fruit.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    assert run("new", folder / "p", "--from", source)[0] == 0
    code, out, err = run("import", folder / "p", source, "--annotator", "ben")
    assert (code, f"{len(records)} new items" in out) == (0, True), (out, err)
    return folder / "p"


def standing(session: Session) -> list[Any]:
    rows = session.store.database.rows(
        "SELECT item_id, reviewer, value, label FROM standing_reviews ORDER BY item_id, reviewer"
    )
    return [(item, who, json.loads(value), label) for item, who, value, label in rows]


def test_a_ranking_is_typed_in_the_terminal(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    project = made(tmp_path, run, RECORDS[:2])
    typed = iter(["C is better", "nonsense", "B > A = C", "q"])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    code, out, _ = run("review", project)
    assert code == 0
    assert "[q2] Name a fruit.\nA: Apple.\nB: Potato.\nC: Pear.\n" in out
    assert "This item has 3 answers; say their order, such as A > B > C." in out
    assert "here it can be accepted, rejected or skipped" in out
    with Session.open(project) as session:
        assert standing(session) == [
            (1, "ben", {"ranking": [["a", "b"]]}, None),
            (2, "ana", {"ranking": [["b"], ["a", "c"]]}, None),
        ]


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ("A is better", [["a"], ["b"]]),
        ("B over A", [["b"], ["a"]]),
        ("tie", [["a", "b"]]),
        ("I prefer answer B", [["b"], ["a"]]),
    ],
)
def test_a_ranking_is_said_in_the_chat_about_the_item_in_hand(project: Path, words: str, groups: Any) -> None:
    with Session.open(project) as session:
        card = session.desk.open_card(ANA, 3, "ranking")
        events = list(Conversation(session).turn(words, ANA, card.exposure.exposure_id))
        assert [one.kind for one in events] == ["decided"], events
        assert (3, "ana", {"ranking": groups}, None) in standing(session)


def test_the_order_of_three_is_said_in_the_chat_and_what_is_not_enough_is_asked_for(project: Path) -> None:
    with Session.open(project) as session:
        card = session.desk.open_card(ANA, 2, "ranking").exposure.exposure_id
        (asked,) = Conversation(session).turn("C is better", ANA, card)
        assert asked.text == "This item has 3 answers; say their order, such as A > B > C."
        assert len(standing(session)) == 1
        (said,) = Conversation(session).turn("rank C, A, B", ANA, card)
        assert (said.kind, "C > A > B on q2" in said.text) == ("decided", True)
        assert (2, "ana", {"ranking": [["c"], ["a"], ["b"]]}, None) in standing(session)


def test_rankings_are_exported_as_pairs_and_agreement_counts_equal_orders(project: Path, run: Run) -> None:
    with Session.open(project) as session:
        session.store.settings.put("overlap", 2, ANA)
        for who, words in (("ana", "A is better"), ("ben", "A is better")):
            actor = Actor(who, "lead", "chat", who)
            card = session.desk.open_card(actor, 3, "ranking").exposure.exposure_id
            assert [one.kind for one in Conversation(session).turn(words, actor, card)] == ["decided"]
        said = session.executor.call("measure", {"metric": "agreement"}, ANA)
        assert "100 % of the pairs of answers are equal" in said.result.text
    code, out, err = run("export", project, project.parent / "dpo.jsonl", "--format", "preference")
    assert code == 0, (out, err)
    assert (project.parent / "dpo.jsonl").read_text(encoding="utf-8") == (
        '{"chosen":"Apple.","prompt":"Name a root.","rejected":"Potato."}\n'
    )
    assert "all answers are equally good: there is no pair" in out


def test_a_ranking_that_does_not_fit_the_item_is_refused_on_a_json_line(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = json.dumps({"item": "q3", "verdict": "choose", "value": {"ranking": [["a"], ["b"], ["c"]]}})
    monkeypatch.setattr("sys.stdin", iter([line]))
    code, out, _ = run("review", project, "--json")
    assert (code, json.loads(out)["error"]) == (1, "A ranking of field 'ranking' has each of A, B once, got A, B, C.")
