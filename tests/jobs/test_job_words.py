"""What came of a job, in words."""

from __future__ import annotations

import pytest

from assistant.job_words import account_of, account_words, job_words

LATE = "remote:m did not answer in 3 tries: no reply within 60 seconds"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("ok", "", 12)], ""),
        (
            [("unread", "the content filter stopped it", 12)],
            "12 asked, 0 suggestions, 12 replies could not be read: the content filter stopped them",
        ),
        (
            [("ok", "", 8), ("unread", LATE, 32)],
            "40 asked, 8 suggestions, 32 items got no answer: no reply within 60 seconds. A longer remote_timeout or "
            "fewer remote_connections may help",
        ),
        (
            [("ok", "", 1), ("unread", "remote:m refused the request: context length exceeded", 1)],
            "2 asked, 1 suggestion, 1 question was refused: context length exceeded",
        ),
        (
            [("ok", "", 5), ("unread", "the reply is empty (asked twice)", 3), ("unread", "the reply is empty", 1),
             ("unread", "'x' is not a label", 1), ("invalid", "'y' is not a label", 2)],
            "12 asked, 5 suggestions, 5 replies could not be read: the reply is empty (4 of them), 2 answers do "
            "not fit the schema: 'y' is not a label",
        ),
        (
            [("unread", "the back-end gave no answer for this item", 2)],
            "2 asked, 0 suggestions, 2 items got no answer",
        ),
    ],
)  # fmt: skip
def test_those_without_a_suggestion_are_counted_by_what_went_wrong(
    rows: list[tuple[str, str, int]], words: str
) -> None:
    assert account_words(account_of(rows)) == words


def test_a_job_is_told_by_its_state() -> None:
    assert job_words("done", 12, 12, "learned") == "Done: 12 of 12 items."
    assert job_words("done", 12, 12, account="12 asked, 0 suggestions") == "Done: 12 asked, 0 suggestions."
    assert job_words("paused", 4, 12, "The budget is spent.") == (
        "The job is paused after 4 of 12 items: The budget is spent."
    )
    assert job_words("running", 4, 12, "the endpoint asks to wait 30.0 seconds") == (
        "4 of 12 items: the endpoint asks to wait 30.0 seconds"
    )
