"""A run that learned from labels and found out how right it is."""

from __future__ import annotations

from tests.store.rows import START
from tests.store.tool_context import SmallProject
from tools.records import to_json


def learn(project: SmallProject, blind: int, right: int) -> int:
    """Add a run of 800 labels, ``blind`` of them unsteered; the model had ``right`` of these."""
    run = project.rows.run()
    found = {"labels": 800, "blind_answers": blind, "blind_right": right}
    project.rows.connection.execute("INSERT INTO run_details VALUES (?, ?, ?)", [run, to_json(found), START])
    return run
