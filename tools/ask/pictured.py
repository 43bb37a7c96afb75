"""What an explanation says of a picture: its file, and the objects that are suggested on it."""

from __future__ import annotations

from tools.naming import label_name
from tools.records import Media, Proposal
from tools.results import Table
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.values import regions_of

MOST_LISTED = 50
_FORMATS = {"image/jpeg": "a JPEG", "image/png": "a PNG", "image/webp": "a WebP", "image/tiff": "a TIFF"}


def picture_words(media: Media) -> str:
    """Kind, size and place of the file, in one sentence; no path, which is not everybody's to know."""
    if media.length:
        return _recording_words(media)
    told = f"It is {_FORMATS.get(media.mime, f'an image ({media.mime})')} of {media.width:,} × {media.height:,} pixels"
    if media.size:
        told += f" and {_bytes(media.size)}"
    more = []
    if media.bits != 8:
        more.append(f"{media.bits} bits a channel")
    if media.orientation != 1:
        more.append("shown upright, as its camera noted")
    if media.frames > 1:
        more.append(f"the first of {count_of(media.frames, 'frame')} is shown")
    more.append("referenced where it lies" if media.place else "copied into the project")
    return f"{told}; {', '.join(more)}."


def _recording_words(media: Media) -> str:
    told = f"It is a recording ({media.mime}) of {media.length / 1000:,.1f} s"
    told += f" and {_bytes(media.size)}" if media.size else ""
    sides = {1: "one channel", 2: "two channels"}.get(media.channels, f"{media.channels} channels")
    place = "referenced where it lies" if media.place else "copied into the project"
    return f"{told}; {sides} at {media.rate:,} Hz, {place}."


def _bytes(size: int) -> str:
    if size < 1000:
        return count_of(size, "byte")
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def suggested_objects(field: FieldSpec, proposal: Proposal | None) -> tuple[Table, ...]:
    """The suggested objects as the card numbers them, each with its score where scores are calibrated; no shapes."""
    regions = regions_of(proposal.draft.value) if proposal and field.is_image_region else ()
    if not regions or proposal is None:
        return ()
    is_calibrated = proposal.draft.score_source == "calibrated"
    rows = tuple(
        (at, label_name(field, str(region["label"])), _score(region.get("score"), is_calibrated))
        for at, region in enumerate(regions[:MOST_LISTED], 1)
    )
    title = f"Suggested for {field.name}"
    if len(regions) > MOST_LISTED:
        title += f", the first {MOST_LISTED} of {len(regions):,}"
    return (Table(title, ("number", "label", "score"), rows),)


def _score(score: object, is_calibrated: bool) -> str:
    if not isinstance(score, (int, float)):
        return ""
    return f"{score:.2f}" if is_calibrated else "not calibrated"
