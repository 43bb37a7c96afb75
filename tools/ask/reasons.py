"""Why an item is shown or not, exported or not: from what happened to it to reason codes with their sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tools.sentences import capital, count_of, listing, verb

Code = Literal[
    "suggested",
    "blind",
    "no_proposal",
    "unread",
    "invalid",
    "withdrawn",
    "own_decision",
    "skipped",
    "decided",
    "leased",
    "waiting",
    "agreed",
    "adjudicated",
    "conflict",
    "hidden",
    "undecided",
    "undone",
    "gold",
    "differs",
    "flagged",
]


IN_WORDS: dict[Code, str] = {
    "suggested": "it has a suggestion",
    "blind": "it is answered without a suggestion",
    "no_proposal": "nothing was suggested yet",
    "unread": "a suggestion could not be read",
    "invalid": "a suggestion did not fit the question",
    "withdrawn": "suggestions were withdrawn",
    "own_decision": "you have decided it",
    "skipped": "it was skipped",
    "decided": "it is decided",
    "leased": "somebody else has it in hand",
    "waiting": "it waits for a decision",
    "agreed": "the answer stands",
    "adjudicated": "a lead has settled it",
    "conflict": "the answers differ",
    "hidden": "others' answers are hidden until you decide",
    "undecided": "no answer stands",
    "undone": "a decision was taken back",
    "gold": "it is gold",
    "differs": "the answer differs from the suggestion",
    "flagged": "it is flagged",
}
"""The reasons in a few words, for tables."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code for programs, a sentence for people."""

    code: Code
    sentence: str


@dataclass(frozen=True, slots=True)
class FieldState:
    """What is known of one field of one item, as far as the viewer may know it.

    ``suggestion`` says in words what is suggested to the viewer, empty where nothing is. ``own_verdict`` is the
    viewer's standing decision, ``deciders`` the number of people with a standing value, ``overlap`` how many an item
    needs. Runs are given by number.
    """

    name: str
    suggestion: str = ""
    is_hidden: bool = False
    unread_runs: tuple[int, ...] = ()
    invalid_runs: tuple[int, ...] = ()
    withdrawn_runs: tuple[int, ...] = ()
    own_verdict: str = ""
    deciders: int = 0
    overlap: int = 1
    leased_to: str = ""
    annotation: str = ""
    is_adjudicated: bool = False
    is_bulk: bool = False
    is_gold: bool = False
    is_flagged: bool = False
    undone: int = 0
    differs: bool = False


def reasons_for(state: FieldState) -> list[Reason]:
    """All reasons that hold, in the order: what is suggested, who is served, what stands and is exported."""
    return [*_of_suggestion(state), *_of_serving(state), *_of_export(state), *_of_history(state)]


def _runs(runs: tuple[int, ...]) -> str:
    return f"{verb(len(runs), 'run', 'runs')} {listing([str(run) for run in runs])}"


def _of_suggestion(state: FieldState) -> Iterator[Reason]:
    has_other = bool(state.unread_runs or state.invalid_runs or state.withdrawn_runs)
    if state.is_hidden:
        yield Reason(
            "blind",
            f"What is suggested for {state.name} is hidden from you until you have decided it: it is answered without "
            "a suggestion, to measure quality.",
        )
    elif state.suggestion:
        yield Reason("suggested", f"{state.suggestion} is suggested for {state.name}.")
    elif not has_other:
        yield Reason("no_proposal", f"Nothing was suggested for {state.name} yet.")
    if state.unread_runs:
        yield Reason("unread", f"The reply in {_runs(state.unread_runs)} could not be read, so it is not shown.")
    if state.invalid_runs:
        yield Reason(
            "invalid",
            f"The suggestion of {_runs(state.invalid_runs)} does not fit the question, so it is not shown; the table "
            f"says why.",
        )
    if state.withdrawn_runs:
        yield Reason("withdrawn", f"What {_runs(state.withdrawn_runs)} suggested is not shown: it was withdrawn.")


def _of_serving(state: FieldState) -> Iterator[Reason]:
    if state.own_verdict == "skip":
        yield Reason("skipped", f"You skipped {state.name}, so it comes to you again only when nothing else is left.")
    elif state.own_verdict:
        yield Reason("own_decision", f"You have decided {state.name} already, so it is not served to you again.")
    if state.deciders >= state.overlap:
        who = capital(count_of(state.deciders, "person", "people"))
        enough = f"{state.overlap} {verb(state.overlap, 'is', 'are')} enough"
        yield Reason(
            "decided",
            f"{who} {verb(state.deciders, 'has', 'have')} decided it and {enough}, so it is served to nobody else.",
        )
    elif state.leased_to:
        yield Reason("leased", f"{capital(state.leased_to)} has it in hand at the moment.")
    elif not state.own_verdict:
        wanted = f"; {state.deciders} of {state.overlap} people have decided it" if state.overlap > 1 else ""
        yield Reason("waiting", f"{state.name} waits for a decision{wanted}.")


def _of_export(state: FieldState) -> Iterator[Reason]:
    if state.annotation == "conflict":
        yield Reason(
            "conflict",
            f"{capital(count_of(state.deciders, 'person', 'people'))} disagree on {state.name}, so no value is "
            f"exported until somebody settles it.",
        )
    elif state.annotation == "hidden":
        yield Reason("hidden", f"What others answered for {state.name} is shown to you once you have decided it.")
    elif state.is_adjudicated:
        yield Reason("adjudicated", f"{state.name} was settled by a lead; that value is exported.")
    elif state.annotation == "agreed":
        how = ", accepted in a batch," if state.is_bulk else ""
        who = "one person gave" if state.deciders == 1 else f"all {state.deciders} people gave"
        yield Reason("agreed", f"The value that {who}{how} stands and is exported.")
    else:
        yield Reason("undecided", f"No value of {state.name} stands, so none is exported.")


def _of_history(state: FieldState) -> Iterator[Reason]:
    if state.differs:
        yield Reason("differs", "What stands is not what is suggested: people decided otherwise.")
    if state.undone:
        undone = capital(count_of(state.undone, "decision"))
        yield Reason("undone", f"{undone} on {state.name} {verb(state.undone, 'was', 'were')} undone.")
    if state.is_flagged:
        yield Reason("flagged", f"Somebody flagged {state.name} to the lead.")
    if state.is_gold:
        yield Reason("gold", f"Its value of {state.name} is gold, to measure people and models by.")
