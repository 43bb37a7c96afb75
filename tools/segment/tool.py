"""The tool that draws masks and boxes for many images. It proposes; people decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from tools.backends.masks.registry_segment import open_segmenter
from tools.context import IdArray, ToolContext
from tools.errors import InputError
from tools.filters import ItemFilter
from tools.records import RunIdentity
from tools.results import Fact, ToolResult, WorkPlan, as_bytes
from tools.schema import FieldSpec
from tools.segment.plan import (
    ITEMS,
    boxes_of_items,
    chosen_items,
    label_for_everything,
    labels_for_words,
    source_field,
    target_field,
)
from tools.segment.pointing import PointingArgs, point_at, segmenter_reference
from tools.segment.settled import Settled, planned
from tools.segment.work import SegmentWork, require_detector
from tools.sentences import count_of
from tools.spec import Preview, ToolArgs, tool

VERSION = 1
UNIT = 4
MOST_NAMED = 1000
How = Literal["from_boxes", "everything", "tighten_boxes", "words"]
_WORDS = {
    "from_boxes": "draw masks from the boxes of",
    "everything": "look for everything in",
    "tighten_boxes": "draw the boxes closer in",
    "words": "look by words in",
}


class SegmentArgs(ToolArgs):
    """What to draw, in which images, from what."""

    how: How = Field(
        default="from_boxes",
        description="from_boxes: a mask for each agreed or proposed box; everything: masks of whatever is in the "
        "image; tighten_boxes: the same boxes, closer to their objects; words: find what words name, then masks",
    )
    field: str = Field(default="", description="Field to propose for; the first of masks, polygons, boxes if empty")
    source: str = Field(default="", description="Field whose boxes are used; the first field of boxes if empty")
    backend: str = Field(
        default="",
        description="Segmenter: builtin:grabcut or hub:FOLDER of a segment-anything model; the project's own, else "
        "the built-in one, if empty",
    )
    words: str = Field(
        default="",
        description="For words: what to look for, separated by commas, the names of all labels if empty. For "
        "everything: the label that the proposals get",
    )
    items: str = Field(default="", description="Only these items: keys, or numbers like #12, separated by commas")
    limit: int = Field(default=0, description="At most this many items; 0 for all")
    most_change: float = Field(
        default=0.3, ge=0, le=1, description="For tighten_boxes: boxes that would change by more, as 1 - IoU, stay"
    )


@tool(effect="propose", version=VERSION, work=SegmentWork(), preview=Preview(PointingArgs, point_at), items=ITEMS)
def segment(args: SegmentArgs, ctx: ToolContext) -> ToolResult:
    """Draw masks in images: from boxes, of everything, or of what words name; or tighten boxes to their objects. The
    results are proposals that people confirm or correct; the work runs in the background, undone as one batch.
    """
    field = target_field(ctx.schema, args.field, args.how)
    where, ids = chosen_items(field, args.items, args.limit, ctx)
    plan = Settled(args.how, field.id, field.kind, args.most_change)
    boxes: dict[int, list[Any]] = {}
    if args.how in ("from_boxes", "tighten_boxes"):
        source = source_field(ctx.schema, args.source, field)
        boxes = boxes_of_items(source, field, ids, ctx)
        left = len(ids) - len(boxes)
        ids = ids[[int(one) in boxes for one in ids]] if len(ids) else ids
        plan = replace(plan, source=source.id, without=left)
    elif args.how == "everything":
        plan = replace(plan, label=label_for_everything(field, args.words))
    else:
        detector = require_detector(str(ctx.settings.get("detector") or ""))
        plan = replace(plan, labels=labels_for_words(field, args.words), detector=detector)
    if not len(ids):
        return ToolResult(_nothing(plan, field), where=where)
    return _result(plan, field, where, ids, boxes, segmenter_reference(args.backend, ctx.settings))


def _nothing(plan: Settled, field: FieldSpec) -> str:
    if plan.without:
        return (
            f"None of {count_of(plan.without, 'item')} has boxes in {plan.source!r} with a label of "
            f"{field.name!r}: draw or propose boxes first."
        )
    return f"No item passes: there is nothing to draw for {field.name!r}."


def _result(
    plan: Settled, field: FieldSpec, where: ItemFilter, ids: IdArray, boxes: dict[int, list[Any]], backend: str
) -> ToolResult:
    segmenter = open_segmenter(backend)
    identity = segmenter.identity
    if plan.how == "everything" and not segmenter.is_encoder:
        raise InputError(
            f"{backend} draws what is pointed at and proposes nothing by itself; for everything in an image name a "
            "segment-anything model: hub:FOLDER."
        )
    plan = replace(plan, reference=identity.reference, revision=identity.revision, is_encoder=segmenter.is_encoder)
    written = plan.to_json()
    stated: dict[str, Any] = {key: written[key] for key in ("how", "most_change", "detector") if key in written}
    arrays = {"boxes": as_bytes({str(item): found for item, found in boxes.items()})} if boxes else {}
    work = WorkPlan(
        identity=RunIdentity(
            "segment", VERSION, identity.reference, identity.revision, {**identity.settings, **stated}
        ),
        field=field.id,
        units=tuple(tuple(ids[at : at + UNIT].tolist()) for at in range(0, len(ids), UNIT)),
        artefact=planned(plan, arrays),
    )
    text = f"I will {_WORDS[plan.how]} {count_of(len(ids), 'image')} with {identity.reference}, for {field.name!r}."
    if plan.without:
        text += f" {count_of(plan.without, 'item')} without a box that fits are left out."
    if plan.how == "tighten_boxes":
        text += f" Boxes that would change by more than {plan.most_change:g} (as 1 - IoU) stay and are listed."
    facts = [Fact("images to draw in", len(ids), where=where)]
    if boxes:
        facts.append(Fact("boxes", sum(map(len, boxes.values()))))
    return ToolResult(text, tuple(facts), items=tuple(ids[:MOST_NAMED].tolist()), where=where, work=work)
