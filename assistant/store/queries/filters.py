"""From a filter to SQL: a condition over ``items i`` and its parameters. Nothing of the filter is put into the text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from assistant.store.queries.named import ACTIVE_PROPOSALS
from tools.errors import InputError
from tools.filters import ANY_FINDING, ItemFilter
from tools.moments import read_moment
from tools.schema import FieldSpec, LabelSchema

_WORD = re.compile(r'"([^"]+)"|([^\s"]+)')


def filter_sql(where: ItemFilter, schema: LabelSchema) -> tuple[str, dict[str, Any]]:
    """The WHERE condition over ``items i`` and the values to be bound.

    Conditions on state, label, regions and score are about the named field, else about the first one; those on who
    decided and when are about every field where none is named. ``of_proposal`` by itself sets no condition: it says
    that the caller asks about suggestions, so that the reader hides blind items.
    """
    return _Conditions(where, schema).build()


def asks_answers(where: ItemFilter) -> bool:
    """Whether passing the filter tells what people answered, and not only that they did."""
    asks = where.is_about_value and not where.of_proposal
    return asks or bool(where.finding) or where.state in ("agreed", "conflict", "gold")


def without_answers(where: ItemFilter) -> ItemFilter:
    """The decided items among which such a filter looks: its conditions on answers and suggestions left away."""
    return replace(
        where,
        state="decided",
        label="",
        finding="",
        regions_min=None,
        regions_max=None,
        of_proposal=False,
        score_min=None,
        score_max=None,
    )


class _Conditions:
    """Collects the conditions of one filter; each part adds what it needs to both lists."""

    def __init__(self, where: ItemFilter, schema: LabelSchema) -> None:
        self._where = where
        self._field: FieldSpec = schema.field(where.field) if where.field else schema.main_field()
        self._all: list[str] = []
        self._params: dict[str, Any] = {}

    def build(self) -> tuple[str, dict[str, Any]]:
        self._add_words()
        self._add_names()
        self._add_meta()
        self._add_state()
        self._add_value()
        self._add_score()
        self._add_run()
        self._add_finding()
        return " AND ".join(self._all) or "TRUE", self._params

    def _bind(self, name: str, value: Any) -> str:
        self._params[name] = value
        return f"${name}"

    def _in(self, rows: str) -> str:
        return f"i.item_id IN (SELECT x.item_id FROM {rows})"

    def _not_in(self, rows: str) -> str:
        # Every item_id is NOT NULL, so NOT IN keeps its plain meaning.
        return f"i.item_id NOT IN (SELECT x.item_id FROM {rows})"

    def _add_words(self) -> None:
        for number, (phrase, word) in enumerate(_WORD.findall(self._where.words)):
            text = self._bind(f"word{number}", phrase or word)
            self._all.append(f"contains(lower(i.text), lower({text}))")

    def _add_names(self) -> None:
        if self._where.keys:
            keys = self._bind("keys", list(self._where.keys))
            self._all.append(f"i.key IN (SELECT unnest(CAST({keys} AS VARCHAR[])))")
        if self._where.ids:
            ids = self._bind("ids", list(self._where.ids))
            self._all.append(f"i.item_id IN (SELECT unnest(CAST({ids} AS BIGINT[])))")

    def _add_meta(self) -> None:
        if not self._where.meta:
            return
        column, _, wanted = self._where.meta.partition("=")
        # A JSON pointer (RFC 6901) takes any column name once its two special characters are written as ~0 and ~1.
        pointer = "/" + column.strip().replace("~", "~0").replace("/", "~1")
        path, value = self._bind("column", pointer), self._bind("wanted", wanted.strip())
        self._all.append(f"lower(coalesce(json_extract_string(i.meta, {path}), '')) = lower({value})")

    def _of_field(self) -> str:
        return f"x.field = {self._bind('field', self._field.id)}"

    @property
    def _asks_who(self) -> bool:
        return bool(self._where.reviewer or self._where.since or self._where.until)

    def _decided_by(self, rows: str, more: str = "") -> str:
        """Rows of decisions by the named person in the named time, as ``rows x WHERE …``."""
        told = [more] if more else []
        if self._where.field or self._where.state != "any" or self._where.is_about_value:
            told.append(self._of_field())
        if self._where.reviewer:
            told.append(f"x.reviewer = {self._bind('reviewer', self._where.reviewer)}")
        if self._where.since:
            told.append(f"x.made_at >= CAST({self._bind('since', read_moment(self._where.since))} AS TIMESTAMP)")
        if self._where.until:
            told.append(f"x.made_at < CAST({self._bind('until', read_moment(self._where.until))} AS TIMESTAMP)")
        return f"{rows} x" + (f" WHERE {' AND '.join(told)}" if told else "")

    def _add_state(self) -> None:
        state = self._where.state
        if state == "conflict" and "," in self._where.reviewer:
            self._add_pair()
        elif state == "any":
            if self._asks_who and not self._where.is_about_value:
                self._all.append(self._in(self._decided_by("main.standing_reviews")))
        elif state in ("agreed", "conflict"):
            wanted = self._bind("state", state)
            self._all.append(self._in(f"annotations x WHERE {self._of_field()} AND x.state = {wanted}"))
        elif state == "gold":
            self._all.append(self._in(f"gold x WHERE {self._of_field()}"))
        else:
            self._all.extend(self._plain_state(state))
        is_of_person = self._asks_who and not self._where.is_about_value and "," not in self._where.reviewer
        if state in ("agreed", "conflict", "gold", "unread") and is_of_person:
            self._all.append(self._in(self._decided_by("standing")))

    def _add_pair(self) -> None:
        """Two people, as in ``ana, ben``: items that both answered, and differently."""
        one, _, other = self._where.reviewer.partition(",")
        names = f"x.reviewer = {self._bind('one', one.strip())} AND y.reviewer = {self._bind('other', other.strip())}"
        both = "standing x JOIN standing y ON y.item_id = x.item_id AND y.field = x.field AND y.answer <> x.answer"
        self._all.append(self._in(f"{both} WHERE {self._of_field()} AND {names}"))

    def _plain_state(self, state: str) -> list[str]:
        usable = f"live_proposals x WHERE {self._of_field()} AND x.state = 'ok'"
        # That an item is decided is open to everybody: these ask all decisions, not those that the viewer may see.
        undecided = self._not_in(self._decided_by("main.standing"))
        if state == "decided":
            return [self._in(self._decided_by("main.standing"))]
        if state == "suggested":
            return [self._in(usable), undecided]
        if state == "unsuggested":
            return [self._not_in(usable), undecided]
        if state == "skipped":
            skips = self._decided_by("standing_reviews", "x.verdict = 'skip'")
            return [self._in(skips), self._not_in(f"main.standing x WHERE {self._of_field()}")]
        if state == "rejected":
            return [self._in(self._decided_by("standing_reviews", "x.verdict = 'reject'"))]
        if state == "flagged":
            return [self._in(self._decided_by("live_reviews", FLAGGED))]
        if state == "unread":
            return [self._in(f"live_proposals x WHERE {self._of_field()} AND x.state <> 'ok'")]
        return [undecided]

    def _has_value(self) -> str:
        """The condition on a value ``x.value`` with its label ``x.label``."""
        counts = [(">=", "regions_min", self._where.regions_min), ("<=", "regions_max", self._where.regions_max)]
        bounds = [(sign, self._bind(name, number)) for sign, name, number in counts if number is not None]
        record = self._field.record
        labels = record.labels_path()
        if not record.words(self._field):
            raise InputError(f"Field {self._field.id!r} is answered in text and has no labels to look for.")
        if bounds and not labels:
            raise InputError(f"Field {self._field.id!r} has one answer an item, so there is nothing to count.")
        label = self._bind("label", self._where.label) if self._where.label else ""
        if not labels:
            return f"x.label = {label}"
        found = f"json_extract_string(x.value, '{labels}')"
        if not bounds:
            return f"list_contains({found}, {label})"
        counted = f"list_filter({found}, lambda one: one = {label})" if label else found
        return " AND ".join(f"len({counted}) {sign} {number}" for sign, number in bounds)

    def _add_value(self) -> None:
        if not self._where.is_about_value or self._where.of_proposal:
            return
        has, field = self._has_value(), self._of_field()
        if self._asks_who:
            self._all.append(self._in(self._decided_by("standing", has)))
        elif self._where.state == "gold":
            self._all.append(self._in(f"gold x WHERE {field} AND {has}"))
        else:
            differs = (
                f"x.state = 'conflict' AND x.item_id IN (SELECT x.item_id FROM standing x WHERE {field} AND {has})"
            )
            self._all.append(self._in(f"annotations x WHERE {field} AND (({has}) OR ({differs}))"))

    def _add_score(self) -> None:
        told = []
        if self._where.of_proposal and self._where.is_about_value:
            told.append(self._has_value())
        if self._where.score_min is not None:
            told.append(f"x.score >= {self._bind('score_min', self._where.score_min)}")
        if self._where.score_max is not None:
            told.append(f"x.score <= {self._bind('score_max', self._where.score_max)}")
        if told:
            self._bind("field", self._field.id)
            self._all.append(self._in(f"({ACTIVE_PROPOSALS}) x WHERE {' AND '.join(told)}"))

    def _add_run(self) -> None:
        if self._where.run is None:
            return
        self._bind("run", self._where.run)
        self._all.append(self._in(f"({_OF_RUN}) x"))

    def _add_finding(self) -> None:
        if not self._where.finding:
            return
        told = ["x.state = 'open'", *([self._of_field()] if self._where.field else [])]
        if self._where.finding != ANY_FINDING:
            told.append(f"x.kind = {self._bind('finding', self._where.finding)}")
        self._all.append(self._in(f"told_findings x WHERE {' AND '.join(told)}"))


_OF_RUN = """SELECT item_id FROM proposals WHERE run_id = $run UNION ALL
    SELECT item_id FROM queue_entries WHERE run_id = $run UNION ALL SELECT item_id FROM findings WHERE run_id = $run"""

# A flag counts until it is undone or somebody settles the item.
FLAGGED = """x.verdict = 'flag' AND x.exposure <> 'probe' AND NOT EXISTS (SELECT 1 FROM main.live_reviews y
    WHERE y.item_id = x.item_id AND y.field = x.field AND y.adjudicates AND y.review_id > x.review_id)"""
