"""The files of the demo project agree with each other. Read with plain csv, json and yaml."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "assistant" / "demo"
RESERVED = {"none_of_these", "cannot_tell"}
EXPOSURES = {"blind", "suggested", "imported_independent"}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def objects(name: str) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


SCHEMA = yaml.safe_load((FOLDER / "schema.yaml").read_text(encoding="utf-8"))
FIELDS = {field["id"]: field for field in SCHEMA["fields"]}
LABELS_OF = {name: {label["id"]: label for label in field.get("labels", [])} for name, field in FIELDS.items()}
MESSAGES = rows("messages.csv")
TEXT = {row["id"]: row["text"] for row in MESSAGES}
TRUTH = {row["item"]: row["intent"] for row in rows("truth.csv")}
DECISIONS = objects("labels.jsonl")
GOLD = objects("gold.jsonl")
PLANTED = rows("planted_errors.csv")


def of(field: str) -> list[dict[str, Any]]:
    """The decisions on one field."""
    return [decision for decision in DECISIONS if decision["field"] == field]


def words(text: str) -> int:
    """Words between blanks; two Chinese characters count as one word."""
    return len(text.split()) + len(re.findall(r"[\u4e00-\u9fff]", text)) // 2


def contrast_with_white(colour: str) -> float:
    """WCAG contrast ratio of a hex colour against white."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def spans(value: dict[str, Any]) -> set[str]:
    """Spans in the words of planted_errors.csv."""
    return {f"{span['start']}-{span['end']} {span['label']}" for span in value["spans"]}


def test_schema_is_usable_with_the_keyboard_and_readable() -> None:
    """Lower-snake ids, digit keys in order, different colours that stand out from white."""
    kinds = [field["kind"] for field in SCHEMA["fields"]]
    assert kinds == ["choice", "multi_choice", "spans", "relations", "rating", "text"]
    assert [label["hotkey"] for label in LABELS_OF["intent"].values()] == list("12345678")
    for name, labels in LABELS_OF.items():
        assert len(labels) == len(FIELDS[name].get("labels", []))
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in labels)
        colours = [label["color"] for label in labels.values()]
        assert len(set(colours)) == len(colours)
        assert all(contrast_with_white(colour) >= 4.5 for colour in colours)
        assert all(label["description"] for label in labels.values())
    for link in LABELS_OF["links"].values():
        assert {*link["from"], *link["to"]} <= set(LABELS_OF["entities"])


def test_messages_are_unique_short_and_spread_over_six_weeks() -> None:
    """Three hundred messages with ids in order of arrival."""
    assert [row["id"] for row in MESSAGES] == [f"M{number:03d}" for number in range(1, 301)]
    assert {row["channel"] for row in MESSAGES} == {"email", "chat", "review", "phone_note"}
    assert [row["id"] for row in MESSAGES if not 5 <= words(row["text"]) <= 60] == []
    days = [date.fromisoformat(row["received_at"]) for row in MESSAGES]
    assert days == sorted(days)
    assert 35 <= (days[-1] - days[0]).days <= 42


def test_the_awkward_messages_are_there() -> None:
    """Markup, a prompt injection, equal texts, a rare class, other scripts, line breaks, a formula sign."""
    texts = list(TEXT.values())
    assert sum("<script>" in text and "onerror" in text for text in texts) == 1
    assert sum("Ignore your instructions" in text for text in texts) == 1
    assert [count for count in Counter(texts).values() if count > 1] == [2]
    assert 1 <= Counter(TRUTH.values())["safety"] <= 6
    assert 4 <= sum(bool(re.search(r"[\u0600-\u06ff\u4e00-\u9fff]", text)) for text in texts) <= 7
    assert any("\n" in text for text in texts)
    assert any(text[0] in "+-=@" for text in texts)


def test_truth_covers_every_message() -> None:
    """One intent for each message; every label occurs."""
    assert list(TRUTH) == list(TEXT)
    assert set(TRUTH.values()) == set(LABELS_OF["intent"]) | RESERVED


def span_fits(text: str, span: dict[str, Any]) -> bool:
    """Inside the text in code points, not empty, no blank or full stop at its ends, a label of the schema."""
    quote = text[span["start"] : span["end"]]
    inside = 0 <= span["start"] < span["end"] <= len(text)
    return inside and quote == quote.strip(" ,.?!\n") and span["label"] in LABELS_OF["entities"]


FITS: dict[str, Callable[[str, Any], bool]] = {
    "intent": lambda _, value: value["label"] in {*LABELS_OF["intent"], *RESERVED},
    "topics": lambda _, value: bool(value["labels"]) and set(value["labels"]) <= set(LABELS_OF["topics"]),
    "entities": lambda text, value: all(span_fits(text, span) for span in value["spans"]),
    "links": lambda _, value: {link["label"] for link in value["relations"]} <= set(LABELS_OF["links"]),
    "urgency": lambda _, value: FIELDS["urgency"]["min"] <= value["rating"] <= FIELDS["urgency"]["max"],
    "note": lambda _, value: bool(value["text"].strip()),
}


def test_each_value_fits_the_schema() -> None:
    """Item and field exist; labels are in the schema; offsets are code points inside the text."""
    assert [d for d in [*DECISIONS, *GOLD] if not FITS[d["field"]](TEXT[d["item"]], d["value"])] == []


def test_decisions_name_people_exposure_and_time() -> None:
    """Nobody decides the same thing twice, nothing before the message came, about 40 % blind."""
    keys = [(d["item"], d["field"], d["annotator"]) for d in DECISIONS]
    assert len(set(keys)) == len(keys)
    assert {d["annotator"] for d in DECISIONS} == {"ana", "ben", "chloe", "dev"}
    assert {d["exposure"] for d in DECISIONS} <= EXPOSURES
    assert 0.35 <= sum(d["exposure"] == "blind" for d in DECISIONS) / len(DECISIONS) <= 0.45
    received = {row["id"]: date.fromisoformat(row["received_at"]) for row in MESSAGES}
    assert all(datetime.fromisoformat(d["decided_at"]).date() > received[d["item"]] for d in DECISIONS)


def test_a_span_id_means_one_span_in_its_item_and_links_end_on_spans_of_the_same_person() -> None:
    """Equal ids are equal spans; relation ends exist and have the types that the schema wants."""
    meaning: dict[tuple[str, str], set[tuple[int, int, str]]] = defaultdict(set)
    own: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for d in of("entities") + [g | {"annotator": "gold"} for g in GOLD if g["field"] == "entities"]:
        for s in d["value"]["spans"]:
            meaning[d["item"], s["id"]].add((s["start"], s["end"], s["label"]))
            own[d["item"], d["annotator"]][s["id"]] = s["label"]
    assert all(len(found) == 1 for found in meaning.values())
    for d in of("links"):
        ends = own[d["item"], d["annotator"]]
        for relation in d["value"]["relations"]:
            link = LABELS_OF["links"][relation["label"]]
            assert ends[relation["from"]] in link["from"] and ends[relation["to"]] in link["to"]


def test_wrong_intents_are_exactly_the_planted_ones() -> None:
    """A label differs from the truth where, and only where, an error was planted."""
    wrong = {
        (d["item"], d["annotator"], d["value"]["label"], TRUTH[d["item"]])
        for d in of("intent")
        if d["value"]["label"] != TRUTH[d["item"]]
    }
    assert wrong == {(p["item"], p["annotator"], p["given"], p["correct"]) for p in PLANTED if p["field"] == "intent"}
    made = Counter(d["annotator"] for d in of("intent"))
    missed = Counter(annotator for _, annotator, _, _ in wrong)
    assert 0.2 <= missed["dev"] / made["dev"] <= 0.3
    assert all(missed[name] / made[name] < 0.05 for name in ("ana", "ben", "chloe"))


def test_planted_span_errors_are_in_the_labels() -> None:
    """What was given is there, what is right is not; gold and colleagues agree on everything else."""
    by_person = {(d["item"], d["annotator"]): spans(d["value"]) for d in of("entities")}
    for p in (p for p in PLANTED if p["field"] == "entities"):
        found = by_person[p["item"], p["annotator"]]
        assert p["correct"] not in found and (not p["given"] or p["given"] in found)
        by_person[p["item"], p["annotator"]] = (found - {p["given"]}) | {p["correct"]}
    repaired: dict[str, set[frozenset[str]]] = defaultdict(set)
    for (item, _), found in by_person.items():
        repaired[item].add(frozenset(found))
    for g in (g for g in GOLD if g["field"] == "entities"):
        repaired[g["item"]].add(frozenset(spans(g["value"])))
    assert all(len(versions) == 1 for versions in repaired.values())
    kinds = Counter(p["kind"] for p in PLANTED)
    assert kinds == {"wrong_label": 19, "span_wrong_boundary": 4, "span_wrong_label": 2, "span_missing": 2}


def test_gold_is_true_and_rests_on_blind_labels_and_much_is_left_to_do() -> None:
    """Thirty gold intents, ten gold entities; at least 120 messages without an intent label."""
    assert Counter(g["field"] for g in GOLD) == {"intent": 30, "entities": 10}
    assert all(g["value"]["label"] == TRUTH[g["item"]] for g in GOLD if g["field"] == "intent")
    blind = {(d["item"], d["field"]) for d in DECISIONS if d["exposure"] == "blind"}
    assert all((g["item"], g["field"]) in blind for g in GOLD)
    per_item = Counter(d["item"] for d in of("intent"))
    assert Counter(per_item.values()) == {3: 60, 1: 110}
    assert len(TEXT) - len(per_item) >= 120
