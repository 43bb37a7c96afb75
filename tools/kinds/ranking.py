"""Rankings: which of several answers to the same thing is better, as people label it for preference data.

What is ranked are texts of the item itself: the parts behind the last one that belongs to the prompt. They are called
a, b, c … in the order of the item, whatever their roles are, so that a role which names a model gives nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from string import ascii_lowercase
from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Labelless
from tools.kinds.in_files import Column, Heard
from tools.kinds.replies.order_words import Groups, listed, read_order
from tools.kinds.taking import LabelNames, Taken
from tools.records import Part

PROMPT_ROLES = frozenset({"prompt", "question", "instruction", "input", "context", "system", "user", "human"})
"""Who speaks in parts that are no answers. What stands before one of these is what was said before."""
MOST_ANSWERS = len(ascii_lowercase)
TIES = "ties"


class Ranking(Labelless):
    """Groups of names, the best first; what stands in one group is equally good: ``{"ranking": [["b"], ["a", "c"]]}``.

    Every answer of the item is in it once. Inside a group the names are in the order of the item.
    """

    name = "ranking"
    key = "ranking"
    question = "Which answer is better?"
    options = frozenset({TIES})
    of_parts = True
    said_as = "order"
    by_hand = "people put the answers in order"
    called = "rankings"
    field_words = ("ranking", "rankings", "preference", "preferences")
    columns = ("ranking",)
    column: ClassVar[Column] = [["text"]]

    def offered(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """The parts behind the prompt."""
        is_prompt = [part.role.strip().casefold() in PROMPT_ROLES for part in parts]
        first = len(parts) - is_prompt[::-1].index(True) if True in is_prompt else 0
        return tuple(replace(part, role=_name(at)) for at, part in enumerate(parts[first:]))

    def check(self, field: Asked, content: Any, subject: Subject) -> Groups:
        """Every answer of the item once, with ties only where the field has them."""
        groups = _groups(field, content)
        named = [name for group in groups for name in group]
        if len(set(named)) < len(named):
            twin = next(name for name in named if named.count(name) > 1)
            raise ValueRefused(f"Answer {twin.upper()} stands twice in the ranking of field {field.id!r}.")
        if not field.ties and any(len(group) > 1 for group in groups):
            raise ValueRefused(f"Field {field.id!r} takes no ties: say which answer is better.")
        self._check_names(field, named, subject)
        return [sorted(group) for group in groups]

    def _check_names(self, field: Asked, named: Sequence[str], subject: Subject) -> None:
        if subject.parts is None:
            known = list(ascii_lowercase[: len(named)])
        else:
            known = [one.role for one in self.offered(subject.parts)]
            if not 2 <= len(known) <= MOST_ANSWERS:
                raise ValueRefused(
                    f"Field {field.id!r} ranks 2 to {MOST_ANSWERS} answers, and this item has {len(known)}."
                )
        if set(named) != set(known):
            raise ValueRefused(
                f"A ranking of field {field.id!r} has each of {listed(known)} once, got {listed(named) or 'nothing'}."
            )

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """Groups, or the words of one cell: ``b > a = c``."""
        given = self.read_said(content, subject) if isinstance(content, str) else content
        return Taken({self.key: self.check(field, content if given is None else given, subject)})

    def names_in(self, content: Any) -> Sequence[Any]:
        """A word for ties, where there are some."""
        return [TIES] if isinstance(content, list) and any(isinstance(one, list) and one[1:] for one in content) else []

    def suggested(self, heard: Heard) -> dict[str, Any]:
        """Its question, and ties where the file has some."""
        return {"question": self.question} | ({TIES: True} if heard.names else {})

    def agrees(self, one: Any, other: Any, iou: float) -> bool:
        """Whether the order is the same."""
        return bool(one == other)

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """The letters with signs between them."""
        return " > ".join(" = ".join(name.upper() for name in group) for group in content)

    def read_said(self, words: str, subject: Subject) -> Groups | None:
        """“A is better”, “B over A”, “rank C, A, B”, “B > A = C”, “tie”; one letter alone is the best of two."""
        return read_order(words, [one.role for one in self.offered(subject.parts or ())])


def _name(at: int) -> str:
    """Letters; numbers where those are over, which no ranking takes."""
    return ascii_lowercase[at] if at < MOST_ANSWERS else str(at + 1)


def pairs_in(groups: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Every (better, worse) that a ranking says, the best first."""
    return [(better, worse) for one, other in combinations(groups, 2) for better in one for worse in other]


def ties_in(groups: Sequence[Sequence[str]]) -> int:
    """How many pairs are equally good."""
    return sum(len(group) * (len(group) - 1) // 2 for group in groups)


def _groups(field: Asked, content: Any) -> Groups:
    """A list of groups; a plain list of names is one without ties."""
    groups = [list(one) if isinstance(one, (list, tuple)) else [one] for one in _listing(field, content)]
    if not all(group and all(isinstance(name, str) for name in group) for group in groups):
        raise ValueRefused(f"A ranking of field {field.id!r} has letters in groups, the best first, got {content!r}.")
    return [[name.strip().casefold() for name in group] for group in groups]


def _listing(field: Asked, content: Any) -> Sequence[Any]:
    if not isinstance(content, (list, tuple)) or not content:
        raise ValueRefused(f'Field {field.id!r} takes a ranking such as [["b"], ["a", "c"]], got {content!r}.')
    return content
