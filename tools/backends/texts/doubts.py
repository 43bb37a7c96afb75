"""What a suggestion says of a text that may belong to none of the labels.

The label that fits best stays suggested: how many texts are foreign is unknown, and of those that are marked many are
only hard. Where the field offers 'none of these', that answer comes first among the alternatives, one key away. The
score is no longer called calibrated, since it was compared with people's answers on texts of the labelled kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.texts.familiarity import Familiarity, Scale
from tools.labels import CANNOT_TELL, NONE_OF_THESE
from tools.records import Alternative, Draft
from tools.results import Artefact
from tools.schema import FieldSpec

UNLIKE = "unlike everything labelled so far, so perhaps none of the labels fits"
UNCLEAR = "no label fits clearly"

_KNOWN = "known"


def familiarity_arrays(found: Familiarity | None) -> dict[str, Any]:
    """What goes into an artefact's arrays; likeness needs no more than half precision."""
    return {} if found is None else {_KNOWN: found.references.astype(np.float16)}


def familiarity_record(found: Familiarity | None) -> dict[str, float]:
    """What goes into an artefact's JSON part."""
    if found is None:
        return {}
    told = {"least_familiar": found.least, "usual_likeness": found.usual}
    scales = {"energy_mean": found.energy.mean, "energy_deviation": found.energy.deviation}
    return {**told, **scales, "likeness_mean": found.likeness.mean, "likeness_deviation": found.likeness.deviation}


def familiarity_of(artefact: Artefact) -> Familiarity | None:
    """What an artefact knows of the texts that were labelled, ``None`` where they were too few."""
    if _KNOWN not in artefact.arrays:
        return None
    said, known = artefact.json, np.asarray(artefact.arrays[_KNOWN], dtype=np.float32)
    energy = Scale(float(said["energy_mean"]), float(said["energy_deviation"]))
    likeness = Scale(float(said["likeness_mean"]), float(said["likeness_deviation"]))
    return Familiarity(known, energy, likeness, float(said["least_familiar"]), float(said["usual_likeness"]))


def with_doubts(
    drafts: Sequence[Draft], familiarity: Familiarity, field: FieldSpec, vectors: Matrix, energy: Matrix
) -> list[Draft]:
    """The drafts, those of doubtful texts marked; vectors (n, d), energy (n,) of the model's answers."""
    likeness = familiarity.likeness_of(vectors)
    doubtful = familiarity.sign(energy, likeness) < familiarity.least
    words = [UNLIKE if near < familiarity.usual else UNCLEAR for near in likeness]
    return [
        mark(draft, word, field) if is_doubtful and not _is_reserved(draft.value) else draft
        for draft, word, is_doubtful in zip(drafts, words, doubtful, strict=True)
    ]


def mark(draft: Draft, words: str, field: FieldSpec) -> Draft:
    """The draft with its doubt before its reason, and with 'none of these' first among the others where it is offered.

    A share that nobody's answers speak for is 0.
    """
    reason = f"{words}; {draft.reason}" if draft.reason else words
    others = draft.alternatives
    if field.none_of_these:
        share = next((one.score for one in others if one.label == NONE_OF_THESE), 0.0)
        kept = tuple(one for one in others if one.label != NONE_OF_THESE)
        others = (Alternative(NONE_OF_THESE, share), *kept)[: max(1, len(others))]
    return replace(draft, reason=reason, alternatives=others, score_source="uncalibrated")


def _is_reserved(value: Mapping[str, Any] | None) -> bool:
    """Whether the answer is one of those that say what a text is not."""
    given = (value or {}).get("labels", [(value or {}).get("label")])
    return bool(set(given) & {NONE_OF_THESE, CANNOT_TELL})
