"""Schemas that YAML reads otherwise than they are meant, or that were made to do harm."""

from __future__ import annotations

import pytest

from tools.errors import SchemaRefused
from tools.schema import dump_schema, read_schema

HEAD = "name: L\nfields:\n  - id: s\n    kind: choice\n"


def test_yes_and_no_are_labels() -> None:
    found = read_schema(HEAD + "    required: no\n    labels: [yes, no, on, off]\n")
    assert [label.name for label in found.fields[0].labels] == ["yes", "no", "on", "off"]
    assert found.fields[0].required is False
    assert read_schema(dump_schema(found)) == found


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ("[true, b]", "YAML reads true without quotes as a truth value; write it in quotes"),
        ("[1, 2]", "1 without quotes is a number; write it in quotes"),
        ("[~, b]", "an empty place or null is none; write it in quotes"),
        ("[2024-01-01, b]", "this is a date; write it in quotes"),
    ],
)
def test_a_label_that_yaml_reads_as_something_else_is_named_with_its_line(labels: str, why: str) -> None:
    with pytest.raises(SchemaRefused, match=f"line 5: a label is a name, and {why}"):
        read_schema(HEAD + f"    labels: {labels}\n")


@pytest.mark.parametrize("source", ["[" * 20_000, "name: a\nfields: " + "{a: " * 5_000])
def test_endless_nesting_is_one_sentence(source: str) -> None:
    with pytest.raises(SchemaRefused, match="nested too deeply"):
        read_schema(source)


def test_aliases_that_multiply_are_refused_before_they_are_written_out() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 9)]
    with pytest.raises(SchemaRefused, match="more than 2,000,000 entries once its aliases are written out"):
        read_schema("\n".join(layers))


def test_names_and_ratings_have_an_end() -> None:
    with pytest.raises(SchemaRefused, match="the name of a label has up to 1000 characters, got 5,000"):
        read_schema(HEAD + f"    labels: [b, {'x' * 5_000}]\n")
    with pytest.raises(SchemaRefused, match="a rating goes from -1,000,000 to 1,000,000 at most"):
        read_schema(f"name: L\nfields:\n  - id: s\n    kind: rating\n    max: 1{'0' * 400}\n")
