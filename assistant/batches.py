"""Units of work computed ahead of those that are stored: one slow answer must not keep everything else waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tools.errors import StoppedShort
from tools.records import Draft

Unit = Sequence[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """The drafts of one unit; with a ``problem`` those that were made before it, which are paid for."""

    unit: Unit
    drafts: Sequence[Draft]
    problem: Exception | None = None


def left_of(units: Iterable[Unit], finished: Collection[int]) -> list[list[int]]:
    """The units without what is finished or stands in an earlier one; none that are empty."""
    seen = set(finished)
    left = []
    for unit in units:
        mine = [one for one in dict.fromkeys(unit) if one not in seen]
        seen.update(mine)
        if mine:
            left.append(mine)
    return left


def computed(
    units: Iterable[Unit],
    load: Callable[[Unit], Any],
    compute: Callable[[Unit, Any], Sequence[Draft]],
    at_once: int,
    goes_on: Callable[[], bool],
) -> Iterator[Batch]:
    """The batches in order of their units, at most ``at_once`` of them in the making.

    ``load`` runs in the caller's thread. No unit is begun after a problem or when ``goes_on`` says no; those that were
    begun are still given.
    """
    if at_once == 1:
        for unit in units:
            if not goes_on():
                return
            batch = _attempted(compute, unit, load(unit))
            yield batch
            if batch.problem is not None:
                return
        return
    left, waiting = deque(units), deque[Future[Batch]]()
    with ThreadPoolExecutor(at_once, thread_name_prefix="unit") as threads:
        while left or waiting:
            while left and len(waiting) < at_once:
                if not goes_on():
                    left.clear()
                    break
                unit = left.popleft()
                waiting.append(threads.submit(_attempted, compute, unit, load(unit)))
            if not waiting:
                return
            batch = waiting.popleft().result()
            if batch.problem is not None:
                left.clear()
            yield batch


def _attempted(compute: Callable[[Unit, Any], Sequence[Draft]], unit: Unit, payload: Any) -> Batch:
    try:
        return Batch(unit, compute(unit, payload))
    except StoppedShort as stop:
        return Batch(unit, stop.made, stop)
    except Exception as problem:  # noqa: BLE001 - it ends the job, after what others made is stored
        return Batch(unit, (), problem)
