"""The state recounted in pandas from the bare tables, without the views: what the queries are compared with."""

from __future__ import annotations

import itertools
import json

import pandas as pd

from tests.store.rows import Rows

CALIBRATING = {"blind", "imported_independent"}
BULK = {"bulk_listed", "bulk_viewed"}


def undone(rows: Rows, target: str) -> set[int]:
    """Ids that the latest undo row of each target leaves undone."""
    undos = rows.frame("undos")
    undos = undos[undos.target == target].sort_values("undo_id").drop_duplicates("target_id", keep="last")
    return set(undos[undos.undone].target_id)


def live_reviews(rows: Rows) -> pd.DataFrame:
    """Reviews that were not undone, by themselves or with their batch."""
    reviews = rows.frame("reviews")
    gone = reviews.review_id.isin(undone(rows, "review"))
    gone |= reviews.action_id.isin(undone(rows, "action")) & reviews.action_id.notna()
    gone |= reviews.import_id.isin(undone(rows, "import")) & reviews.import_id.notna()
    return reviews[~gone]


def standing_reviews(rows: Rows) -> pd.DataFrame:
    """The latest weighty live review of each person, item and field."""
    live = live_reviews(rows)
    live = live[~live.verdict.isin(["comment", "flag"]) & (live.exposure != "probe")]
    return live.sort_values("review_id").drop_duplicates(["item_id", "field", "reviewer"], keep="last")


def standing(rows: Rows) -> pd.DataFrame:
    """Standing reviews with a value."""
    found = standing_reviews(rows)
    return found[found.verdict.isin(["accept", "choose", "edit"])]


def annotations(rows: Rows) -> pd.DataFrame:
    """One row an (item, field) with a standing value: its state, label, number of people."""
    made = []
    for (item_id, field), group in standing(rows).groupby(["item_id", "field"]):
        settled = group[group.adjudicates].sort_values("review_id")
        if len(settled):
            state, label = "agreed", settled.iloc[-1].label
        elif group.answer.nunique() == 1:
            state, label = "agreed", group.iloc[0].label
        else:
            state, label = "conflict", None
        made.append((item_id, field, state, label, len(group), bool(len(settled))))
    return pd.DataFrame(made, columns=["item_id", "field", "state", "label", "reviewers", "adjudicated"])


def live_proposals(rows: Rows) -> pd.DataFrame:
    """Proposals of runs that were not withdrawn."""
    proposals = rows.frame("proposals")
    return proposals[~proposals.run_id.isin(undone(rows, "run"))]


def gold(rows: Rows) -> pd.DataFrame:
    """The latest mark of each (item, field) that is in force."""
    marks = rows.frame("gold_marks")
    marks = marks[~(marks.action_id.isin(undone(rows, "action")) & marks.action_id.notna())]
    marks = marks.sort_values("gold_id").drop_duplicates(["item_id", "field"], keep="last")
    return marks[marks.active]


def opinions(rows: Rows, field: str) -> pd.DataFrame:
    """Standing values that one person formed for one item."""
    said = standing(rows)
    return said[(said.field == field) & ~said.adjudicates & ~said.exposure.isin(BULK)]


def alpha(rows: Rows, field: str) -> float | None:
    """Krippendorff's nominal alpha, pair by pair."""
    units = [list(group.answer) for _, group in opinions(rows, field).groupby("item_id") if len(group) > 1]
    values = [one for unit in units for one in unit]
    n = len(values)
    apart = sum(a != b for unit in units for a, b in itertools.permutations(unit, 2))
    by_chance = sum(a != b for a, b in itertools.permutations(values, 2))
    if not by_chance:
        return None
    weighted = sum(sum(a != b for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    assert apart >= weighted
    return 1 - (n - 1) * weighted / by_chance


def regions(value: str) -> set[tuple[int, int, str]]:
    """The spans of a stored value, ids aside."""
    return {(s["start"], s["end"], s["label"]) for s in json.loads(value)["spans"]}


def pair_f1(rows: Rows, field: str) -> float | None:
    """Strict F1 pooled over all pairs of people and items."""
    hits = size = 0
    for _, group in opinions(rows, field).groupby("item_id"):
        for one, other in itertools.combinations(map(regions, group.value), 2):
            hits += 2 * len(one & other)
            size += len(one) + len(other)
    return hits / size if size else None
