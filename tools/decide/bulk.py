"""The tool that accepts many suggestions at once: it lists them, says the rule, and shows what deserves a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np
from pydantic import Field

from tools.context import ToolContext
from tools.errors import InputError
from tools.filters import ItemFilter
from tools.naming import field_named, label_name, label_named
from tools.records import Proposal
from tools.results import Change, Fact, Table, ToolResult
from tools.schema import FieldSpec
from tools.sentences import count_of, excerpt, listing, verb
from tools.spec import ToolArgs, tool
from tools.values import value_labels

RISKIEST = 6
SAMPLE = 10
MOST_NAMED = 12
ACCEPTABLE_STATES = ("any", "undecided", "suggested")


class BulkAcceptArgs(ToolArgs):
    """Which suggestions; all conditions hold together."""

    field: str = Field(default="", description="Field whose suggestions are meant; the first field if empty")
    label: str = Field(default="", description="Only suggestions of this label")
    score_min: float = Field(default=0.0, description="Only suggestions with at least this score, 0 to 1")
    words: str = Field(default="", description="Only items whose text has all these words; phrases in double quotes")
    saved: str = Field(default="", description="Only items of the filter saved under this name")
    items: list[str] = Field(default=[], description="Only these items: keys, or numbers as in #12; all if empty")
    except_items: list[str] = Field(default=[], description="Items to leave out: keys, or numbers as in #12")
    limit: int = Field(default=0, description="At most this many, surest first; 0 for all")


@tool(effect="change", version=1, role="lead")
def bulk_accept(args: BulkAcceptArgs, ctx: ToolContext) -> ToolResult:
    """Accept many suggestions at once, by label, score, words or a saved filter, with exceptions. Nothing is accepted
    before a person has looked at a sample and confirmed the list.
    """
    if args.limit < 0:
        raise InputError(f"A limit is 0 or more, got {args.limit}.")
    where = _filter(args, ctx)
    field = ctx.schema.field(where.field)
    if args.items:
        where = replace(where, ids=tuple(_only(ctx.items.resolve(args.items), where.ids)))
    left_out = set(ctx.items.resolve(args.except_items)) if args.except_items else set()
    named = ctx.items.resolve(args.items) if args.items else []
    aside = _kept_aside(field, ctx)
    found = _members(where, left_out | aside, field, ctx)
    if args.limit and len(found) > args.limit:
        found = sorted(sorted(found, key=_risk, reverse=True)[: args.limit], key=lambda one: one.draft.item_id)
    rule = _rule(args, where, field, len(left_out))
    if not found:
        return ToolResult(f"There is nothing to accept: no undecided item that you may see has {rule}.", where=where)
    result = _result(found, rule, where, field, ctx)
    return replace(result, text=result.text + _others(named, left_out, aside, found, args, ctx))


def _others(
    named: Sequence[int],
    left_out: set[int],
    aside: set[int],
    found: Sequence[Proposal],
    args: BulkAcceptArgs,
    ctx: ToolContext,
) -> str:
    """What becomes of the items that were named and are not among those to be accepted."""
    taken = {proposal.draft.item_id for proposal in found}
    told = ""
    if left_out:
        out = [one for one in named if one in left_out] or sorted(left_out)
        told += f" {_keys(out, ctx)} {verb(len(out), 'is', 'are')} left out as you said."
    rest = [one for one in dict.fromkeys(named) if one not in taken and one not in left_out]
    blind = [one for one in rest if one in aside]
    if blind and not args.limit:
        told += (
            f" {_keys(blind, ctx)} {verb(len(blind), 'is', 'are')} answered without a suggestion, to measure quality."
        )
    rest = [one for one in rest if one not in aside]
    if rest and not args.limit:
        why = "no open suggestion that you may see" + (
            " and that fits" if args.label or args.score_min or args.words else ""
        )
        told += f" {_keys(rest, ctx)} {verb(len(rest), 'has', 'have')} {why}."
    return told


def _keys(ids: Sequence[int], ctx: ToolContext) -> str:
    keys = [item.key for item in ctx.items.get(ids[:MOST_NAMED])]
    more = len(ids) - len(keys)
    return listing([*keys, f"{more:,} more"] if more else keys)


def _filter(args: BulkAcceptArgs, ctx: ToolContext) -> ItemFilter:
    base = ctx.saved_filter(args.saved) if args.saved else ItemFilter()
    if base.state not in ACCEPTABLE_STATES or (base.label and not base.of_proposal):
        raise InputError(
            f"The saved filter {args.saved!r} is about items that were decided or marked otherwise; only suggestions "
            f"on undecided items can be accepted."
        )
    field = field_named(ctx.schema, args.field or base.field)
    if args.field and base.label and base.field != field.id:
        raise InputError(f"The saved filter {args.saved!r} is about another field than {field.id!r}.")
    return replace(
        base,
        field=field.id,
        state="suggested",
        of_proposal=True,
        label=label_named(field, args.label) or base.label,
        words=" ".join(part for part in (base.words, args.words) if part),
        score_min=max(args.score_min, base.score_min or 0.0) or None,
    )


def _only(named: Sequence[int], saved: Sequence[int]) -> list[int]:
    """The named items, those of the saved filter only where it has a list of its own."""
    kept = sorted(set(named) & set(saved) if saved else set(named))
    # No item has the number 0, so that an empty overlap is no condition left away.
    return kept or [0]


def _members(where: ItemFilter, left_out: set[int], field: FieldSpec, ctx: ToolContext) -> list[Proposal]:
    """The proposals that would be accepted, by item."""
    ids = ctx.items.find(where).ids
    ids = ids[~np.isin(ids, list(left_out))]
    shown = ctx.proposals.latest(field.id, ids.tolist())
    return [shown[item_id] for item_id in ids.tolist() if item_id in shown and _passes(shown[item_id], where)]


def _kept_aside(field: FieldSpec, ctx: ToolContext) -> set[int]:
    """Items of the share that is answered without a suggestion: it measures models and people, and a label from a batch
    would be worthless there.
    """
    return {int(row["item_id"]) for row in ctx.ask("blind_items", field=field.id).as_dicts()}


def _passes(proposal: Proposal, where: ItemFilter) -> bool:
    draft = proposal.draft
    has_label = not where.label or where.label in value_labels(draft.value)
    return has_label and (where.score_min is None or (draft.score is not None and draft.score >= where.score_min))


def _risk(proposal: Proposal) -> tuple[float, int]:
    """Key that puts the riskiest first: no score at all, then the lowest; among equals the older item."""
    score = proposal.draft.score
    return (-1.0 if score is None else score), proposal.draft.item_id


def _score_word(proposals: Sequence[Proposal]) -> str:
    is_calibrated = all(proposal.draft.score_source == "calibrated" for proposal in proposals)
    return "confidence" if is_calibrated else "score"


def _rule(args: BulkAcceptArgs, where: ItemFilter, field: FieldSpec, exceptions: int) -> str:
    told = f"a suggestion for {field.name}"
    if where.label:
        told = f"the suggestion {label_name(field, where.label)} for {field.name}"
    if where.score_min is not None:
        told += f" with a score of at least {where.score_min:g}"
    if where.words:
        told += f" and {where.words!r} in its text"
    if args.items:
        told += f", of {count_of(len(args.items), 'named item')}"
    if args.saved:
        told += f", from the filter {args.saved!r}"
    if exceptions:
        told += f", except {count_of(exceptions, 'item')}"
    return told + (f", at most {args.limit:,}" if args.limit else "")


def _result(found: list[Proposal], rule: str, where: ItemFilter, field: FieldSpec, ctx: ToolContext) -> ToolResult:
    riskiest = sorted(found, key=_risk)[:RISKIEST]
    sample = _sample(found, ctx.seed)
    ids = tuple(proposal.draft.item_id for proposal in found)
    sentence = f"Accept {count_of(len(found), 'suggestion')} for {field.name}: {rule}."
    change = Change(
        kind="bulk_accept",
        sentence=sentence,
        arguments={
            "field": field.id,
            "proposal_ids": [proposal.proposal_id for proposal in found],
            "rule": rule,
            "sample_items": [proposal.draft.item_id for proposal in sample],
        },
        # What must be looked at comes first: counts tell nobody whether a suggestion is right.
        preview=(*_looked_at(riskiest, sample, field, ctx), _labels(found, field), _scores(found)),
        item_ids=ids,
        riskiest=tuple(proposal.draft.item_id for proposal in riskiest),
        role="lead",
    )
    count = Fact("suggestions", len(found), "count", sql=ctx.items.find(where, limit=0).sql, where=where)
    return ToolResult(_text(found, rule, sample), facts=(count,), items=ids, where=where, change=change)


def _sample(found: Sequence[Proposal], seed: int) -> list[Proposal]:
    rng = np.random.default_rng([seed, len(found), found[0].proposal_id])
    chosen = rng.choice(len(found), size=min(SAMPLE, len(found)), replace=False)
    return [found[at] for at in sorted(chosen.tolist())]


def _text(found: Sequence[Proposal], rule: str, sample: Sequence[Proposal]) -> str:
    told = (
        f"{count_of(len(found), 'item')} {verb(len(found), 'has', 'have')} {rule}. Nothing is accepted yet: look at "
        f"the {count_of(len(sample), 'example')} drawn at random and at the riskiest ones, then confirm."
    )
    if any(proposal.draft.score is not None for proposal in found) and _score_word(found) == "score":
        told += " Not all scores are calibrated, so a score is no confidence here."
    return f"{told} Labels accepted in a batch never judge a model."


def _labels(found: Sequence[Proposal], field: FieldSpec) -> Table:
    counts = Counter(label for proposal in found for label in set(value_labels(proposal.draft.value)))
    bare = sum(not value_labels(proposal.draft.value) for proposal in found)
    rows = [(label_name(field, label), number) for label, number in counts.most_common()]
    return Table("What would be accepted", ("label", "items"), tuple(rows + ([("no label", bare)] if bare else [])))


def _scores(found: Sequence[Proposal]) -> Table:
    scores = [proposal.draft.score for proposal in found if proposal.draft.score is not None]
    word = _score_word(found)
    rows: list[tuple[str, str | int]] = [("suggestions", len(found))]
    if scores:
        rows += [(f"lowest {word}", f"{min(scores):.2f}"), (f"median {word}", f"{median(scores):.2f}")]
    if len(scores) < len(found):
        rows.append((f"without a {word}", len(found) - len(scores)))
    return Table("How sure they are", ("what", "value"), tuple(rows))


def _looked_at(
    riskiest: Sequence[Proposal], sample: Sequence[Proposal], field: FieldSpec, ctx: ToolContext
) -> tuple[Table, Table]:
    return (
        _listed(_titled("The riskiest one", "The {} riskiest", len(riskiest)), riskiest, field, ctx),
        _listed(
            _titled("An example drawn at random", "{} examples drawn at random, to be looked at", len(sample)),
            sample,
            field,
            ctx,
        ),
    )


def _titled(one: str, many: str, count: int) -> str:
    return one if count == 1 else many.format(count)


def _listed(title: str, proposals: Sequence[Proposal], field: FieldSpec, ctx: ToolContext) -> Table:
    items = ctx.items.get([proposal.draft.item_id for proposal in proposals])
    rows = tuple(
        (
            item.item_id,
            item.key,
            excerpt(item.text),
            ", ".join(label_name(field, label) for label in value_labels(proposal.draft.value)),
            "" if proposal.draft.score is None else f"{proposal.draft.score:.2f}",
        )
        for item, proposal in zip(items, proposals, strict=True)
    )
    return Table(title, ("id", "key", "text", "suggestion", _score_word(proposals)), rows)
