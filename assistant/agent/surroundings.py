"""Reads from the open project what grammar and planner need to know: the card in hand, names, values of columns."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from assistant.agent.decisions.decision_records import CardInHand
from assistant.agent.words.names import surface
from assistant.agent.words.quantities import whole
from assistant.agent.words.sentence import read_sentence
from assistant.agent.words.world import LastResult, PlannerWorld
from assistant.cards import label_keys
from assistant.executor import Executor
from assistant.jobs import Jobs
from assistant.review import ReviewDesk
from assistant.store.project import ProjectStore
from tools.errors import NotAllowed, NotFound
from tools.filters import ItemFilter
from tools.kinds.asked import Subject
from tools.records import Actor, Exposure, Proposal
from tools.schema import FieldSpec, LabelSchema

_MOST_NAMES = 12
_SAMPLE_ITEMS = 300
_MOST_VALUES = 12
_FRESH_SECONDS = 60.0
_MOST_DIGITS = 9
_KEY_LIKE = re.compile(r"#\d+\Z|(?=.*\d)(?=.*[^\W\d])[\w.:/-]+\Z")
_SURELY_A_KEY = re.compile(r"#\d+\Z|[A-Z]{1,4}[-_]?\d{2,}\Z")
_TAKES_BACK = re.compile(r"undo|take|revert|roll|back", re.IGNORECASE)
_MOST_RECENT = 50
_MOST_WORK = 1000
_BATCH = re.compile(r"batch (?:no\.? |number |#)?(\d{1,9})\b", re.IGNORECASE)
_AFTER_NOUN = re.compile(r"\b(?:item|message|text|example|card|number|row|key) (?:no\.? )?(\d+)\b")
_BY_KEY = re.compile(r"\bkey (\d+)\b")
# Without a noun a number names an item only where nothing is counted: "open 3", "change 3 to refund".
_BARE = re.compile(
    r"^(?:please |now |ok,? )*(?:(?:open|go to|jump to|take me to|explain) (?=\d+[.!?]*$)"
    r"|(?:change|set|label|mark|correct) (?=\d+ (?:to|as)\b)|(?=\d+ (?:is|should be|must be)\b))(\d+)"
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PLACE = re.compile(rf"\bthe ({'|'.join(_ORDINALS)}) (?:one|item|message|text|picture|photo|row)\b")


@dataclass(frozen=True, slots=True)
class NamedItems:
    """``keys`` has keys of items by the words that name them; ``notes`` say, by key, what numbers were taken for."""

    keys: Mapping[str, str]
    notes: Mapping[str, str]


class Host(Protocol):
    """The open project, as the conversation uses it."""

    store: ProjectStore
    executor: Executor
    desk: ReviewDesk
    jobs: Jobs

    @property
    def schema(self) -> LabelSchema:
        """The schema in force."""


class Surroundings:
    """Names of one project, those that take a query kept for a minute."""

    def __init__(self, host: Host, zone: tzinfo | None = None) -> None:
        """``zone`` is the person's time zone, the computer's where not given."""
        self._host = host
        self._zone = zone
        self._kept: dict[str, tuple[float, object]] = {}

    def card(self, actor: Actor, exposure_id: int | None) -> CardInHand | None:
        """What the person has in hand; ``None`` without an exposure or with somebody else's."""
        if exposure_id is None:
            return None
        exposure = self._host.store.reviews.exposure(exposure_id)
        if exposure.reviewer != actor.person:
            raise NotAllowed(f"Card {exposure_id} was shown to somebody else; reload the page to go on.")
        schema = self._host.schema
        spec = schema.field(exposure.field)
        found = self._host.store.runs.get([exposure.proposal_id]) if exposure.proposal_id else []
        suggestion = found[0] if found and found[0].draft.state == "ok" else None
        elsewhere = {
            surface(label.name): one.name for one in schema.fields if one.id != spec.id for label in one.answers
        }
        value = suggestion.draft.value if suggestion else None
        own = self._host.store.reviews.standing_of(exposure.item_id, spec.id, actor.person)
        standing = own.value if own else None
        about = Subject.of(self._host.store.items.get([exposure.item_id])[0])
        return CardInHand(exposure_id, spec, value, painted_keys(spec, suggestion), elsewhere, standing, about)

    def item_in_hand(self, exposure_id: int | None) -> tuple[str, str]:
        """Key of the item in hand and its field; empty without one."""
        if exposure_id is None:
            return "", ""
        exposure: Exposure = self._host.store.reviews.exposure(exposure_id)
        return self._host.store.items.keys([exposure.item_id])[0], exposure.field

    def world(self, text: str, actor: Actor, last: LastResult | None, exposure_id: int | None) -> PlannerWorld:
        """Everything the planner may know for this sentence."""
        key, field = self.item_in_hand(exposure_id)
        now = datetime.now(self._zone) if self._zone else datetime.now().astimezone()
        return PlannerWorld(
            schema=self._host.schema,
            now=now,
            person=actor.person,
            role=actor.role,
            people=self.people(actor),
            filters=tuple(self._host.store.talk.filter_names()),
            items=self.items_named(text, last).keys,
            columns=self._columns(),
            tools={spec.name: spec for spec in self._host.executor.specs(actor.role)},
            last=last,
            recent=self._recent(text, actor),
            batches=self._batches(text),
            last_actions=self._last_actions(text, actor),
            export_place=str(self._host.store.path / "exports" / f"export-{now:%Y%m%d-%H%M%S}"),
            item_in_hand=key,
            field_in_hand=field,
        )

    def _recent(self, text: str, actor: Actor) -> tuple[datetime, ...]:
        """Times of the person's last decisions, looked up only where undoing is spoken of."""
        if not _TAKES_BACK.search(text):
            return ()
        return tuple(_aware(one.at) for one in self._host.desk.history(actor, _MOST_RECENT))

    def _last_actions(self, text: str, actor: Actor) -> Mapping[str, int]:
        """The person's latest work of each kind that could be taken back, where undoing is spoken of."""
        if not _TAKES_BACK.search(text):
            return {}
        wanted = {"person": actor.person, "targets": ["review", "run", "action"], "limit": _MOST_WORK}
        found: dict[str, int] = {}
        for row in self._host.store.ask("work_since", wanted, actor).as_dicts():
            found.setdefault(str(row["kind"]), int(row["target_id"]))
        return found

    def _batches(self, text: str) -> Mapping[int, tuple[str, ...]]:
        """What a number behind "batch" can be: people call runs of suggestions and batches of decisions the same."""
        author = self._host.store.actions.author
        numbers = [int(one) for one in _BATCH.findall(text)[:_MOST_NAMES]]
        return {one: tuple(kind for kind in ("run", "action") if author(kind, one) is not None) for one in numbers}

    def people(self, actor: Actor) -> tuple[str, ...]:
        """Names of people that a sentence may say. What is known of whom is the tools' affair: a name that were not
        read here would be dropped, and the question answered about somebody else.
        """
        registered = {one.name for one in self._host.store.users.everyone()} | {actor.person}
        if not actor.may("lead"):  # who has decided anything is told only to those who lead
            return tuple(sorted(registered))
        kept = self._fresh("people")
        if kept is None:
            kept = {str(row["reviewer"]) for row in self._host.store.ask("reviewers", {}, actor).as_dicts()}
            self._kept["people"] = (time.monotonic(), kept)
        assert isinstance(kept, set)
        return tuple(sorted(registered | kept))

    def items_named(self, text: str, last: LastResult | None) -> NamedItems:
        """The words of ``text`` that name items; places count in the list that was shown last."""
        sentence, shown = read_sentence(text), last.listed if last else ()
        file_name = self._host.schema.modality.file_name
        likely = [
            token.text
            for token in sentence.tokens
            if _KEY_LIKE.match(token.text) or (file_name and file_name.match(token.text))
        ]
        likely += _AFTER_NOUN.findall(sentence.low) + _BARE.findall(sentence.low)
        by_key, found, notes = _BY_KEY.findall(sentence.low), dict[str, str](), dict[str, str]()
        for word in likely[:_MOST_NAMES]:
            key, note = self._number_of(word, () if word in by_key else shown)
            try:
                key = key or self._host.store.items.keys(self._host.store.items.resolve([word]))[0]
            except NotFound:
                key = self._file_called(word) if file_name and file_name.match(word) else ""
                if not (key or _SURELY_A_KEY.match(word)):  # of no item the tool says that there is none
                    continue
            found[word] = key or word
            notes |= {found[word]: note} if note else {}
        for ordinal in _PLACE.findall(sentence.low):
            place = _ORDINALS.index(ordinal)
            if place < len(shown):
                found[ordinal] = self._host.store.items.keys([shown[place]])[0]
        return NamedItems(found, notes)

    def _number_of(self, word: str, shown: tuple[int, ...]) -> tuple[str, str]:
        """The key that a bare number means, with a sentence where it may mean another item: a row of the list shown,
        else the item with that key, else the item so numbered.
        """
        digits = word.removeprefix("#")
        if not digits.isdigit():
            return "", ""
        twin = self._keyed(digits)
        if not 1 <= whole(digits) <= len(shown):
            return twin, ""
        key: str = self._host.store.items.keys([shown[whole(digits) - 1]])[0]
        if twin and twin != key:
            return key, f"{word} is row {digits} of the list shown: {key}. For the other item say “key {digits}”."
        return key, f"{word} is row {digits} of the list shown: {key}." if word != digits else ""

    def _keyed(self, digits: str) -> str:
        """The key itself where an item has it."""
        try:
            key: str = self._host.store.items.keys(self._host.store.items.resolve([digits]))[0]
        except NotFound:
            return ""
        return key if key == digits else ""

    def _file_called(self, name: str) -> str:
        """The key of the one item whose file has this name in whatever folder; the name itself where none has."""
        ids = self._host.store.items.find(ItemFilter(words=f'"/{name}"'), limit=2).ids.tolist()
        keys = (
            [key for key in self._host.store.items.keys(ids) if key.lower().endswith(f"/{name.lower()}")] if ids else []
        )
        return keys[0] if len(keys) == 1 else name

    def _columns(self) -> Mapping[str, tuple[str, ...]]:
        """The items' own columns with values that are few and short, seen on the first items."""
        kept = self._fresh("columns")
        if kept is None:
            seen: dict[str, set[str]] = defaultdict(set)
            count = min(_SAMPLE_ITEMS, self._host.store.items.count())
            for item in self._host.store.items.get(range(1, count + 1)) if count else ():
                for name, value in item.meta.items():
                    seen[str(name)].add(value if isinstance(value, str) else "")
            kept = {name: _few(values) for name, values in seen.items()}
            self._kept["columns"] = (time.monotonic(), kept)
        assert isinstance(kept, dict)
        return kept

    def _fresh(self, name: str) -> object | None:
        at, kept = self._kept.get(name, (0.0, None))
        return kept if kept is not None and time.monotonic() - at < _FRESH_SECONDS else None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def painted_keys(spec: FieldSpec, suggestion: Proposal | None) -> dict[str, str]:
    """Key to label id as the card paints them: fixed digits for up to nine labels, else the likeliest nine in order."""
    keys = {key: label_id for label_id, key in label_keys(spec).items()}
    if len(spec.labels) <= _MOST_DIGITS or not spec.record.is_labels:
        return keys
    value = (suggestion.draft.value if suggestion else None) or {}
    first = [*value.get("labels", ()), *([value["label"]] if "label" in value else [])]
    others = [one.label for one in suggestion.draft.alternatives] if suggestion else []
    known = set(spec.label_ids)
    ranked = [one for one in dict.fromkeys([*first, *others, *spec.label_ids]) if one in known]
    return keys | {str(at): label_id for at, label_id in enumerate(ranked[:_MOST_DIGITS], 1)}


def _few(values: set[str]) -> tuple[str, ...]:
    """Values worth knowing by name: few, short, and words."""
    words = [one for one in values if one and len(one) <= 30 and not any(letter.isdigit() for letter in one)]
    return tuple(sorted(words)) if len(words) == len(values) <= _MOST_VALUES else ()
