"""How sure a language model was: from token probabilities or from the agreement of repeats, never from its own words.

Both are too high as a rule. One parameter brings them in line with blind labels once there are enough: the temperature
of Guo et al. (ICML 2017), applied to the label against the rest, with the rest spread evenly over the other answers.
Agreement as confidence: Wang et al., "Self-consistency" (ICLR 2023).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tools.backends.contract import CALIBRATING_LABELS
from tools.backends.remote.dialect import Reply
from tools.backends.remote.replies import ReadAnswer
from tools.backends.remote.token_scores import label_chance, label_mass, list_chance, other_labels
from tools.records import Alternative, ScoreSource
from tools.schema import FieldSpec
from tools.statistics import TEMPERATURE_RANGE, lowest
from tools.values import comparable, value_label

Scores = npt.NDArray[np.float64]
_ALTERNATIVES = 3
LEAST_MASS = 0.5
"""Share of the probability that the labels must have together for a score to be shown before it is calibrated. Below
it the model was more likely to write something else than any label, and the number tells how well it keeps to the form,
not how sure it is: a small model behind a grammar was right on half of the items at a mean score of .18, and on a third
at .02."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """A score in 0..1 with its source; ``others`` are further labels with theirs.

    ``is_faint``: the score can be calibrated, and must not be shown before it is.
    """

    score: float | None = None
    source: ScoreSource = "none"
    others: tuple[Alternative, ...] = ()
    is_faint: bool = False

    def shown(self) -> Confidence:
        """What may be shown of it as it is."""
        return Confidence() if self.is_faint else self


def from_tokens(field: FieldSpec, reply: Reply, answer: ReadAnswer) -> Confidence:
    """From the probabilities of the tokens that spell the answer, where the endpoint gives them."""
    key = field.record.key
    if field.record.learns_as == "flags":
        chance = list_chance(reply.tokens, key)
        return Confidence() if chance is None else Confidence(chance, "logprob")
    label = value_label(answer.value)
    if label is None:
        return Confidence()
    name = field.label(label).name if label in field.label_ids else label
    written = next((one for one in (label, name) if label_chance(reply.tokens, key, one) is not None), label)
    score = label_chance(reply.tokens, key, written)
    if score is None:
        return Confidence()
    mass = label_mass(reply.tokens, key, written, field.record.spellings(field))
    is_faint = (score if mass is None else mass) < LEAST_MASS
    if is_faint and mass:
        # Among the labels alone, as after the grammar: no temperature mends what the other words took away.
        score = min(1.0, score / mass)
    others = other_labels(reply.tokens, key, written, field.label_ids)
    return Confidence(score, "logprob", others, is_faint)


def from_votes(field: FieldSpec, answers: Sequence[ReadAnswer], asked: int) -> tuple[ReadAnswer, Confidence]:
    """The answer given most often, the first of equals, and the share of all ``asked`` that gave it.

    Kinds whose answers are hardly ever the same have a way of their own to settle on one.
    """
    key = field.record.key
    settled = field.record.settle([one.value[key] for one in answers], asked)
    if settled is not None:
        return ReadAnswer({key: settled[0]}), Confidence(min(1.0, settled[1]), "agreement")
    said = [comparable(one.value) for one in answers]
    votes = Counter(said)
    best = max(votes.values())
    winner = next(text for text in said if votes[text] == best)
    labels = {text: value_label(one.value) for text, one in zip(said, answers, strict=True)}
    others = [(label, votes[text] / asked) for text, label in labels.items() if label is not None and text != winner]
    ranked = sorted(others, key=lambda pair: (-pair[1], pair[0]))[:_ALTERNATIVES]
    alternatives = tuple(Alternative(label, share) for label, share in ranked)
    return answers[said.index(winner)], Confidence(best / asked, "agreement", alternatives)


@dataclass(frozen=True, slots=True)
class Calibration:
    """``temperature`` for a field with ``classes`` possible answers; ``closest`` is how near to 0 and 1 a score counts.

    ``labels`` is the number of blind labels it rests on.
    """

    temperature: float
    classes: int
    closest: float
    labels: int

    def apply(self, confidence: Confidence) -> Confidence:
        """The same with scores that were compared with people's answers."""
        if confidence.score is None:
            return confidence
        others = tuple(Alternative(one.label, self._chance(one.score)) for one in confidence.others)
        return replace(
            confidence, score=self._chance(confidence.score), source="calibrated", others=others, is_faint=False
        )

    def _chance(self, score: float) -> float:
        return float(_tempered(np.array([score]), self.temperature, self.classes, self.closest)[0])

    def to_record(self) -> dict[str, float]:
        """JSON-able form; :func:`calibration_of` reads it back."""
        return {"temperature": self.temperature, "classes": self.classes, "closest": self.closest, "on": self.labels}


def calibration_of(record: Mapping[str, float] | None) -> Calibration | None:
    """What :meth:`Calibration.to_record` wrote, ``None`` where nothing was."""
    if not record:
        return None
    return Calibration(record["temperature"], int(record["classes"]), record["closest"], int(record["on"]))


def calibrate(field: FieldSpec, scores: Sequence[float], right: Sequence[bool], repeats: int) -> Calibration | None:
    """The temperature that makes the scores the likeliest chance of being right; ``None`` with too few labels."""
    if len(scores) < CALIBRATING_LABELS:
        return None
    classes = possible_answers(field)
    # Five of five is not certainty; half a vote is held back at either end.
    closest = 0.5 / (repeats + 1) if repeats > 1 else 1e-6
    given, hits = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    # Outcomes are drawn in by one imagined label either way (Platt, 1999), else a model that was always right so far
    # would be certain.
    drawn_in = np.where(hits, (hits.sum() + 1) / (hits.sum() + 2), 1 / ((~hits).sum() + 2))

    def loss(log_t: float) -> float:
        chance = np.clip(_tempered(given, math.exp(log_t), classes, closest), 1e-12, 1 - 1e-12)
        return -float(np.mean(drawn_in * np.log(chance) + (1 - drawn_in) * np.log1p(-chance)))

    best = lowest(loss, np.log(TEMPERATURE_RANGE))
    return Calibration(float(np.exp(best)), classes, closest, len(given))


def possible_answers(field: FieldSpec) -> int:
    """How many answers a field has; 2 where they are too many to count, the answer being right or not."""
    return max(2, field.record.possible(field))


def _tempered(scores: Scores, temperature: float, classes: int, closest: float) -> Scores:
    """Chance of the label, (n,), when its logit against an even share of the rest is divided by the temperature."""
    kept = np.clip(scores, closest, 1 - closest)
    even = math.log(classes - 1)
    logits = (np.log(kept) - np.log1p(-kept) + even) / temperature - even
    chance: Scores = 1 / (1 + np.exp(-logits))
    return chance
