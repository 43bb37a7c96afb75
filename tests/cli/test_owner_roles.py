"""What a person may ask for over the command line's own road to an open project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli.owner import Owner
from assistant.session import Session
from tools.errors import NotAllowed
from tools.records import Actor
from tools.schema import schema_from_labels

ROOT = Actor("root", "admin", "cli", "s0")
WORDS = "kettle-and-lamp-7"


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    with Session.create(tmp_path / "p", "p", schema_from_labels(["a", "b"]), "root") as session:
        for name, role in (("ana", "lead"), ("ben", "reviewer"), ("chloe", "reviewer")):
            session.users.add(name, role, f"{WORDS}-{name[::-1]}-x", ROOT)
        yield Owner(session)


def test_a_backup_holds_everybodys_answers_and_is_a_leads_to_make(owner: Owner, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="holds everybody's answers and needs the role lead; chloe is reviewer"):
        owner.backup(owner.actor("chloe"), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_who_manages_nobody_is_told_of_nobody_else(owner: Owner) -> None:
    assert [one["name"] for one in owner.people(owner.actor("chloe"))["users"]] == ["chloe"]
    assert [one["name"] for one in owner.people(owner.actor("ana"))["users"]] == ["ana", "ben", "chloe"]


def test_what_a_lead_wants_to_change_is_not_shown_to_reviewers(owner: Owner) -> None:
    lead, reviewer = owner.actor("ana"), owner.actor("chloe")
    owner.call(lead, "change_schema", {"operation": "rename_label", "field": "label", "label": "a", "value": "Topic"})
    assert len(owner.pending(lead)["actions"]) == 1
    assert owner.pending(reviewer)["actions"] == []
