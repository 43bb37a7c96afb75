"""The images of an import: each file is looked at once, before anything about it is believed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.exchange.pictures.turned import LYING, turned
from tools.exchange.rows import REGION_SHAPES, Claim, ExchangeItem, Row
from tools.geometry.boxes import Size
from tools.images.probe import Probe
from tools.modalities.registry import MODALITIES
from tools.records import to_json

MISSING = "its image was not found beside the file"
UNLIKE = "the source states another size for the image than the file has"
TURNED = (
    "Images whose labels counted in the picture as it lies in the file, and were turned with it as its EXIF mark says"
)
MOST_NOTES = 20
AHEAD = 64
"""Images that are looked at together."""

WORKERS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Seen:
    """A row whose file was looked at: with the answers that can be believed, the media cell, what answers are held to.

    ``size`` is (width, height) of an image, ``length`` that of a recording in milliseconds.
    """

    row: ExchangeItem
    media: str | None = None
    size: Size | None = None
    length: int | None = None


class ImageColumn:
    """Looks at the image of each row; ``notes`` are sentences about files that are read in a special way."""

    def __init__(self) -> None:
        self._notes: list[str] = []
        self.turned = 0
        self._probed: dict[Path, Probe | str] = {}

    @property
    def notes(self) -> list[str]:
        """The first sentences, and how many more there are."""
        more = len(self._notes) - MOST_NOTES
        said = [f"{TURNED}: {self.turned:,}."] if self.turned else []
        return [*said, *self._notes[:MOST_NOTES], *([f"So it is with {more:,} more images."] if more > 0 else [])]

    def look(self, row: ExchangeItem) -> Seen | str:
        """The row with what its image is, or the reason why it cannot be an item; rows without one as they are."""
        if row.image is None:
            return Seen(row)
        if row.image.path is None:
            return MISSING
        probed = self._probe(row.image.path, row.kind)
        if isinstance(probed, str):
            return probed
        media = probed.media
        cell = to_json(asdict(media) | {"source": str(row.image.path.absolute())})
        if media.length:
            return Seen(row, cell, length=media.length)
        size, stated = (media.width, media.height), (row.image.width, row.image.height)
        if all(stated) and stated != size:
            if media.orientation in LYING and stated == size[::-1]:
                self.turned += 1
                return Seen(_changed(row, lambda one: turned(one, media.orientation, stated)), cell, size)
            return Seen(_without_regions(row, UNLIKE), cell, size)
        return Seen(in_pixels(row, size) if row.image.in_shares else row, cell, size)

    def look_ahead(self, rows: Sequence[Row]) -> None:
        """Look at the files of some rows at once: reading and decoding do not hold the interpreter."""
        known = [row for row in rows if isinstance(row, ExchangeItem)]
        paths = {row.image.path: row.kind for row in known if row.image is not None and row.image.path is not None}
        # Looking at an image silences warnings for its time; this puts them back whichever of them ends last.
        with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(WORKERS) as beside:
            self._probed = dict(zip(paths, beside.map(_probed, paths, paths.values()), strict=True))

    def _probe(self, path: Path, kind: str) -> Probe | str:
        found = self._probed.get(path) or _probed(path, kind)
        if isinstance(found, Probe):
            self._notes += found.notes
        return found


def _probed(path: Path, kind: str) -> Probe | str:
    try:
        probe = MODALITIES[kind].probe
        return probe(path) if probe is not None else f"items of the kind {kind} have no file"
    except InputError as error:
        return str(error).rstrip(".")


def in_pixels(row: ExchangeItem, size: Size) -> ExchangeItem:
    """The row with regions that counted in shares of the image counting in its pixels."""
    return _changed(row, lambda region: _scaled_region(region, size))


def _changed(row: ExchangeItem, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> ExchangeItem:
    """The row with every region changed."""
    answers = [replace(one, claim=_changed_claim(one.claim, change)) for one in row.answers]
    proposals = [replace(one, claim=_changed_claim(one.claim, change)) for one in row.proposals]
    return replace(row, answers=answers, proposals=proposals)


def _changed_claim(claim: Claim, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Claim:
    if claim.shape not in REGION_SHAPES or not claim.content:
        return claim
    return replace(claim, content=[change(region) for region in claim.content])


def _scaled_region(region: Mapping[str, Any], size: Size) -> dict[str, Any]:
    width, height = size
    found = dict(region)
    if "box" in found:
        x0, y0, x1, y1 = found["box"]
        found["box"] = [x0 * width, y0 * height, x1 * width, y1 * height]
    if "parts" in found:
        found["parts"] = [[[[x * width, y * height] for x, y in ring] for ring in part] for part in found["parts"]]
    if "corners" in found:
        found["corners"] = [[x * width, y * height] for x, y in found["corners"]]
    if "points" in found:
        found["points"] = [[x * width, y * height, *seen] for x, y, *seen in found["points"]]
    return found


def _without_regions(row: ExchangeItem, reason: str) -> ExchangeItem:
    """The row without regions: coordinates in another picture would be wrong in this one."""
    answers = [one for one in row.answers if one.claim.shape not in REGION_SHAPES]
    proposals = [one for one in row.proposals if one.claim.shape not in REGION_SHAPES]
    claims = [*(one.claim for one in row.answers), *(one.claim for one in row.proposals)]
    lost = [claim for claim in claims if claim.shape in REGION_SHAPES]
    problems = [*row.problems, *((claim.source, reason, str(claim.content)[:200]) for claim in lost)]
    return replace(row, answers=answers, proposals=proposals, problems=problems)
