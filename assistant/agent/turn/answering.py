"""What a person's words do to a change that waits: press it, dismiss it, or say why they do neither."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.agent.events import TurnEvent
from assistant.agent.surroundings import Host
from assistant.agent.turn.waiting import Waiting
from tools.records import Actor

_WHICH = ("Do you mean the pending change, or the item in hand?", ("yes, do it", "accept"))
_WHICH_UNDO = "A change waits, and you decided something since it came up. Which of the two?"


def answer_waiting(host: Host, actor: Actor, waiting: Waiting, answer: str) -> Iterator[TurnEvent]:
    """Carry out what the words mean; only ``yes`` and ``no`` answer the change."""
    if answer == "yes":
        yield from _press(host, actor, waiting)
    elif answer == "no":
        host.executor.dismiss(waiting.action_id, actor)
        yield TurnEvent("text", f"Dismissed: {waiting.sentence}")
    elif answer in ("which", "which undo"):
        latest = "my last decision" if waiting.decided_since else waiting.batch_since
        text, options = _WHICH if answer == "which" else (_WHICH_UNDO, ("dismiss the card", f"undo {latest}"))
        yield TurnEvent("options", text, options=options)
    else:
        yield TurnEvent("text", _only_by_button(waiting, answer))


def _press(host: Host, actor: Actor, waiting: Waiting) -> Iterator[TurnEvent]:
    tool = host.executor.action(waiting.action_id).tool
    yield TurnEvent("tool_started", tool=tool)
    outcome = host.executor.confirm(waiting.action_id, actor)
    yield TurnEvent("tool_finished", tool=tool, result=outcome.result)
    yield TurnEvent("text", outcome.result.text, tool=tool, by="tool")


def _only_by_button(waiting: Waiting, answer: str) -> str:
    why = "it was not you who asked for it, but the language model"
    if waiting.is_elsewhere:
        why = "you asked for it in another sign-in"
    elif answer == "late":
        why = "something else was said since it came up"
    return f"This change waits for its button, because {why}: {waiting.sentence} Nothing was changed."
