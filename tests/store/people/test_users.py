"""Names that mean one person, passwords that are taken, and what removing, disabling and signing out leave behind."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.store.people.passwords import hash_password, is_right, refuse_weak
from assistant.store.people.person_names import clean_name, person_key
from assistant.store.people.users import UserStore
from assistant.store.project import ProjectStore
from tests.store.opened import ANN, LEAD, REFUND, SCHEMA, Opened, decide, reopen
from tools.errors import InputError, NotAllowed, NotFound
from tools.records import Actor

PASSWORD = "correct horse"
OLD_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


def events(project: Opened) -> list[tuple[str, str]]:
    """Author and kind of what stands in the record of the project."""
    return [(str(one), str(kind)) for one, kind in project.store.database.rows("SELECT actor, kind FROM audit")]


@pytest.mark.parametrize("spelling", ["ana", "ana ", " ana", "Ana", "ANA", "ana", "a n a".replace(" ", "")])
def test_blanks_capitals_and_wide_letters_make_no_other_person(spelling: str) -> None:
    assert person_key(spelling) == "ana"


def test_both_forms_of_an_accent_are_one_person() -> None:
    composed, apart = unicodedata.normalize("NFC", "ána"), unicodedata.normalize("NFD", "ána")
    assert composed != apart
    assert person_key(composed) == person_key(apart)


def test_inner_blanks_are_folded_in_what_is_kept() -> None:
    assert clean_name("  Ana   Maria ") == "Ana Maria"


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x00b", "a\u200bb", "a\u202eb", "\ud800", "x" * 61, "\u00a0"])
def test_a_name_that_nobody_can_read_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="A name has"):
        clean_name(name)


@pytest.mark.parametrize("again", ["ana ", " ana", "Ana", unicodedata.normalize("NFKC", "ana")])
def test_another_spelling_is_the_person_who_is_there_already(project: Opened, again: str) -> None:
    project.store.users.add("ana", "reviewer", PASSWORD, LEAD)
    with pytest.raises(InputError, match="ana is in this project already, as reviewer"):
        project.store.users.add(again, "admin", PASSWORD, LEAD)
    assert project.store.users.names() == [("ana", "reviewer")]


def test_one_signs_in_under_any_spelling_and_decides_under_the_one_that_was_added(project: Opened) -> None:
    project.store.users.add("Ána", "reviewer", PASSWORD, LEAD)
    found = project.store.users.sign_in(unicodedata.normalize("NFD", " ÁNA"), PASSWORD)
    assert found is not None
    assert (found[0], project.store.users.whose(found[1])) == ("Ána", "Ána")


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Passw0rd!",
        "P@ssword1",
        "12345678",
        "87654321",
        "qwertyui",
        "abcd1234",
        "aaaaaaaa",
        "abababab",
        "        ",
        "letmein1",
        "summer2026",
        "maria2024",
        "Maria!123",
        "tickets1",
        "1qaz2wsx",
        "short",
        "x" * 1001,
        "half \ud800 of a letter",
    ],
)
def test_a_password_that_is_tried_first_or_cannot_be_typed_is_refused(password: str) -> None:
    with pytest.raises(InputError):
        refuse_weak(password, "maria", "tickets")


@pytest.mark.parametrize(
    "password",
    ["correct horse", "aB3$efgh", "Tr0ub4dor&3", "übergroße Pfütze", "猫が好きですよねえ", "ab" + "z7" * 499],
)
def test_any_other_password_of_eight_to_a_thousand_characters_is_taken(password: str) -> None:
    refuse_weak(password, "maria", "tickets")


def test_a_password_is_kept_by_argon2id_with_the_memory_that_is_asked_for_today(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    stored = str(project.store.database.rows("SELECT password FROM users")[0][0])
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_same_word_composed_otherwise_is_the_same_password() -> None:
    stored = hash_password(unicodedata.normalize("NFC", "größere Pfütze"))
    assert is_right(unicodedata.normalize("NFD", "größere Pfütze"), stored)


def test_a_password_of_an_older_project_still_opens_it_and_is_kept_anew(project: Opened) -> None:
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    salt = bytes(range(16))
    old = f"{salt.hex()}${hashlib.scrypt(PASSWORD.encode(), salt=salt, **OLD_SCRYPT).hex()}"
    with project.store.database.write() as transaction:
        transaction.execute("UPDATE users SET password = ?", [old])
    assert project.store.users.sign_in("ann", "wrong horse") is None
    assert str(project.store.database.rows("SELECT password FROM users")[0][0]) == old
    assert project.store.users.sign_in("ann", PASSWORD) is not None
    assert str(project.store.database.rows("SELECT password FROM users")[0][0]).startswith("$argon2id$")
    assert project.store.users.sign_in("ann", PASSWORD) is not None


def test_somebody_disabled_is_out_at_once_and_comes_back_with_the_same_password(project: Opened) -> None:
    users = project.store.users
    users.add("ann", "reviewer", PASSWORD, LEAD)
    token = users.log_in("ann")
    users.set_active("ann", False, LEAD)
    assert (users.whose(token), users.sign_in("ann", PASSWORD), users.exist()) == (None, None, False)
    users.set_active("Ann", True, LEAD)
    assert users.check("ann", PASSWORD) == "ann"
    assert users.whose(token) is None


def test_who_was_removed_keeps_their_decisions_and_comes_back_as_the_same_person(project: Opened) -> None:
    users = project.store.users
    users.add("ann", "reviewer", PASSWORD, LEAD)
    decide(project, ANN, 1, REFUND)
    users.remove("ann", LEAD)
    assert (users.names(), users.check("ann", PASSWORD), users.decisions("ann")) == ([], None, 1)
    assert str(project.store.database.rows("SELECT password FROM users WHERE name = 'ann'")[0][0]) == ""
    with pytest.raises(NotFound, match="ann was removed; add ann again first"):
        users.set_role("ann", "lead", LEAD)
    said = users.add("Ann", "lead", "another horse", LEAD)
    assert said == "ann was here before and 1 decision here is ann's: this is taken to be the same person."
    assert users.names() == [("ann", "lead")]


def test_a_name_that_has_decisions_from_before_there_were_users_is_that_person(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    assert project.store.users.add("ANN", "reviewer", PASSWORD, LEAD) == (
        "1 decision here is ann's: this is taken to be the same person."
    )
    assert project.store.users.names() == [("ann", "reviewer")]


def test_another_role_ends_the_ways_in_made_with_the_old_one(project: Opened) -> None:
    users = project.store.users
    users.add("ann", "lead", PASSWORD, LEAD)
    token = users.log_in("ann")
    assert users.set_role("ANN", "reviewer", LEAD) == "ann"
    assert (users.names(), users.whose(token)) == ([("ann", "reviewer")], None)


def test_a_new_password_of_ones_own_ends_every_way_in_but_the_one_in_hand(project: Opened) -> None:
    users = project.store.users
    users.add("ann", "reviewer", PASSWORD, LEAD)
    here, there = users.log_in("ann"), users.log_in("ann")
    users.set_password("ann", "another horse", ANN, keep=here)
    assert (users.whose(here), users.whose(there)) == ("ann", None)
    assert (users.check("ann", PASSWORD), users.check("ann", "another horse")) == (None, "ann")


def test_one_way_in_or_all_others_can_be_ended(project: Opened) -> None:
    users = project.store.users
    users.add("ann", "reviewer", PASSWORD, LEAD)
    found = [users.sign_in("ann", PASSWORD, f"10.0.0.{one}", "Firefox on Linux") for one in (1, 2, 3)]
    first, second, third = [one[1] for one in found if one is not None]
    listed = users.sign_ins("ann")
    assert [(one.address, one.browser) for one in listed] == [(f"10.0.0.{n}", "Firefox on Linux") for n in (3, 2, 1)]
    assert users.sign_out("ann", ANN, listed[2].number) == 1
    assert (users.whose(first), users.whose(second)) == (None, "ann")
    assert users.sign_out("ann", ANN, keep=third) == 1
    assert (users.whose(second), users.whose(third)) == (None, "ann")
    assert users.sign_out("ann", LEAD) == 1
    assert users.whose(third) is None


LOSSES: list[Callable[[UserStore, Actor], object]] = [
    lambda users, actor: users.set_role("Ann", "reviewer", actor),
    lambda users, actor: users.set_active("ann", False, actor),
    lambda users, actor: users.remove("ann", actor),
]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_last_admin_stays_one_whatever_the_way(project: Opened, loss: Callable[[UserStore, Actor], object]) -> None:
    users = project.store.users
    users.add("ann", "admin", PASSWORD, LEAD)
    users.add("bob", "lead", PASSWORD, LEAD)
    for via in ("key", "cli"):
        with pytest.raises(NotAllowed, match="ann is the only admin; make somebody else admin first"):
            loss(users, Actor("ann", "admin", via))
    assert (users.names(), users.only_admin()) == ([("ann", "admin"), ("bob", "lead")], "ann")
    users.set_role("ann", "admin", Actor("ann", "admin", "key"))
    users.set_active("ann", True, Actor("ann", "admin", "key"))
    users.set_role("bob", "admin", LEAD)
    loss(users, Actor("ann", "admin", "key"))
    assert users.only_admin() == "bob"


@pytest.mark.parametrize("loss", LOSSES)
def test_the_owner_of_the_folder_may_take_the_last_admin_away(
    project: Opened, loss: Callable[[UserStore, Actor], object]
) -> None:
    users = project.store.users
    users.add("ann", "admin", PASSWORD, LEAD)
    loss(users, Actor("root", "admin", "cli", owns_project=True))
    assert users.only_admin() == ""


def test_two_old_users_of_one_name_open_and_the_older_keeps_it(folder: Path) -> None:
    with reopen(folder) as project:
        project.store.users.add("ana", "reviewer", PASSWORD, LEAD)
        with project.store.database.write() as transaction:
            sql = """INSERT INTO users SELECT 'ana ', 'admin', ?, true, made_at + INTERVAL 1 HOUR FROM users"""
            transaction.execute(sql, [hash_password("another horse")])
    with reopen(folder) as project:
        users = project.store.users
        token = users.log_in("ana ")
        assert [(one.name, one.same_as) for one in users.everyone()] == [("ana", ""), ("ana ", "ana")]
        assert (users.role("ana "), users.check("ana ", "another horse"), users.whose(token)) == (
            "reviewer",
            None,
            None,
        )
        users.remove("ana ", LEAD)
        assert users.names() == [("ana", "reviewer")]
        assert [one.name for one in users.everyone()] == ["ana"]


def test_what_happens_to_people_stands_in_the_record(project: Opened) -> None:
    users = project.store.users
    users.add("ann", "reviewer", PASSWORD, LEAD)
    found = users.sign_in("ann", PASSWORD)
    assert found is not None
    users.log_out(found[1])
    users.set_role("ann", "lead", LEAD)
    users.set_password("ann", "another horse", ANN)
    users.set_active("ann", False, LEAD)
    users.set_active("ann", True, LEAD)
    users.remove("ann", LEAD)
    assert events(project)[-8:] == [
        ("lea", "user"),
        ("ann", "sign_in"),
        ("ann", "sign_out"),
        ("lea", "user_role"),
        ("ann", "user_password"),
        ("lea", "user_disabled"),
        ("lea", "user_enabled"),
        ("lea", "user_removed"),
    ]


def mode(place: Path) -> int:
    """Who may do what with a file or folder."""
    return stat.S_IMODE(place.stat().st_mode)


def test_a_new_project_is_closed_to_everybody_else(tmp_path: Path) -> None:
    ProjectStore.create(tmp_path / "p", "p", SCHEMA, "lea").close()
    assert (mode(tmp_path / "p"), mode(tmp_path / "p" / "project.duckdb")) == (0o700, 0o600)


def test_an_older_project_is_closed_to_others_and_stays_open_to_a_group_that_was_let_in(tmp_path: Path) -> None:
    ProjectStore.create(tmp_path / "p", "p", SCHEMA, "lea").close()
    (tmp_path / "p").chmod(0o2775)
    (tmp_path / "p" / "project.duckdb").chmod(0o664)
    ProjectStore(tmp_path / "p").close()
    assert (mode(tmp_path / "p"), mode(tmp_path / "p" / "project.duckdb")) == (0o2770, 0o660)
