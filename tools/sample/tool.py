"""The tool that chooses what to label next and puts it into the review queue, each item with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from tools.backends.contract import Embedder, Matrix
from tools.backends.learning.label_names import knows_words, word_vectors
from tools.backends.texts.builtin_few_shot import can_learn
from tools.context import IdArray, ToolContext
from tools.draws import uniform_of
from tools.errors import InputError, NotFound
from tools.filters import ItemFilter
from tools.learning.material import project_embedder, vectors_for
from tools.learning.sampling_gain import ROUNDS, Gain, does_not_pay, recent_gains
from tools.naming import field_named
from tools.records import JsonValue, RunIdentity
from tools.results import Fact, QueueOrder, ToolResult
from tools.sample.learning import learn_shares
from tools.sample.strategies import STRATEGIES, UNCERTAIN, Picks, Pool, usual_strategy
from tools.schema import FieldSpec
from tools.sentences import count_of, excerpt
from tools.spec import ToolArgs, tool

VERSION = 1
MOST_ITEMS = 5000
SECONDS_FOR_VECTORS = 10
"""Time for new vectors in one call; an item without one is not a candidate, and the answer says how many there are."""

StrategyName = Literal[
    "auto",
    "random",
    "typical",
    "cluster_margin",
    "margin",
    "least_confident",
    "entropy",
    "badge",
    "k_centre",
    "similar",
    "dissimilar",
]
Where = Literal["undecided", "unsuggested", "suggested", "decided", "conflict", "skipped", "flagged", "any"]


class SampleArgs(ToolArgs):
    """What to choose, how, and how many."""

    field: str = Field(default="", description="Field to be labelled; the first field if empty")
    strategy: StrategyName = Field(
        default="auto",
        description="auto: typical items until each label has about 2 examples, then cluster_margin, or random where "
        "that was found not to pay. random. typical: "
        "one of each group. cluster_margin: unsure and varied. margin, least_confident, entropy: unsure. badge, "
        "k_centre: varied. similar, dissimilar: by likeness to `like`",
    )
    n: int = Field(default=20, description=f"How many items, 1 to {MOST_ITEMS}")
    like: str = Field(default="", description="For similar and dissimilar: an item (its key or #12) or words")
    words: str = Field(default="", description="Only items with these words in their text")
    state: Where = Field(default="undecided", description="Only items in this state for the field")
    saved: str = Field(default="", description="Only items of this saved filter")


@tool(effect="propose", version=VERSION)
def sample(args: SampleArgs, ctx: ToolContext) -> ToolResult:
    """Choose which items to label next and queue them for review: at random, typical ones, those the model is unsure
    of, or those like an item or like some words. Every item comes with the reason why it was chosen.
    """
    if not 1 <= args.n <= MOST_ITEMS:
        raise InputError(f"Between 1 and {MOST_ITEMS} items can be queued, got {args.n}.")
    field = field_named(ctx.schema, args.field)
    where = _candidates(args, field, ctx)
    ids = ctx.items.find(where).ids
    strategy, why = _settle(args, field, ctx)
    if not len(ids):
        return ToolResult(f"No item {_scope(args)} is left to choose from for {field.name!r}.", where=where)
    if strategy == "random":
        return _random(args, field, where, ids, why, ctx)
    return _by_model(args, field, where, ids, strategy, why, ctx)


def _candidates(args: SampleArgs, field: FieldSpec, ctx: ToolContext) -> ItemFilter:
    base = ctx.saved_filter(args.saved) if args.saved else ItemFilter()
    words = " ".join(part for part in (base.words, args.words) if part)
    # A saved filter brings its own field and state; the state that was asked for goes before it only where it is said.
    if args.saved and args.state == "undecided" and base.state != "any":
        return replace(base, words=words)
    return replace(base, words=words, field=field.id, state=args.state)


def _scope(args: SampleArgs) -> str:
    said = [f"that is {args.state}" if args.state != "any" else ""]
    said.append("with these words" if args.words else "")
    said.append(f"in the filter {args.saved!r}" if args.saved else "")
    return " ".join(part for part in said if part) or "at all"


def _settle(args: SampleArgs, field: FieldSpec, ctx: ToolContext) -> tuple[str, str]:
    """(strategy, why this one where the choice was ours)."""
    if args.strategy in ("similar", "dissimilar") and not args.like:
        raise InputError(f"The strategy {args.strategy} needs an item or words in the argument 'like'.")
    if args.strategy in UNCERTAIN and not can_learn(field.record):
        raise InputError(
            f"{args.strategy} needs a model that chooses between answers; for the {field.kind} field {field.name!r} "
            "use typical, k_centre, similar or random."
        )
    if args.strategy != "auto":
        return args.strategy, ""
    if args.like:
        return "similar", ""
    if not can_learn(field.record):
        return "typical", ""
    gains = recent_gains(ctx, field)
    if does_not_pay(gains):
        return "random", _lost_words(gains)
    labels = len(ctx.labels.training(field.id))
    classes = len(field.answers) or field.max - field.min + 1
    if usual_strategy(labels, classes) == "typical":
        missing = (
            f"{count_of(labels, 'item')} {'is' if labels == 1 else 'are'} labelled and {field.name!r} has {classes}"
        )
        return "typical", f"{missing} possible answers, so typical items come first"
    return "cluster_margin", f"there are {labels:,} labels to learn from, so unsure and varied items come first"


def _lost_words(gains: Sequence[Gain]) -> str:
    """Why chance chooses for now."""
    last = gains[0]
    return (
        f"the strategy does not pay here: in each of the last {ROUNDS} rounds the labels as they came made a model no "
        f"better than as many drawn at random (last {last.value * 100:+.1f} points with {last.labels:,} labels, tested "
        f"on {last.tested:,})"
    )


def _random(
    args: SampleArgs, field: FieldSpec, where: ItemFilter, ids: IdArray, why: str, ctx: ToolContext
) -> ToolResult:
    """The items with the smallest numbers of a seeded draw, so that drawing on goes on in the same order."""
    order = np.argsort(uniform_of(ctx.seed, f"sample:{field.id}", ids), kind="stable")
    chosen = ids[order[: args.n]]
    # Labels of a part of the pool that somebody picked say nothing about the whole of it.
    is_whole = args.state in ("undecided", "any") and not (args.words or args.saved)
    queue = QueueOrder(
        identity=_identity("random", ctx, {}),
        field=field.id,
        item_ids=tuple(map(int, chosen)),
        reasons=("drawn at random",) * len(chosen),
        strategy="random",
        adaptive=not is_whole,
        inclusion_p=len(chosen) / len(ids) if is_whole else None,
    )
    text = f"I queued {count_of(len(chosen), 'item')} for {field.name!r}, drawn at random from {len(ids):,}"
    text += f": {why}." if why else "."
    if not is_whole:
        text += " They come from a part of the items only, so labels made from them do not calibrate scores."
    return _result(text, queue, where, len(ids))


@dataclass(frozen=True)
class _Wanted:
    """What likeness is asked for: its vector and how to speak of it."""

    vector: Matrix
    words: str
    item: int | None = None


def _by_model(
    args: SampleArgs, field: FieldSpec, where: ItemFilter, ids: IdArray, strategy: str, why: str, ctx: ToolContext
) -> ToolResult:
    rng = np.random.default_rng([ctx.seed, len(ids), args.n])
    chosen = project_embedder(ctx)
    wanted = _wanted(args, chosen.embedder, ctx)
    vectors = vectors_for(ctx, chosen.embedder, ids, chosen.embedder.pace * SECONDS_FOR_VECTORS, rng)
    keep = vectors.present if wanted.item is None else vectors.present & (ids != wanted.item)
    learned = learn_shares(ctx, field, chosen.embedder, vectors.matrix[keep], strategy in UNCERTAIN, rng)
    pool = Pool(
        vectors=vectors.matrix[keep],
        shares=learned.shares,
        labelled=learned.labelled,
        wanted=wanted.vector,
        names=learned.names,
        exclusive=field.record.learns_as != "flags",
        likeness=wanted.words,
    )
    picks: Picks = STRATEGIES[strategy](pool, args.n, rng)
    settings: dict[str, JsonValue] = {"embedder": chosen.embedder.reference, "labels": learned.labels, **learned.said}
    queue = QueueOrder(
        identity=_identity(strategy, ctx, settings),
        field=field.id,
        item_ids=tuple(map(int, ids[keep][picks.rows])),
        reasons=picks.reasons,
        strategy=strategy,
    )
    absent = int((~vectors.present).sum())
    return _result(_say(queue, field, len(ids), absent, why, (*chosen.notes, *learned.notes)), queue, where, len(ids))


def _wanted(args: SampleArgs, embedder: Embedder, ctx: ToolContext) -> _Wanted:
    if not args.like:
        return _Wanted(np.zeros(embedder.dimension, dtype=np.float32), "")
    try:
        item = ctx.items.get(ctx.items.resolve([args.like]))[0]
    except NotFound:
        if not knows_words(embedder):
            raise InputError(
                f"Words say nothing to {embedder.reference}, which compares pictures by how they look: name an item in "
                "'like', or set backend.embedder to a folder with CLIP weights."
            ) from None
        return _Wanted(word_vectors(embedder, [args.like])[0], f"the words “{excerpt(args.like, 40)}”")
    return _Wanted(embedder.embed_contents(ctx.items.contents([item.item_id]))[0], f"item {item.key}", item.item_id)


def _say(queue: QueueOrder, field: FieldSpec, total: int, absent: int, why: str, notes: tuple[str, ...]) -> str:
    text = f"I queued {count_of(len(queue.item_ids), 'item')} for {field.name!r} by the strategy {queue.strategy}"
    text += f": {why}." if why else "."
    if absent:
        text += (
            f" I looked at {total - absent:,} of {total:,} items; the others have no vector yet. Every further call "
            "and every run of suggestions adds some."
        )
    return " ".join((text, *notes))


def _identity(strategy: str, ctx: ToolContext, settings: dict[str, JsonValue]) -> RunIdentity:
    return RunIdentity("sample", VERSION, f"builtin:{strategy}", str(VERSION), {"seed": ctx.seed, **settings})


def _result(text: str, queue: QueueOrder, where: ItemFilter, total: int) -> ToolResult:
    facts = (Fact("queued", len(queue.item_ids), n=total, where=where),)
    return ToolResult(text, facts, items=queue.item_ids, where=where, queue=queue)
