"""From a click to a row: what a decision on a card means, checked before it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np

from assistant.store.project import ProjectStore
from assistant.store.queries.sight import sees_all
from assistant.store.reviews import ReviewRequest
from assistant.view import ProjectView, blind_mask
from tools.errors import AnsweredElsewhere, ExposureStale, InputError
from tools.kinds.asked import Subject
from tools.records import NOT_LOOKED_AT, REGION_VERDICTS, VALUED_VERDICTS, Actor, Exposure, Review, Verdict
from tools.schema import FieldSpec
from tools.values import check_about, comparable, describe_value, regions_of, same_value

_VERDICTS: tuple[str, ...] = get_args(Verdict)
_LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about the card of ``exposure_id``. The key makes the same click harmless twice.

    ``ticket`` and ``item_id`` come from a page, which may have been shown the card by another state of the project.
    """

    exposure_id: int
    idempotency_key: str
    verdict: Verdict
    value: Mapping[str, Any] | None = None
    reason: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    ticket: str | None = None
    item_id: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no key of the page can mean."""
        if self.verdict not in _VERDICTS:
            raise InputError(f"A decision is one of {', '.join(_VERDICTS)}, got {self.verdict!r}.")
        if not self.idempotency_key:
            raise InputError("A decision needs a key of its own, so that the same click twice counts once.")
        if not isinstance(self.regions, Mapping):
            raise InputError(f"Verdicts on regions are an object of id and verdict, got {self.regions!r}.")
        for key, verdict in self.regions.items():
            if verdict not in REGION_VERDICTS:
                raise InputError(f"A region gets one of {', '.join(REGION_VERDICTS)}; {key!r} got {verdict!r}.")


def read_decision(
    store: ProjectStore, actor: Actor, decision: Decision, exposure: Exposure, spec: FieldSpec, is_done: bool = True
) -> ReviewRequest:
    """The row to be written for a decision, its value canonical; refused in one sentence where it does not fit.

    ``is_done`` says that the item may have as many answers as the project wants; where it has not, nobody asks who
    gave them.
    """
    suggested = _suggested_value(store, exposure)
    verdict, value, verdicts = decision.verdict, None, decision.regions
    if verdict in ("accept", "reject") and suggested is None:
        if _has_suggestion(exposure):
            raise InputError("The suggestion on this card was withdrawn; choose an answer.")
        raise InputError("There is no suggestion on this card to accept or reject; choose an answer.")
    if verdict in VALUED_VERDICTS:
        given = suggested if verdict == "accept" else decision.value
        spans = regions_on_card(store, actor, exposure.item_id, spec) if spec.record.joins else None
        item = store.items.get([exposure.item_id])[0]
        value = check_about(spec, given, Subject.of(item, spans))
        if spec.record.is_blank(value[spec.record.key]):
            raise InputError(f"{spec.name} takes a text, and this one is blank; skip the item if there is none.")
        verdicts = region_verdicts(spec, value, suggested, decision)
        # Choosing what was suggested is accepting it, by whatever key.
        verdict = "accept" if suggested is not None and same_value(value, suggested) else verdict
    elif verdict == "comment" and not decision.reason.strip():
        raise InputError("A comment needs some text.")
    return ReviewRequest(
        exposure.exposure_id,
        verdict,
        value,
        decision.reason.strip()[:_LONGEST_REASON],
        verdicts,
        decision.idempotency_key,
        decision.seconds,
        adjudicates=is_done and value is not None and _adjudicates(store, actor, exposure, spec),
    )


def region_verdicts(
    spec: FieldSpec, value: Mapping[str, Any], suggested: Mapping[str, Any] | None, decision: Decision
) -> dict[str, str]:
    """The verdict on each region. What was suggested becomes a person's only by a decision on it, or by accepting all.

    Suggested regions of which nothing was said and which are not in the answer were not looked at.
    """
    said, kept, before = dict(decision.regions), regions_of(value), regions_of(suggested)
    dropped = [one for one in kept if said.get(str(one["id"])) in ("reject", NOT_LOOKED_AT)]
    if dropped:
        key = str(dropped[0]["id"])
        raise InputError(
            f"Region {key!r} is in the answer, but the verdict on it is {said[key]!r}: say one or the other."
        )
    if decision.verdict == "accept":
        return said
    originals = {comparable({spec.kind: [one]}) for one in before}
    by_id = {str(one["id"]): one for one in kept}
    open_ones = {key: one for key, one in by_id.items() if key not in said}
    undecided = [key for key, one in open_ones.items() if comparable({spec.kind: [one]}) in originals]
    if undecided:
        raise InputError(
            f"Nobody decided about what was suggested as {', '.join(map(repr, undecided))}: give each a verdict under "
            '"regions", leave it out, or decide "accept" to take all as suggested.'
        )
    unseen = (str(one["id"]) for one in before)
    return said | {key: NOT_LOOKED_AT for key in unseen if key not in by_id and key not in said}


def refuse_stale(store: ProjectStore, exposure: Exposure) -> None:
    """A card that hid the suggestion cannot be decided once the person has seen it: the answer would pass as blind."""
    if exposure.kind == "blind" and store.reviews.seen_by(exposure.reviewer, exposure.field, [exposure.item_id]):
        raise ExposureStale("The suggestion of this item was shown to you since; decide on the card that shows it.")


def overtaken(store: ProjectStore, exposures: Sequence[Exposure]) -> set[int]:
    """Those of the cards, by exposure, that are without a suggestion only because it came after they were fetched.

    A card that the blind lane drew is none of them. One that is kept without for what its text says is one until it
    was fetched again.
    """
    found: set[int] = set()
    bare = [one for one in exposures if one.kind == "blind"]
    for name in sorted({one.field for one in bare}):
        of_field = [one for one in bare if one.field == name]
        drawn = blind_mask(store, name, np.array([one.item_id for one in of_field], dtype=np.int64))
        open_ones = [one for one, is_drawn in zip(of_field, drawn, strict=True) if not is_drawn]
        made = store.runs.latest(name, [one.item_id for one in open_ones]) if open_ones else {}
        late = {one.exposure_id: one.item_id for one in open_ones if one.item_id in made}
        kept_back = [one for one, item_id in late.items() if item_id in store.runs.suspicious(name)]
        found |= set(late) - store.reviews.steered(kept_back)
    return found


def as_decided(store: ProjectStore, exposure: Exposure) -> Exposure:
    """The exposure as it counts for a decision made now: what was blind when it was fetched may not be any more."""
    if exposure.kind != "blind":
        return exposure
    if store.reviews.told_of(exposure.reviewer, exposure.field, [exposure.item_id]):
        return replace(exposure, kind="revealed")
    return replace(exposure, kind="overtaken") if overtaken(store, [exposure]) else exposure


def refuse_answered(
    store: ProjectStore, decision: Decision, exposure: Exposure, spec: FieldSpec, mine: Review | None
) -> None:
    """An answer that the person gave elsewhere since the card was shown is never replaced without a word."""
    if mine is None or mine.value is None or decision.verdict in ("flag", "comment"):
        return
    if mine.exposure_id == exposure.exposure_id or mine.decided_at <= exposure.issued_at:
        return
    said = describe_value(spec, mine.value, store.items.texts([exposure.item_id])[0])
    raise AnsweredElsewhere(
        f"You answered this already as {said}, in another window or in the chat, and that answer stands; "
        f"open it again to change it."
    )


def regions_on_card(store: ProjectStore, actor: Actor, item_id: int, spec: FieldSpec) -> tuple[Mapping[str, Any], ...]:
    """The regions a relation may join: the reviewer's own, else what stands, else what is suggested.

    What stands is others' work: it is shown only to whom they are not asked of any more.
    """
    own = store.reviews.standing_of(item_id, spec.over, actor.person)
    value = own.value if own is not None else None
    if value is None and _is_settled_for(store, actor, item_id, spec.over):
        value = store.reviews.annotation(item_id, spec.over)
        store.reviews.note_told({spec.over: {item_id}}, actor)
    if value is None:
        found = ProjectView(store, actor).proposals.latest(spec.over, [item_id])
        value = found[item_id].draft.value if item_id in found else None
    return regions_of(value)


def _is_settled_for(store: ProjectStore, actor: Actor, item_id: int, field: str) -> bool:
    enough = max(int(store.settings.get("overlap")), 1)
    return sees_all(actor) or len(store.reviews.deciders(item_id, field)) >= enough


def _has_suggestion(exposure: Exposure) -> bool:
    return exposure.kind != "blind" and exposure.proposal_id is not None


def _suggested_value(store: ProjectStore, exposure: Exposure) -> Mapping[str, Any] | None:
    """What the card suggests; ``None`` where it suggests nothing, or what it suggested was withdrawn."""
    if not _has_suggestion(exposure):
        return None
    assert exposure.proposal_id is not None
    found = store.runs.get([exposure.proposal_id])
    return found[0].draft.value if found else None


def _adjudicates(store: ProjectStore, actor: Actor, exposure: Exposure, spec: FieldSpec) -> bool:
    """A lead who answers an item that others have decided as often as the project wants settles it."""
    if not actor.may("lead"):
        return False
    others = [one for one in store.reviews.deciders(exposure.item_id, spec.id) if one != actor.person]
    return len(others) >= max(int(store.settings.get("overlap")), 1)


def why_nothing(store: ProjectStore, actor: Actor, spec: FieldSpec, left: int, held: int) -> str:
    """The sentence of a desk that has no card for somebody who still could answer ``left`` items."""
    if not store.items.count():
        return "There are no items yet: drop a file on the Data tab, or use assistant import."
    if left > held and store.leases.any_elsewhere(spec.id, actor):
        return f"The remaining {spec.name} items are open in another window of yours."
    if left > held:
        return f"The remaining {spec.name} items are in other people's hands at the moment."
    turned_away = store.standing.turned_away(spec.id)
    open_ends = ", ".join(f"{n} {'skipped' if verdict == 'skip' else 'rejected'}" for verdict, n in turned_away.items())
    tail = f" Without an answer remain: {open_ends}." if open_ends else ""
    return f"{spec.name} is finished: there is nothing left for you to decide.{tail}"
