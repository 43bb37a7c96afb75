"""What a check found: stored with its run, told to whom it may be told, ended by a decision, a dismissal or an undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from assistant.executor import Outcome
from assistant.records import outcome_record
from assistant.ui.chat.showing import outcome_record as page_record
from assistant.ui.chat.transcript import result_texts
from tests.jobs.small_tools import NoArgs
from tests.store.opened import ANN, BOB, DELIVERY, LEAD, MODEL, REFUND, Opened, broken_checks, create, decide, reopen
from tools.ask.explain import explain_item
from tools.context import ToolContext
from tools.decide.take_back import undo
from tools.errors import InputError, NotAllowed, NotFound, ValueRefused
from tools.filters import ItemFilter
from tools.findings import Finding, FindingBatch
from tools.records import RunIdentity
from tools.results import Figure, QueueOrder, Table, ToolResult
from tools.spec import tool

IDENTITY = RunIdentity("flag_odd_lengths", 1, "builtin:lengths", "1", {"times": 3})
TEXTS = ("where is it", "I want it back", "thank you", "where " * 40, "no answer", "x")


@tool(effect="propose", version=1)
def flag_odd_lengths(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Flag items whose text is far longer or far shorter than the others."""
    ids = ctx.items.all_ids().tolist()
    lengths = [len(text) for text in ctx.items.texts(ids)]
    usual = median(lengths)
    found = [
        Finding(
            "odd_length",
            item_id,
            "intent",
            f"It has {length} letters, the others about {usual:.0f}.",
            "high" if length > 3 * usual else "low",
            "item",
            round(min(1.0, abs(length - usual) / 100), 2),
        )
        for item_id, length in zip(ids, lengths, strict=True)
        if not usual / 3 <= length <= 3 * usual
    ]
    queue = QueueOrder(
        IDENTITY, "intent", tuple(one.item_id for one in found), ("odd length",) * len(found), "odd_length"
    )
    shown = tuple(str(one) for one in ids)
    figures = tuple(Figure(title, "bar", shown, {"letters": tuple(map(float, lengths))}) for title in ("All", "Again"))
    tables = tuple(Table(one.title, ("item", "letters"), tuple(zip(shown, lengths, strict=True))) for one in figures)
    batch = FindingBatch(IDENTITY, "intent", tuple(found))
    return ToolResult(f"{len(found)} stand out.", tables=tables, figures=figures, findings=batch, queue=queue)


@tool(effect="propose", version=1)
def doubt_bob(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Doubt Bob's answer on item 1, and the answer on item 2 whoever gave it."""
    doubt = Finding("mistake", 1, "intent", "It reads like a delivery.", score=0.9, person="bob", value=DELIVERY)
    found = (doubt, Finding("mistake", 2, "intent", "Others like it were answered otherwise.", "low"))
    return ToolResult("Two are doubtful.", findings=FindingBatch(IDENTITY, "intent", found))


@tool(effect="read", version=1)
def sly_finder(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Say that it only reads, and find something."""
    return doubt_bob.run(args, ctx)


TOOLS = (flag_odd_lengths, doubt_bob, sly_finder, undo, explain_item)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with create(tmp_path / "small", TEXTS, TOOLS, overlap=2) as project:
        yield project


def call(project: Opened, name: str, actor: Any = LEAD, **arguments: Any) -> Outcome:
    return project.executor.call(name, arguments, actor)


def told(project: Opened, actor: Any, query: str = "open_findings", **params: Any) -> list[tuple[Any, ...]]:
    """Item, kind and severity of what is told."""
    rows = project.store.ask(query, params, actor).as_dicts()
    return [(row["item_id"], row["kind"], row["severity"]) for row in rows]


def with_finding(project: Opened, actor: Any, kind: str = "any", field: str = "") -> list[int]:
    where = ItemFilter(finding=kind, field=field)
    return [int(one) for one in project.store.items.find(where, viewer=actor).ids]


def test_findings_and_their_queue_are_one_run_and_hold_in_every_check(opened: Opened) -> None:
    outcome = call(opened, "flag_odd_lengths")
    assert outcome.run_id is not None
    assert told(opened, LEAD) == [(4, "odd_length", "high"), (6, "odd_length", "low")]
    assert opened.store.database.rows("SELECT run_id, tool, backend FROM runs") == [
        (outcome.run_id, "flag_odd_lengths", "builtin:lengths")
    ]
    assert [row[0] for row in opened.store.orders.queued("intent")] == [4, 6]
    assert opened.desk.next_cards(ANN, "intent").cards[0].item.item_id == 4
    assert broken_checks(opened) == []


def test_a_finding_comes_back_as_it_was_given_after_a_restart(tmp_path: Path) -> None:
    with create(tmp_path / "small", TEXTS, TOOLS) as project:
        decide(project, BOB, 1, REFUND)
        run_id = call(project, "doubt_bob").run_id
    with reopen(tmp_path / "small", TOOLS) as project:
        assert run_id is not None
        first, second = project.store.findings.of_run(run_id, LEAD)
    assert first.finding == Finding(
        "mistake", 1, "intent", "It reads like a delivery.", score=0.9, person="bob", value=DELIVERY
    )
    assert (second.finding.severity, second.finding.about, second.finding.value) == ("low", "answer", None)
    assert {first.state, second.state} == {"open"}


def test_a_decision_of_a_person_ends_it_and_undoing_the_decision_opens_it_again(opened: Opened) -> None:
    decide(opened, BOB, 4, REFUND)
    call(opened, "flag_odd_lengths")
    assert told(opened, LEAD, field="intent")[0] == (4, "odd_length", "high")
    decide(opened, ANN, 4, DELIVERY)
    assert told(opened, LEAD) == [(6, "odd_length", "low")]
    opened.desk.undo(ANN)
    assert told(opened, LEAD) == [(4, "odd_length", "high"), (6, "odd_length", "low")]


def test_a_skip_and_an_answer_to_another_question_leave_it_open(opened: Opened) -> None:
    call(opened, "flag_odd_lengths")
    decide(opened, ANN, 4, None, verdict="skip")
    decide(opened, ANN, 6, {"rating": 2}, "mood")
    assert [item for item, _, _ in told(opened, LEAD)] == [4, 6]


def test_undoing_the_run_withdraws_findings_and_queue_and_says_so_first(opened: Opened) -> None:
    run_id = call(opened, "flag_odd_lengths", ANN).run_id
    asked = call(opened, "undo", MODEL, what="run", id=run_id)
    assert asked.result.change is not None
    assert "its queue of 2 items is dropped; 2 findings are withdrawn" in outcome_record(asked)["tables"][0]["rows"][0]
    call(opened, "undo", ANN, what="run", id=run_id)
    assert told(opened, LEAD) == []
    assert (with_finding(opened, LEAD), opened.store.orders.queued("intent")) == ([], [])
    assert opened.store.findings.get(1, LEAD).state == "withdrawn"
    assert broken_checks(opened) == []


def test_a_dismissed_finding_is_closed_until_that_is_taken_back(opened: Opened) -> None:
    call(opened, "flag_odd_lengths")
    opened.executor.dismiss_finding(1, ANN, "a poem")
    assert told(opened, LEAD) == [(6, "odd_length", "low")]
    with pytest.raises(InputError, match="Finding 1 is dismissed already"):
        opened.executor.dismiss_finding(1, LEAD)
    opened.executor.dismiss_finding(1, LEAD, dismissed=False)
    assert [item for item, _, _ in told(opened, LEAD)] == [4, 6]
    with pytest.raises(InputError, match="was not dismissed"):
        opened.executor.dismiss_finding(1, LEAD, dismissed=False)
    assert broken_checks(opened) == []


def test_a_model_dismisses_nothing(opened: Opened) -> None:
    call(opened, "flag_odd_lengths")
    with pytest.raises(NotAllowed, match="Only a person"):
        opened.executor.dismiss_finding(1, MODEL)


def test_a_forged_finding_and_a_forged_dismissal_are_named(opened: Opened) -> None:
    call(opened, "flag_odd_lengths")
    opened.executor.dismiss_finding(2, ANN)
    with opened.store.database.write() as transaction:
        transaction.execute("UPDATE findings SET severity = 'high' WHERE finding_id = 2")
        transaction.execute("UPDATE finding_dismissals SET actor = 'bob'")
    assert broken_checks(opened) == [
        "every detail of a finding is as it was saved",
        "every dismissal of a finding is as it was saved",
    ]


def test_who_has_not_decided_learns_nothing_of_a_colleagues_answer(opened: Opened) -> None:
    for item in (1, 2):
        decide(opened, BOB, item, REFUND)
    told_ann = call(opened, "doubt_bob", ANN).result
    assert (told_ann.tables, told_ann.items) == ((), ())
    assert (told(opened, ANN), with_finding(opened, ANN)) == ([], [])
    assert opened.store.ask("finding_counts", {}, ANN).rows == ()
    assert "reads like" not in str(outcome_record(call(opened, "explain_item", ANN, item="K1")))
    with pytest.raises(NotFound, match="no finding 1 that you can look at"):
        opened.executor.dismiss_finding(1, ANN)
    assert told(opened, LEAD) == [(1, "mistake", "medium"), (2, "mistake", "low")]


def test_what_is_about_a_person_is_for_that_person_and_for_leads(opened: Opened) -> None:
    for person in (ANN, BOB):
        for item in (1, 2):
            decide(opened, person, item, REFUND)
    call(opened, "doubt_bob")
    assert told(opened, ANN) == [(2, "mistake", "low")]
    assert told(opened, BOB) == [(1, "mistake", "medium"), (2, "mistake", "low")]
    assert told(opened, LEAD, "person_findings", person="bob") == [(1, "mistake", "medium")]
    with pytest.raises(NotAllowed, match="needs the role lead"):
        told(opened, BOB, "person_findings", person="bob")


def test_what_is_about_the_item_alone_is_open_to_everybody(opened: Opened) -> None:
    call(opened, "flag_odd_lengths")
    assert told(opened, ANN) == told(opened, LEAD) == [(4, "odd_length", "high"), (6, "odd_length", "low")]


def test_items_are_found_by_their_open_findings(opened: Opened) -> None:
    call(opened, "flag_odd_lengths")
    call(opened, "doubt_bob")
    assert with_finding(opened, LEAD) == [1, 2, 4, 6]
    assert with_finding(opened, LEAD, "odd_length") == [4, 6]
    assert with_finding(opened, LEAD, "odd_length", "mood") == []
    counted = opened.store.ask("finding_counts", {"field": "intent"}, LEAD).as_dicts()
    assert [(one["kind"], one["severity"], one["findings"]) for one in counted] == [
        ("odd_length", "high", 1),
        ("mistake", "medium", 1),
        ("mistake", "low", 1),
        ("odd_length", "low", 1),
    ]


def test_an_explanation_tells_the_finding_with_the_answer_that_is_likely_right(opened: Opened) -> None:
    decide(opened, BOB, 1, REFUND)
    call(opened, "doubt_bob")
    told_lead = call(opened, "explain_item", item="K1").result
    assert "Mistake (worth a look): It reads like a delivery. Likely right: Delivery." in told_lead.text
    opened.executor.dismiss_finding(1, LEAD, "it is a refund")
    after = call(opened, "explain_item", item="K1").result
    assert "reads like" not in after.text
    events = next(table for table in after.tables if table.title == "What happened").rows
    assert [(row[1], row[3], row[5]) for row in events if row[1].startswith("remark")] == [
        ("remarked on", "flag_odd_lengths", "It reads like a delivery."),
        ("remark dismissed", "lea", "it is a refund"),
    ]


def test_page_and_chat_get_the_findings_and_every_chart_with_its_table(opened: Opened) -> None:
    outcome = call(opened, "flag_odd_lengths")
    record = page_record(outcome)
    titles = [table["title"] for table in record["tables"]]
    assert (record["run_id"], titles) == (outcome.run_id, ["All", "Again", "Findings"])
    assert [figure["title"] for figure in record["figures"]] == ["All", "Again"]
    assert record["tables"][2]["rows"][0] == [
        "K4",
        "Intent",
        "odd length",
        "serious",
        "It has 240 letters, the others about 10.",
    ]
    assert record["items"] == [4, 6]
    heard = result_texts(outcome.result)
    assert [text.split("\n")[0][:8] for text in heard] == ["![All](d", "![Again]", "**All**", "**Again*", "**Findin"]
    assert "| K6 | Intent | odd length | minor |" in heard[-1]


def test_a_tool_that_only_reads_stores_no_findings(opened: Opened) -> None:
    with pytest.raises(TypeError, match="declares the effect 'read' but returned more"):
        call(opened, "sly_finder")
    assert opened.store.database.rows("SELECT count(*) FROM runs") == [(0,)]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Finding("mistake", 99, "intent", "It is not there."), NotFound),
        (Finding("mistake", 1, "intnt", "It is not there."), NotFound),
        (Finding("mistake", 1, "intent", "It does not fit.", value={"label": "anger"}), ValueRefused),
    ],
)
def test_a_finding_that_fits_nothing_stores_nothing(opened: Opened, wrong: Finding, error: type[Exception]) -> None:
    right = Finding("mistake", 1, "intent", "It may be wrong.")
    with pytest.raises(error):
        opened.store.findings.add(
            FindingBatch(IDENTITY, "intent", (right, wrong)), None, opened.store.schema, {}, 1, LEAD
        )
    assert opened.store.database.rows("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM findings)") == [(0, 0)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "Odd length"}, "short name such as odd_length"),
        ({"severity": "worst"}, "low, medium or high, not 'worst'"),
        ({"sentence": "  "}, "gives none"),
        ({"score": 1.5}, "between 0 and 1, got 1.5"),
        ({"score": float("nan")}, "between 0 and 1, got nan"),
        ({"about": "item", "person": "bob"}, "names no person"),
        ({"about": "item", "value": REFUND}, "no answer"),
    ],
)
def test_a_finding_that_says_nothing_usable_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(Finding("odd_length", 1, "intent", "It is long."), **changed)
