"""Users, passwords, logins, messages and filters saved by name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assistant.store.people import users
from assistant.store.people.passwords import hash_password
from tests.store.opened import LEAD, Opened, reopen
from tools.errors import InputError, NotFound
from tools.filters import ItemFilter

PASSWORD = "correct horse"


def test_without_users_nobody_exists(project: Opened) -> None:
    assert not project.store.users.exist()


def test_the_right_password_gives_the_person(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    assert project.store.users.check("ann", PASSWORD) == "ann"
    assert project.store.users.role("ann") == "reviewer"


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong horse"), ("ann", ""), ("eve", PASSWORD)])
def test_a_wrong_name_or_password_gives_nothing(project: Opened, name: str, password: str) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    assert project.store.users.check(name, password) is None


def test_passwords_and_tokens_are_stored_as_digests_only(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    token = project.store.users.log_in("ann")
    stored = str(project.store.database.rows("SELECT * FROM users, logins, audit"))
    assert PASSWORD not in stored and token not in stored


def test_equal_passwords_have_different_digests() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("", "reviewer", PASSWORD), ("a\nb", "reviewer", PASSWORD), ("ann", "king", PASSWORD), ("ann", "lead", "short")],
)
def test_a_person_who_makes_no_sense_is_refused_and_not_added(
    project: Opened, name: str, role: str, password: str
) -> None:
    with pytest.raises(InputError):
        project.store.users.add(name, role, password, LEAD)
    assert project.store.users.names() == []


def test_adding_somebody_who_is_there_is_refused_and_changes_nothing(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    with pytest.raises(InputError, match="ann is in this project already, as reviewer"):
        project.store.users.add("Ann ", "lead", "another horse", LEAD)
    assert project.store.users.names() == [("ann", "reviewer")]
    assert project.store.users.check("ann", PASSWORD) == "ann"


def test_a_token_says_whose_it_is_until_the_person_logs_out(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    token = project.store.users.log_in("ann")
    assert project.store.users.whose(token) == "ann"
    project.store.users.log_out(token)
    assert project.store.users.whose(token) is None


def test_a_login_survives_a_restart_and_runs_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reopen(folder) as project:
        project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
        token = project.store.users.log_in("ann")
    with reopen(folder) as project:
        assert project.store.users.whose(token) == "ann"
        later = users.utc_now() + timedelta(hours=users.LOGIN_HOURS, minutes=1)
        monkeypatch.setattr(users, "utc_now", lambda: later)
        assert project.store.users.whose(token) is None


def test_a_new_password_ends_the_logins_made_with_the_old_one(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    token = project.store.users.log_in("ann")
    project.store.users.set_password("ann", "another horse", LEAD)
    assert project.store.users.whose(token) is None


def test_the_role_of_nobody_is_not_found(project: Opened) -> None:
    with pytest.raises(NotFound, match="eve"):
        project.store.users.role("eve")


def test_the_last_messages_come_oldest_first_and_by_session(project: Opened) -> None:
    for number in range(4):
        project.store.talk.add_message("s", "ann", "person", f"word {number}", {"n": number})
    project.store.talk.add_message("other", "bob", "person", "elsewhere", {})
    found = project.store.talk.messages("s", 2)
    assert [(one["text"], one["record"]) for one in found] == [("word 2", {"n": 2}), ("word 3", {"n": 3})]


def test_the_newest_filter_of_a_name_counts(project: Opened) -> None:
    project.store.talk.save_filter("Angry", ItemFilter(words="one"), LEAD)
    project.store.talk.save_filter("Angry", ItemFilter(words="two"), LEAD)
    assert project.store.talk.saved_filter("angry") == ItemFilter(words="two")
    assert project.store.talk.filter_names() == ["Angry"]


def test_an_unknown_filter_is_answered_with_those_there_are(project: Opened) -> None:
    project.store.talk.save_filter("Angry", ItemFilter(words="one"), LEAD)
    with pytest.raises(NotFound, match="Angry"):
        project.store.talk.saved_filter("calm")


@pytest.mark.parametrize("name", ["assistant", " Assistant "])
def test_nobody_may_bear_the_name_of_the_program(project: Opened, name: str) -> None:
    with pytest.raises(InputError, match="what the program does by itself"):
        project.store.users.add(name, "reviewer", "a long enough password", LEAD)
