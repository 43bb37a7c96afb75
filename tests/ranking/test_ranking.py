"""What a ranking is: its form, what is refused, how it is said, how alike two are."""

from __future__ import annotations

from typing import Any

import pytest

from tools.backends.registry import default_reference
from tools.errors import InputError, SchemaRefused, ValueRefused
from tools.exchange.tables.compose import join_parts
from tools.kinds.asked import Subject
from tools.kinds.ranking import Ranking, pairs_in, ties_in
from tools.records import Item
from tools.schema import dump_schema, read_schema
from tools.values import agrees, check_about, check_value, describe_value, same_value, value_label, value_labels

SOURCE = """\
name: Preferences
item: comparison
fields:
- id: better
  name: Better
  kind: ranking
  ties: true
- id: strict
  name: Strict
  kind: ranking
"""
SCHEMA = read_schema(SOURCE)
TIED, STRICT = SCHEMA.fields


def about(*roles: str) -> Subject:
    text, parts = join_parts([(role, f"text of {role}") for role in roles])
    return Subject.of(Item(1, "M1", text, "comparison", parts))


TWO, FOUR = about("prompt", "A", "B"), about("prompt", "A", "B", "C", "D")


def test_a_schema_is_written_as_it_was_read() -> None:
    assert dump_schema(SCHEMA) == SOURCE
    assert (TIED.ties, STRICT.ties) == (True, False)


@pytest.mark.parametrize(
    ("fields", "item", "why"),
    [
        ("{id: better, kind: ranking}", "text", "field 'better': ranking needs items of several texts, got text."),
        ("{id: better, kind: ranking, labels: [a, b]}", "comparison", "takes no labels"),
        ("{id: mood, kind: rating, ties: true}", "comparison", "'ties' belongs to ranking"),
    ],
)
def test_a_schema_with_a_ranking_that_cannot_be_is_refused(fields: str, item: str, why: str) -> None:
    with pytest.raises(SchemaRefused, match=why):
        read_schema(f"name: x\nitem: {item}\nfields: [{fields}]")


@pytest.mark.parametrize(
    ("roles", "offered"),
    [
        (("prompt", "A", "B"), [("a", "text of A"), ("b", "text of B")]),
        (("user", "assistant", "user", "gpt-x", "llama"), [("a", "text of gpt-x"), ("b", "text of llama")]),
        (("text_a", "text_b"), [("a", "text of text_a"), ("b", "text of text_b")]),
        (("A", "prompt"), []),
    ],
)
def test_the_parts_behind_the_prompt_are_ranked_under_letters(
    roles: tuple[str, ...], offered: list[tuple[str, str]]
) -> None:
    subject = about(*roles)
    found = Ranking().offered(subject.parts or ())
    assert [(one.role, (subject.text or "")[one.start : one.end]) for one in found] == offered


def test_a_ranking_is_stored_in_groups_with_the_names_of_a_group_in_order() -> None:
    assert check_about(TIED, {"ranking": [["d"], ["c", "A"], "b"]}, FOUR) == {"ranking": [["d"], ["a", "c"], ["b"]]}
    assert check_value(STRICT, {"ranking": ["b", "a"]}) == {"ranking": [["b"], ["a"]]}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("b", "Field 'strict' takes a ranking such as"),
        ([], "Field 'strict' takes a ranking such as"),
        ([["a"], [3]], "A ranking of field 'strict' has letters in groups, the best first"),
        ([["a"], []], "A ranking of field 'strict' has letters in groups, the best first"),
        ([["a"], ["a"]], "Answer A stands twice in the ranking of field 'strict'"),
        ([["a", "b"]], "Field 'strict' takes no ties: say which answer is better"),
        ([["a"]], "A ranking of field 'strict' has each of A, B once, got A"),
        ([["a"], ["c"]], "A ranking of field 'strict' has each of A, B once, got A, C"),
        ([["a"], ["b"], ["c"]], "A ranking of field 'strict' has each of A, B once, got A, B, C"),
    ],
)
def test_what_is_no_ranking_of_the_item_is_refused(content: Any, why: str) -> None:
    with pytest.raises(ValueRefused, match=why):
        check_about(STRICT, {"ranking": content}, TWO)


def test_an_item_with_one_answer_or_with_too_many_is_not_ranked() -> None:
    with pytest.raises(ValueRefused, match="ranks 2 to 26 answers, and this item has 1"):
        check_about(STRICT, {"ranking": [["a"]]}, about("prompt", "response"))
    many = about("prompt", *(f"m{number}" for number in range(27)))
    with pytest.raises(ValueRefused, match="this item has 27"):
        check_about(STRICT, {"ranking": [[chr(97 + number)] for number in range(26)]}, many)


def test_what_is_not_known_of_an_item_is_not_compared() -> None:
    assert check_value(STRICT, {"ranking": [["c"], ["a"], ["b"]]}) == {"ranking": [["c"], ["a"], ["b"]]}
    with pytest.raises(ValueRefused, match="each of A, B once, got A, D"):
        check_value(STRICT, {"ranking": [["a"], ["d"]]})


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ("A is better", [["a"], ["b"]]),
        ("B is clearly better.", [["b"], ["a"]]),
        ("I think answer B is the best one", [["b"], ["a"]]),
        ("a is worse", [["b"], ["a"]]),
        ("B wins", [["b"], ["a"]]),
        ("I prefer b", [["b"], ["a"]]),
        ("B", [["b"], ["a"]]),
        ("2", [["b"], ["a"]]),
        ("the first", [["a"], ["b"]]),
        ("B over A", [["b"], ["a"]]),
        ("B is better than A", [["b"], ["a"]]),
        ("tie", [["a", "b"]]),
        ("it is a tie", [["a", "b"]]),
        ("both are equally good", [["a", "b"]]),
        ("A = B", [["a", "b"]]),
        ("they are very good", None),
        ("a better idea", None),
        ("refund", None),
    ],
)
def test_which_of_two_is_better_is_said_in_words(words: str, groups: Any) -> None:
    assert Ranking().read_said(words, TWO) == groups


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ("rank C, A, B, D", [["c"], ["a"], ["b"], ["d"]]),
        ("C > A = B > D", [["c"], ["a", "b"], ["d"]]),
        ("order: d then c then a and b", [["d"], ["c"], ["a", "b"]]),
        ("all equal", [["a", "b", "c", "d"]]),
    ],
)
def test_the_order_of_several_is_said_in_words(words: str, groups: Any) -> None:
    assert Ranking().read_said(words, FOUR) == groups


def test_the_better_of_several_and_an_answer_that_is_not_there_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueRefused, match="This item has 4 answers; say their order, such as A > B > C > D"):
        Ranking().read_said("C is better", FOUR)
    with pytest.raises(ValueRefused, match="This item has the answers A, B; there is no C"):
        Ranking().read_said("C is better", TWO)


def test_a_ranking_is_told_in_letters_and_counts_as_no_label() -> None:
    value = {"ranking": [["b"], ["a", "c"]]}
    assert describe_value(TIED, value, "secret") == "B > A = C"
    assert (value_label(value), value_labels(value)) == (None, ())


def test_rankings_agree_where_they_are_the_same_order() -> None:
    one, same, other = ({"ranking": groups} for groups in ([["b"], ["a"]], [["b"], ["a"]], [["a"], ["b"]]))
    assert same_value(one, same) and agrees(one, same, 0.5)
    assert not same_value(one, other) and not agrees(one, other, 0.5)


def test_a_ranking_says_which_pairs_it_orders_and_how_many_it_leaves_equal() -> None:
    assert pairs_in([["b"], ["a", "c"]]) == [("b", "a"), ("b", "c")]
    assert (ties_in([["b"], ["a", "c", "d"]]), ties_in([["b"], ["a"]])) == (3, 0)


def test_no_model_ranks_and_that_is_said() -> None:
    with pytest.raises(
        InputError, match="Nothing built in proposes rankings for field 'Strict'; people put the answers"
    ):
        default_reference(STRICT)
