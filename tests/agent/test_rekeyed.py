"""A file that came in without a key and comes again with one: it is said what would happen, and what can be done."""

from __future__ import annotations

from pathlib import Path

from assistant.executor import Outcome
from tests.agent.project import ANA, Project

ROWS = "nr,text\n7,The lamp flickers\n8,A new message\n"


def look(project: Project, folder: Path, rows: str, **options: str) -> Outcome:
    source = folder / "again.csv"
    source.write_text(rows, encoding="utf-8")
    return project.executor.call("import_data", {"path": str(source), "text_column": "text", **options}, ANA)


def taken(project: Project, outcome: Outcome) -> None:
    assert outcome.action_id is not None
    project.executor.confirm(outcome.action_id, ANA)


def test_rows_that_came_in_without_a_key_are_told_before_they_come_in_twice(project: Project, tmp_path: Path) -> None:
    first = look(project, tmp_path, ROWS)
    assert "before without a key" not in first.result.text
    taken(project, first)
    rows = ROWS + "9,Never seen\n"
    again = look(project, tmp_path, rows, key_column="nr")
    assert again.result.text.endswith(
        "2 rows have the text of an item that came in before without a key: with this key they come in again as new "
        "items. To have the same items, leave the key column 'nr' away; to have them under this key, make a new "
        "project and import the file there."
    )
    assert again.result.change is not None and "2 rows have the text" in again.result.change.sentence


def test_the_road_that_is_offered_leads_to_the_same_items(project: Project, tmp_path: Path) -> None:
    taken(project, look(project, tmp_path, ROWS))
    before = project.store.items.count()
    taken(project, look(project, tmp_path, ROWS))
    assert project.store.items.count() == before


def test_items_that_have_a_key_are_not_spoken_of(project: Project, tmp_path: Path) -> None:
    keyed = "id,text\nN1,I want my money back for the lamp.\n"
    assert "without a key" not in look(project, tmp_path, keyed).result.text
