"""Review cards: one question about one item, with everything the page needs to show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.progress import Progress
from tools.labels import CANNOT_TELL, NONE_OF_THESE
from tools.modalities.registry import MODALITIES
from tools.records import Exposure, Item, Media, Part, Proposal, Review
from tools.schema import FieldSpec

# Digits belong to labels; these two letters are free on every card.
_RESERVED_KEYS = {NONE_OF_THESE: "n", CANNOT_TELL: "t"}
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Card:
    """One exposure ready to be painted. ``spans`` are the regions that relations may join; ``former`` is the answer
    that the person took back and has not replaced."""

    exposure: Exposure
    item: Item
    field: FieldSpec
    suggestion: Proposal | None
    backend: str
    standing: Mapping[str, Any] | None
    spans: tuple[Mapping[str, Any], ...]
    why: str
    ticket: str = ""
    former: Review | None = None


@dataclass(frozen=True)
class CardBatch:
    """Cards to show next; with none, ``message`` says why in a sentence.

    ``progress`` is the field's, for everybody; ``open_to_me`` counts the items that this person could be asked about.
    ``outdated`` are those in hand, by exposure, that would come with a suggestion by now.
    """

    cards: tuple[Card, ...]
    field: str
    progress: Progress
    open_to_me: int
    message: str = ""
    has_items: bool = True
    outdated: tuple[int, ...] = ()

    @property
    def left(self) -> int:
        """Items of the field that are not done."""
        return self.progress.left

    @property
    def done(self) -> int:
        """Items of the field that are done."""
        return self.progress.done

    @property
    def finished(self) -> bool:
        """Whether everything there is was decided as far as this person and field go."""
        return self.has_items and not self.cards and self.open_to_me == 0


def field_record(field: FieldSpec) -> dict[str, Any]:
    """The field as the page reads it; each label with its key and colour."""
    keys = label_keys(field)
    labels = [
        {
            "id": label.id,
            "name": label.name,
            "description": label.description,
            "group": label.group,
            "key": keys.get(label.id, ""),
            "color": field.color_of(label.id),
            "from": list(label.from_),
            "to": list(label.to),
        }
        for label in field.answers
    ]
    return {
        "id": field.id,
        "name": field.name,
        "kind": field.kind,
        "key": field.record.key,
        "verdict": field.record.verdict,
        "one": field.record.noun(field),
        "many": field.record.many,
        "question": field.question or f"{field.name}?",
        "guideline": field.guideline,
        "required": field.required,
        "labels": labels,
        "min": field.min,
        "max": field.max,
        "overlap": field.overlap,
        "over": field.over,
        "rotated": field.rotated,
        "ties": field.ties,
        "attributes": [attribute.model_dump(mode="json") for attribute in field.attributes],
        "points": list(field.points),
        "skeleton": [list(pair) for pair in field.skeleton],
    }


def label_keys(field: FieldSpec) -> dict[str, str]:
    """Key of each label: its own hotkey, else its name where that is a digit, else the next free digit while there are
    at most nine labels."""
    keys = {label.id: label.hotkey for label in field.labels if label.hotkey}
    taken = set(keys.values())
    # A label that is a digit is chosen by that digit, not by its place.
    digits = {label.id: label.name for label in field.labels if re.fullmatch("[0-9]", label.name)}
    keys |= {one: digit for one, digit in digits.items() if one not in keys and digit not in taken}
    if len(field.labels) <= _MOST_DIGITS:
        free = [str(digit) for digit in range(1, 10) if str(digit) not in keys.values()]
        for label in field.labels:
            if label.id not in keys and free:
                keys[label.id] = free.pop(0)
    keys.update({one: key for one, key in _RESERVED_KEYS.items() if one in field.label_ids})
    return keys


def card_record(card: Card) -> dict[str, Any]:
    """The card as plain JSON for the page and the terminal."""
    return {
        "exposure": card.exposure.exposure_id,
        "ticket": card.ticket,
        "kind": card.exposure.kind,
        "item": {
            "id": card.item.item_id,
            "key": card.item.key,
            "kind": card.item.kind,
            "content": MODALITIES[card.item.kind].content,
            "text": card.item.text,
            "parts": _parts(card.item.parts),
            "meta": dict(card.item.meta),
            "media": None if card.item.media is None else _media(card.item.media),
        },
        "field": field_record(card.field),
        "suggestion": None if card.suggestion is None else _suggestion(card.suggestion, card.backend),
        "standing": None if card.standing is None else dict(card.standing),
        "former": None if card.former is None else _former(card.former),
        "spans": [dict(span) for span in card.spans],
        "offered": _parts(card.field.record.offered(card.item.parts)),
        "why": card.why,
    }


def _parts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [{"role": part.role, "start": part.start, "end": part.end} for part in parts]


def _former(review: Review) -> dict[str, Any]:
    return {"value": dict(review.value or {}), "regions": dict(review.regions)}


def _media(media: Media) -> dict[str, Any]:
    shown = {"width": media.width, "height": media.height, "mime": media.mime, "bits": media.bits}
    return shown | ({"length": media.length, "rate": media.rate, "channels": media.channels} if media.length else {})


def _suggestion(proposal: Proposal, backend: str) -> dict[str, Any]:
    draft = proposal.draft
    # A score that was never compared with people's answers is no confidence: it is kept from the reviewer.
    is_calibrated = draft.score_source == "calibrated"
    alternatives: Sequence[dict[str, Any]] = [
        {"label": one.label, "score": one.score if is_calibrated else None} for one in draft.alternatives
    ]
    return {
        "proposal": proposal.proposal_id,
        "value": draft.value,
        "score": draft.score if is_calibrated else None,
        "score_source": draft.score_source,
        "reason": draft.reason,
        "alternatives": alternatives,
        "backend": backend,
    }
