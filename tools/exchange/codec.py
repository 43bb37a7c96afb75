"""Decisions and proposals as JSON records, written into exports and read back from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.exchange.builder import EXPOSURES, TAKEN_VERDICTS, moment
from tools.exchange.export import Chosen, ExportDecision, ExportProposal
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeProposal, claim_of
from tools.records import VALUED_VERDICTS

MARK = "annotation_assistant"
"""The key under which the exports of ours keep what a format has no place for."""
NO_DECISION = "the record is no decision"
UNNAMED = "unnamed model"


def decision_record(one: ExportDecision) -> dict[str, Any]:
    """The JSON form of a decision, without what is empty."""
    record = {
        "reviewer": one.reviewer,
        "verdict": one.verdict,
        "value": None if one.value is None else dict(one.value),
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "exposure": one.exposure,
        "review": one.review_id,
        "proposal": one.proposal_id,
        "seconds": one.seconds,
        "reason": one.reason or None,
    }
    return {key: value for key, value in record.items() if value is not None}


def proposal_record(one: ExportProposal) -> dict[str, Any]:
    """The JSON form of a proposal, without what is empty."""
    record = {
        "proposal": one.proposal_id,
        "run": one.run_id,
        "value": None if one.value is None else dict(one.value),
        "score": one.score,
        "score_source": one.score_source if one.score_source != "none" else None,
        "backend": one.backend or None,
        "revision": one.revision or None,
        "prompt": one.prompt or None,
        "prompt_hash": one.prompt_hash or None,
    }
    return {key: value for key, value in record.items() if value is not None}


def decision_records(chosen: Chosen) -> list[dict[str, Any]]:
    """The decisions of an answer that are labels or events; comments are conversation and stay at home."""
    return [decision_record(one) for one in chosen.decisions if one.verdict in TAKEN_VERDICTS]


def answer_record(chosen: Chosen) -> dict[str, Any]:
    """Everything about one answer: status, value, decisions and the proposal behind it."""
    record: dict[str, Any] = {"status": chosen.status}
    if chosen.value is not None:
        record["value"] = dict(chosen.value)
    if chosen.decisions:
        record["decisions"] = decision_records(chosen)
    if chosen.proposal is not None:
        record["proposal"] = proposal_record(chosen.proposal)
    return record


def read_answers(field: str, record: Any) -> tuple[list[ExchangeAnswer], list[ExchangeProposal]]:
    """The answers and the proposal written by :func:`answer_record`; ``ValueError`` for anything else.

    A value without decisions (an export without provenance) is an answer whose author the file does not say.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("decisions", []), list):
        raise ValueError("no answer record")
    answers = [answer_from(field, one) for one in record.get("decisions", [])]
    proposal = proposal_from(field, record["proposal"]) if record.get("proposal") else None
    value = record.get("value")
    if isinstance(value, Mapping) and record.get("status") == "machine":
        proposal = proposal or ExchangeProposal(claim_of(field, value), None, UNNAMED)
    elif isinstance(value, Mapping) and not answers:
        answers = [ExchangeAnswer(claim_of(field, value))]
    return answers, [proposal] if proposal else []


def answer_from(field: str, record: Any) -> ExchangeAnswer:
    """The answer whose decision was written as ``record``; ``ValueError`` for anything else."""
    value = record.get("value") if isinstance(record, Mapping) else None
    return answer_about(claim_of(field, value if isinstance(value, Mapping) else None), record)


def answer_about(claim: Claim, record: Any) -> ExchangeAnswer:
    """The answer that makes ``claim``, with all that the record of its decision says beside the value."""
    if not isinstance(record, Mapping) or record.get("verdict") not in TAKEN_VERDICTS or not record.get("reviewer"):
        raise ValueError(NO_DECISION)
    # A label has a value, an event has none.
    if (claim.content is not None) != (record["verdict"] in VALUED_VERDICTS):
        raise ValueError(NO_DECISION)
    exposure = str(record.get("exposure", ""))
    return ExchangeAnswer(
        claim,
        str(record["reviewer"]),
        record["verdict"],
        moment(record.get("decided_at")),
        exposure if exposure in EXPOSURES else "",
        str(record.get("reason", "")),
    )


def proposal_from(field: str, record: Any) -> ExchangeProposal | None:
    """The proposal that was written as ``record``; ``None`` where it has no value; ``ValueError`` for anything else."""
    if not isinstance(record, Mapping):
        raise ValueError("no proposal record")
    value = record.get("value")
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("no proposal record")
    return ExchangeProposal(
        claim_of(field, value), score_of(record.get("score")), str(record.get("backend") or UNNAMED)
    )


def score_of(value: Any) -> float | None:
    """A score in 0..1, or ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        return None
    return float(value)
