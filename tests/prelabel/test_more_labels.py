"""How many more labels would help is told by what is there: a rule first, afterwards what the last doubling brought."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.texts.messages import INTENT, MOOD
from tools.backends.learning.held_out import HalfAsMany
from tools.prelabel.more_labels import missing_by_rule, say_how_many_more
from tools.results import Artefact


def learned(half: tuple[int, int, int, int, int] | None, labels: int = 200, right: int = 150) -> Artefact:
    said: dict[str, Any] = {"labels": labels}
    if half is not None:
        said |= {"blind_answers": labels, "blind_right": right, "half": HalfAsMany(*half).to_record()}
    return Artefact(said)


def test_before_the_first_label_the_rule_says_how_many_help_most() -> None:
    text = say_how_many_more(learned(None, 0), INTENT, ())
    assert text.startswith("As a rule the first 3 for each label help most, which takes about 9 more")


def test_labels_that_are_there_are_taken_off_by_label() -> None:
    given = [{"label": "refund"}] * 5 + [{"label": "delivery"}]
    assert missing_by_rule(INTENT, given) == 2 + 3
    assert missing_by_rule(MOOD, [{"rating": 1}, {"rating": 3}]) == 2 + 3 + 2
    assert "about 5 more" in say_how_many_more(learned(None, 6), INTENT, given)


def test_enough_for_the_rule_and_too_few_to_keep_aside_says_so() -> None:
    given = [{"label": one} for one in ("refund", "delivery", "password")] * 3
    assert "too few labels to keep some aside" in say_how_many_more(learned(None, 9), INTENT, given)


@pytest.mark.parametrize(
    ("half", "words"),
    [
        ((80, 400, 340, 80, 20), "so 200 more labels may bring up to 15 points, and usually bring less."),
        ((80, 40, 32, 4, 2), "that may be chance"),
        ((80, 40, 32, 3, 3), "are not known to help"),
        ((80, 40, 30, 0, 3), "are not known to help"),
        ((80, 40, 40, 5, 0), "So more labels of the same kind are not known to help."),
    ],
)
def test_the_last_doubling_is_told_for_what_it_is(half: tuple[int, int, int, int, int], words: str) -> None:
    text = say_how_many_more(learned(half), INTENT, ())
    assert text.startswith(
        "Of 200 answers given without a suggestion on items drawn by chance, and kept from it while it learned, it got "
        "150 right: 75 % (95 % interval 68.6 % to 80.5 %, n=200)."
    )
    assert words in text
