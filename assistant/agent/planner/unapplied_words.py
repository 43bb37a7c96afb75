"""What people are told where a condition cannot be applied: which one, that nothing was done, and what they can do."""

from __future__ import annotations

from assistant.agent.planner.plans import PlannedCall
from assistant.agent.words.world import PlannerWorld
from tools.filters import STATES
from tools.records import ROLE_RANK
from tools.sentences import listing

_SAYS = {
    "find_items": "A search cannot take the {condition} {words}, so nothing was searched.",
    "measure": "This number cannot take the {condition} {words}, so nothing was measured.",
    "prelabel": "Suggesting cannot take the {condition} {words}, so nothing was started.",
    "sample": "Choosing what comes next cannot take the {condition} {words}, so nothing was queued.",
    "bulk_accept": "Accepting several suggestions cannot take the {condition} {words}, so nothing was prepared.",
    "mark_gold": "Marking gold cannot take the {condition} {words}, so nothing was prepared.",
    "export_data": "An export cannot take the {condition} {words}, so nothing was prepared.",
}
_THOSE = {
    "prelabel": "Show the items that you mean, then say “suggest labels for those”.",
    "sample": "Name words in the text, a state such as flagged, or a saved filter.",
    "bulk_accept": "Show the items that you mean, then say “accept those”; or name a label and a lowest score.",
    "mark_gold": "Show the items that you mean, then say “mark those as gold”.",
    "export_data": "Export everything and filter the file by its columns; it says who gave each answer, and when.",
    "measure": "“Show …” finds and counts items by words, label, state or person.",
}
_OF_SEARCH = {
    "state": "A search knows these states: " + ", ".join(one for one in STATES if one != "any") + ".",
    "time": "For times ask for a number, as in “progress since Monday”.",
    "label": "Name one label at a time.",
    "denied": "Say what the items have, not what they do not have.",
    "score": "“Which items are hardest” shows the least sure suggestions first.",
    "person": "Name one person at a time.",
    "column": "Name one column at a time, as in “channel=email”.",
    "words": "To look for words in the texts put them in quotation marks.",
    "order": "“Draw 20 random items” queues items at random.",
}


def say_unapplied(call: PlannedCall, kinds: tuple[str, ...], words: str) -> str:
    """One sentence about the conditions, and one about what can be done instead."""
    told = _SAYS[call.tool].format(condition="condition" if len(kinds) == 1 else "conditions", words=words)
    return f"{told} {_instead(call, kinds)}"


def say_stranger(name: str, world: PlannerWorld) -> str:
    """That nobody is called so; what may be asked about others depends on the role."""
    if ROLE_RANK[world.role] < ROLE_RANK["lead"]:
        return f"I know nobody called “{name}” whose work you could ask about; ask about your own or about everybody's."
    return f"Nobody in this project is called “{name}”, so nothing was looked up. I know {listing(list(world.people))}."


def _instead(call: PlannedCall, kinds: tuple[str, ...]) -> str:
    if call.tool == "find_items":
        return next(
            (_OF_SEARCH[kind] for kind in kinds if kind in _OF_SEARCH), "Leave it away, or say it in other words."
        )
    if call.tool == "prelabel" and "score" in kinds:
        return "Every suggestion comes with its score: suggest first, then say “accept all above 0.8”."
    if call.tool == "measure" and "time" in kinds:
        return "It is over all labels, whenever they were given: leave the time away."
    return _THOSE[call.tool]
