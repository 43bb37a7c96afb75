"""The aggregates: each question in the words of both sides; the answers must be equal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Days are whole days since 1970 on both sides."""

    name: str
    ours: str
    peer: str


# sql: the questions that are measured, word for word
QUESTIONS = (
    Question(
        "label histogram",
        "SELECT label, count(*) FROM reviews WHERE field = 'label' GROUP BY label",
        "SELECT label, count(*) FROM reviews WHERE field = 'label' GROUP BY label",
    ),
    Question(
        "label by day",
        "SELECT label, epoch_us(made_at) // 86400000000, count(*) FROM reviews WHERE field = 'label' GROUP BY ALL",
        "SELECT label, made_at / 86400000000, count(*) FROM reviews WHERE field = 'label' GROUP BY 1, 2",
    ),
    Question(
        "answers by annotator",
        "SELECT reviewer, verdict, count(*) FROM reviews WHERE field = 'label' GROUP BY ALL",
        "SELECT reviewer, verdict, count(*) FROM reviews WHERE field = 'label' GROUP BY 1, 2",
    ),
    Question(
        "histogram of the annotations",
        "SELECT state, label, count(*) FROM annotations WHERE field = 'label' GROUP BY ALL",
        "SELECT state, label, count(*) FROM annotations WHERE field = 'label' GROUP BY 1, 2",
    ),
)
