"""Settings: defaults, checks, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.store.settings import DEFAULTS
from tests.store.opened import LEAD, Opened, reopen
from tools.errors import InputError


def test_a_setting_survives_a_restart(folder: Path) -> None:
    with reopen(folder) as project:
        project.store.settings.put("overlap", 3, LEAD)
        project.store.settings.put("backend.intent", "builtin:few-shot", LEAD)
    with reopen(folder) as project:
        assert project.store.settings.get("overlap") == 3
        assert project.store.settings.get("backend.intent") == "builtin:few-shot"


def test_what_was_not_set_has_its_default(project: Opened) -> None:
    assert project.store.settings.get("lease_seconds") == DEFAULTS["lease_seconds"]
    assert project.store.settings.all()["overlap"] == DEFAULTS["overlap"]


def test_each_new_project_draws_a_seed_of_its_own(project: Opened) -> None:
    assert project.store.database.rows("SELECT count(*) FROM settings WHERE key = 'seed'") == [(1,)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("blind_share", 1.1),
        ("blind_share", -0.1),
        ("blind_share", float("nan")),
        ("blind_share", True),
        ("overlap", 0),
        ("overlap", 1.5),
        ("overlap", True),
        ("budget_tokens", -1),
        ("lease_seconds", "long"),
        ("seed", "dice"),
        ("train_on_bulk", "no"),
        ("columns", "channel"),
        ("columns", [1]),
        ("price_per_million_prompt", -1),
        ("price_per_million_answer", "cheap"),
        ("backend.intent", 7),
        ("colour", "red"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_and_nothing_changes(project: Opened, key: str, value: Any) -> None:
    before, head = project.store.settings.all(), project.store.database.audit_head
    with pytest.raises(InputError):
        project.store.settings.put(key, value, LEAD)
    assert (project.store.settings.all(), project.store.database.audit_head) == (before, head)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("blind_share", 0),
        ("blind_share", 1),
        ("overlap", 50),
        ("seed", -5),
        ("train_on_bulk", True),
        ("columns", ["channel"]),
        ("price_per_million_prompt", 0.15),
        ("price_per_million_answer", None),
    ],
)
def test_a_setting_that_makes_sense_is_kept(project: Opened, key: str, value: Any) -> None:
    project.store.settings.put(key, value, LEAD)
    assert project.store.settings.get(key) == value
