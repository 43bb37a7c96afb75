"""Small labelled texts for tests of back-ends, easy enough to be learned from their letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.backends.contract import Example, Input
from tools.schema import FieldSpec, LabelSchema, read_schema

SCHEMA: LabelSchema = read_schema(
    """
name: Messages
fields:
  - {id: intent, kind: choice, question: "What does the customer want?", none_of_these: true, labels: [
      {id: refund, name: Refund, description: wants the money back},
      {id: delivery, name: Delivery, description: asks where the parcel is},
      {id: password, name: Password, description: cannot log in}]}
  - {id: topics, kind: multi_choice, labels: [Money, Parcel, Login]}
  - {id: mood, kind: rating, min: 1, max: 3}
  - {id: things, kind: spans, overlap: false, labels: [product, place]}
  - {id: bought, kind: relations, over: things, labels: [{id: sold_in, from: [product], to: [place]}]}
"""
)
INTENT, TOPICS, MOOD, THINGS, BOUGHT = SCHEMA.fields
_TEXTS = {
    "refund": ("please refund my money", "I want my money back for order {n}", "refund the payment of order {n}"),
    "delivery": ("where is my parcel {n}", "the parcel has not arrived", "when will parcel {n} be delivered"),
    "password": ("I forgot my password", "cannot log in with password {n}", "reset the password of account {n}"),
}
_PRODUCTS, _PLACES = ("kettle", "blender", "Zento lamp", "toaster"), ("Berlin", "Oslo", "New York", "Lima")


def intents(count: int) -> list[tuple[str, str]]:
    """(text, label) in turn over the labels."""
    labels = list(_TEXTS)
    made = []
    for n in range(count):
        label = labels[n % 3]
        made.append((_TEXTS[label][n // 3 % 3].format(n=n), label))
    return made


def sales(count: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """(text, spans): somebody bought a product in a place; every fifth text holds neither."""
    made: list[tuple[str, list[dict[str, Any]]]] = []
    for n in range(count):
        if n % 5 == 4:
            made.append((f"thanks a lot, see you on day {n}", []))
            continue
        product, place = _PRODUCTS[n % 4], _PLACES[n // 2 % 4]
        text = f"I bought the {product} 🎁 in {place} on day {n}"
        made.append((text, [_span(text, product, "product"), _span(text, place, "place")]))
    return made


def _span(text: str, quote: str, label: str) -> dict[str, Any]:
    start = text.index(quote)
    return {"id": f"s{start}", "start": start, "end": start + len(quote), "label": label}


def examples_of(field: FieldSpec, count: int, calibrates: bool = True) -> list[Example]:
    """Confirmed values of a field of :data:`SCHEMA`."""
    if field.kind in ("spans", "relations"):
        return [_over_spans(field, n, *sale) for n, sale in enumerate(sales(count), start=1)]
    return [
        Example(Input.of_text(n, text), _value(field, label), calibrates)
        for n, (text, label) in enumerate(intents(count), start=1)
    ]


def _value(field: FieldSpec, label: str) -> Mapping[str, Any]:
    place = list(_TEXTS).index(label)
    if field.kind == "rating":
        return {"rating": place + 1}
    return {"labels": [field.label_ids[place]]} if field.kind == "multi_choice" else {"label": label}


def _over_spans(field: FieldSpec, n: int, text: str, spans: Sequence[dict[str, Any]]) -> Example:
    if field.kind == "spans":
        return Example(Input.of_text(n, text), {"spans": list(spans)})
    joined = [{"id": "r", "label": "sold_in", "from": spans[0]["id"], "to": spans[1]["id"]}] if spans else []
    return Example(Input.of_text(n, text, tuple(spans)), {"relations": joined})


def inputs_of(field: FieldSpec, count: int) -> list[Input]:
    """Inputs like the examples, with ids from 1001."""
    return [
        Input.of_text(1000 + n, one.input.text, one.input.spans)
        for n, one in enumerate(examples_of(field, count), start=1)
    ]
