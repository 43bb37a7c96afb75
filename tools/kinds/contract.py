"""What every kind of answer says about itself.

A kind is one subclass of :class:`Kind` in a module of its own, and one line in :mod:`tools.kinds.registry`. The
defaults here are right for an answer about a whole item that has labels; a kind overrides what is different. *Content*
is what stands under the kind's key in a stored value: ``"refund"`` of ``{"label": "refund"}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from tools.errors import InputError, NotFound, ValueRefused
from tools.kinds.asked import Asked, Subject, Traced
from tools.kinds.in_files import InFiles
from tools.kinds.replying import Replying
from tools.kinds.taking import LabelNames, Taken, distinct, excerpt, short_reason
from tools.records import Part, Verdict, to_json

Learning = Literal["", "class", "flags", "scale"]
SaidAs = Literal["", "label", "labels", "number", "text", "order"]
ASIDE = ("prompts", "score")
"""Keys that say how a region came about; two regions that differ in them only are the same answer."""


class Kind(Replying, InFiles):
    """One kind of answer.

    ``name`` is how schemas write it, ``key`` the one key of a stored value. ``marks`` is the sort of content that its
    regions are parts of ("text", "image"), empty where the item as a whole is answered. ``options`` are the keys of a
    field that belong to this kind alone or to few. ``verdict`` is what a person did who gave a value of their own.
    ``is_ordered`` says that answers are numbers whose distance counts. ``one`` and ``many`` name its regions.
    ``learns_as`` says how answers are learned that are made of :meth:`words`: one of them ("class"), any number of them
    ("flags"), one of them in their order ("scale"); empty for answers of another making. ``joins`` says that an answer
    is about the regions of another field, the field's ``over``; ``is_near`` that two answers may be the same to people
    without being equal. ``said_as`` is how people give such an answer in a sentence, and empty where it is marked or
    drawn. ``field_words`` are what people call a field of this kind. ``by_hand`` says who answers where no model
    proposes anything, and ``called`` what is then not proposed. ``fineness`` is how closely regions follow an
    object: 1 is a box, more is finer, 0 is for what no mask can be turned into.
    ``needs_labels`` is false where a field may do without. ``is_transcript`` says that an answer is what is said in a
    recording, in segments with times. ``of_parts`` says that an answer is about the several texts that an item is made
    of, which are :meth:`offered`.
    """

    name: ClassVar[str]
    key: ClassVar[str]
    marks: ClassVar[str] = ""
    one: ClassVar[str] = "answer"
    many: ClassVar[str] = "answers"
    has_labels: ClassVar[bool] = True
    has_regions: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = False
    options: ClassVar[frozenset[str]] = frozenset()
    verdict: ClassVar[Verdict] = "choose"
    question: ClassVar[str] = ""
    learns_as: ClassVar[Learning] = ""
    said_as: ClassVar[SaidAs] = ""
    field_words: ClassVar[tuple[str, ...]] = ()
    joins: ClassVar[bool] = False
    by_hand: ClassVar[str] = "it has to be answered by people"
    called: ClassVar[str] = "answers"
    is_near: ClassVar[bool] = False
    fineness: ClassVar[int] = 0
    needs_labels: ClassVar[bool] = True
    is_transcript: ClassVar[bool] = False
    of_parts: ClassVar[bool] = False

    def noun(self, field: Asked) -> str:
        """What one region of a field is called."""
        return self.one

    def check_field(self, field: Asked) -> None:
        """``ValueError`` with what is wrong in a field of this kind by itself."""

    def check_among(self, field: Asked, fields: Sequence[Asked]) -> None:
        """``ValueError`` with what is wrong between a field of this kind and the others."""

    def check(self, field: Asked, content: Any, subject: Subject) -> Any:
        """The canonical content; :class:`ValueRefused` with one sentence."""
        raise NotImplementedError

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """The value of what a file tells, with label names; :class:`ValueRefused` where none can be made of it."""
        return Taken({self.key: self.check(field, content, subject)})

    def word(self, content: Any) -> str | None:
        """The one word for histograms, ``None`` where an answer is more than a word."""
        return None

    def labels_in(self, content: Any) -> tuple[str, ...]:
        """All labels in an answer, repeats kept."""
        word = self.word(content)
        return () if word is None else (word,)

    def labels_path(self) -> str:
        """The JSON path in a value to all of its labels, empty where a value has one word at most."""
        return ""

    def regions_in(self, content: Any) -> tuple[Mapping[str, Any], ...]:
        """The regions of an answer, empty for the kinds that have none."""
        return tuple(content) if self.has_regions else ()

    def bare(self, content: Any) -> Any:
        """The content without what does not belong to the answer; equal ones mean equal answers."""
        return content

    def agrees(self, one: Any, other: Any, iou: float) -> bool:
        """Whether two contents are the same answer to people; ``iou`` 0..1 is how far regions of images may differ."""
        return to_json(self.bare(one)) == to_json(self.bare(other))

    def rule_of_match(self, iou: float) -> str:
        """When two regions are in the same place, as part of a sentence."""
        return "they are equal"

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """One short part of a sentence; ``text`` is the item's."""
        raise NotImplementedError

    def describe_apart(self, field: Asked, content: Any) -> str:
        """The same without anything of the item's text or of what a person wrote."""
        return self.describe(field, content, "")

    def words(self, field: Asked) -> tuple[str, ...]:
        """Every word that :meth:`word` or :meth:`labels_in` may give."""
        return field.label_ids

    def find_word(self, field: Asked, name: str) -> str:
        """The one of :meth:`words` that a person means by ``name``, whatever its case; errors list what there is."""
        wanted = name.strip().casefold()
        for label in field.answers:
            if wanted in (label.id, label.name.casefold()):
                return label.id
        raise NotFound(f"Field {field.id!r} has no label {name!r}; it has {', '.join(field.label_ids)}.")

    @property
    def is_labels(self) -> bool:
        """Whether an answer is nothing but labels."""
        return self.said_as in ("label", "labels")

    def of_labels(self, field: Asked, label_ids: Sequence[str]) -> Any:
        """The content that these labels make, one at least, where an answer is nothing but labels."""
        return [one for one in field.label_ids if one in label_ids]

    def of_words(self, field: Asked, words: Sequence[str]) -> Any:
        """The content that is made of :meth:`words`, for the kinds that are; unknown words are left for the check."""
        return words[0] if words else None

    def of_mask(self, mask: Traced) -> dict[str, Any]:
        """What a region has beside id and label, made of a mask; for the kinds with a :attr:`fineness`."""
        raise NotImplementedError

    def offered(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """The parts of an item that an answer is about, in the item's order; the role is the name in answers."""
        return ()

    def read_said(self, words: str, subject: Subject) -> Any:
        """The content that a person's words say in a way of this kind's own, ``None`` where they say none."""
        return None

    def is_blank(self, content: Any) -> bool:
        """Whether the answer says nothing at all, so that a person who gave it meant to skip."""
        return False


def known_label(field: Asked, label: Any) -> str:
    """``label`` if it is one of the field's; :class:`ValueRefused` with those there are."""
    if not isinstance(label, str) or label not in field.label_ids:
        raise ValueRefused(f"{label!r} is not a label of field {field.id!r}; it has {', '.join(field.label_ids)}.")
    return label


def name_of(field: Asked, label_id: str) -> str:
    """The display name of a label, also of one that the schema has lost."""
    return field.label(label_id).name if label_id in field.label_ids else f"{label_id} (no longer in the schema)"


def regions_told(field: Asked, content: Any) -> Sequence[Mapping[str, Any]]:
    """What a file tells, if it is a list of regions."""
    if not isinstance(content, (list, tuple)) or not all(isinstance(one, Mapping) for one in content):
        raise ValueRefused(f"{field.id!r} takes a list of regions")
    return content


def refuse_same_ids(field: Asked, regions: Sequence[Mapping[str, Any]]) -> None:
    """:class:`ValueRefused` where two regions have one id."""
    ids = [region["id"] for region in regions]
    if len(set(ids)) != len(ids):
        twin = next(one for one in ids if ids.count(one) > 1)
        raise ValueRefused(f"Two regions of field {field.id!r} have the id {twin!r}.")


class Regions(Kind):
    """What all kinds share whose answers are lists of regions with a label each, under a key named like the kind."""

    has_regions = True
    verdict = "edit"
    reply_tokens = 1536

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """Region by region: those that do not fit are named with their reason, the others kept."""
        taken = Taken()
        kept: list[dict[str, Any]] = []
        for region in regions_told(field, content):
            try:
                (found,) = self.check(field, [self.named(names, region)], subject)
                one = distinct(found, kept)
                self.refuse_beside(field, one, kept, subject)
                kept.append(one)
            except ValueRefused as refused:
                taken.problems.append((short_reason(refused), excerpt(region)))
        if kept or not taken.problems:
            taken.value = {self.key: self.check(field, kept, subject)}
        return taken

    def named(self, names: LabelNames, region: Mapping[str, Any]) -> dict[str, Any]:
        """A region that a file tells, with the id of its label in place of the name."""
        if not self.needs_labels and not region.get("label"):
            return dict(region)
        return names.named(region)

    def refuse_beside(
        self, field: Asked, region: Mapping[str, Any], kept: Sequence[Mapping[str, Any]], subject: Subject
    ) -> None:
        """:class:`ValueRefused` for a region that fits by itself and not beside those that were kept."""

    def labels_in(self, content: Any) -> tuple[str, ...]:
        """The label of each region."""
        return tuple(region["label"] for region in content)

    def labels_path(self) -> str:
        """The labels of the regions."""
        return f"$.{self.key}[*].label"

    def bare(self, content: Any) -> Any:
        """The regions without ids and without how they came about, in an order of their own."""
        without = [{k: v for k, v in region.items() if k not in ("id", *ASIDE)} for region in content]
        return sorted(without, key=to_json)


class Labelless(Kind):
    """What the kinds share that take no labels."""

    has_labels = False

    def names_in(self, content: Any) -> Sequence[Any]:
        """None."""
        return ()

    def words(self, field: Asked) -> tuple[str, ...]:
        """None."""
        return ()

    def spellings(self, field: Asked) -> tuple[str, ...]:
        """The words themselves."""
        return self.words(field)

    def find_word(self, field: Asked, name: str) -> str:
        """Nothing is found."""
        raise InputError(f"Field {field.id!r} is answered in text and has no labels.")
