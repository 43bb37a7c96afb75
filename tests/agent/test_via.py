"""The audit says by which door something was decided: chat, page or terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.agent.project import ANA, Project
from tests.agent.test_conversation import say
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file


def vias(project: Project, kind: str) -> list[Any]:
    rows = project.store.database.rows("SELECT payload FROM audit WHERE kind = ? ORDER BY seq", [kind])
    return [json.loads(row[0]).get("via") for row in rows]


@pytest.mark.parametrize("via", ["chat", "key", "cli"])
def test_settings_schema_gold_and_answers_to_a_change_say_by_which_door(project: Project, via: str) -> None:
    actor = replace(ANA, via=via)
    before = len(vias(project, "setting"))
    project.store.settings.put("overlap", 2, actor)
    assert vias(project, "setting")[before:] == [via]
    action = project.executor.call(
        "change_schema", {"operation": "rename_label", "label": "fault", "value": "X"}, actor
    )
    assert action.action_id is not None
    project.executor.confirm(action.action_id, actor)
    assert (vias(project, "action"), vias(project, "decision"), vias(project, "schema")[-1]) == ([via], [via], via)
    project.store.reviews.mark_gold([(1, "intent", {"label": "refund"})], actor, action.action_id)
    assert vias(project, "gold") == [via]


def test_an_import_says_by_which_door(project: Project, tmp_path: Any) -> None:
    source = tmp_path / "more.csv"
    source.write_text("id,text\nN1,one more\n", encoding="utf-8")
    batch = read_file(source, project.store.schema, ImportOptions(key_column="id", text_column="text"))
    project.store.take_in(batch, replace(ANA, via="cli"), {})
    assert vias(project, "import")[-1] == "cli"


def test_an_export_says_by_which_door(project: Project) -> None:
    say(project, "export as csv")
    say(project, "yes, do it")
    assert vias(project, "decision") == ["chat"]
