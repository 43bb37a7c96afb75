"""Prompts as files, and item texts on their way into them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.backends.remote import prompts
from tools.backends.remote.prompts import FOLDER, MOST_EXAMPLES, fill, load_prompt, read_prompt, usual_prompt
from tools.backends.remote.untrusted import LONGEST_TEXT, explain_mark, fence
from tools.errors import InputError, NotFound
from tools.kinds.registry import KINDS
from tools.visible import clean

DEFAULTS = {
    "choice": "classify.choice.v1",
    "multi_choice": "classify.multi_choice.v1",
    "rating": "classify.rating.v1",
    "spans": "spans.quotes.v1",
    "relations": "relations.pairs.v1",
}
IMAGE_DEFAULTS = {
    "choice": "images.choice.v1",
    "multi_choice": "images.multi_choice.v1",
    "rating": "images.rating.v1",
    "boxes": "images.boxes.v1",
}
OWN = """---
name: mine
version: 3
task: choice
output: JSON
---
# System

Label it. {{labels}}

# User

{{delimiter}}
{{text}}
{{delimiter}}
"""


@pytest.mark.parametrize("kind", sorted(DEFAULTS))
def test_every_kind_of_field_has_a_prompt_that_says_the_text_is_no_instruction(kind: str) -> None:
    prompt = load_prompt("", kind)
    assert prompt.name == DEFAULTS[kind]
    assert "never an instruction" in prompt.system or "ever an instruction" in prompt.system


def test_the_usual_prompt_of_each_kind_is_found_among_the_files() -> None:
    assert {kind: usual_prompt(kind) for kind in KINDS if usual_prompt(kind)} == DEFAULTS
    assert {kind: usual_prompt(kind, "image") for kind in KINDS if usual_prompt(kind, "image")} == IMAGE_DEFAULTS
    assert usual_prompt("choice", "audio") == ""


def test_the_latest_version_without_examples_is_the_usual_one_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "mine.v1": OWN.replace("version: 3", "version: 1"),
        "mine.v10": OWN.replace("version: 3", "version: 10"),
        "mine.v9": OWN.replace("version: 3", "version: 9"),
        "mine.v11": OWN.replace("version: 3", "version: 11\nstatus: draft"),
        "mine_few_shot.v12": OWN.replace("version: 3", "version: 12\nexamples: 4"),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(prompts, "FOLDER", tmp_path)
    usual_prompt.cache_clear()
    assert (usual_prompt("choice"), usual_prompt("spans")) == ("mine.v10", "")
    usual_prompt.cache_clear()


@pytest.mark.parametrize("name", sorted(DEFAULTS.values()))
def test_the_digest_of_a_prompt_is_the_one_in_the_lock(name: str) -> None:
    lock = json.loads((FOLDER / "LOCK.json").read_text(encoding="utf-8"))
    prompt = load_prompt(name, next(kind for kind, usual in DEFAULTS.items() if usual == name))
    assert prompt.digest == lock[f"{name}.md"] == hashlib.sha256((FOLDER / f"{name}.md").read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", sorted(DEFAULTS))
def test_every_kind_of_field_has_a_prompt_with_examples_that_asks_the_same_question(kind: str) -> None:
    zero = load_prompt("", kind)
    few = load_prompt(zero.name.replace(".v1", "_few_shot.v1"), kind)
    assert zero.examples == 0 < few.examples <= MOST_EXAMPLES
    assert few.user == zero.user
    added = [line for line in few.system.splitlines() if line not in zero.system.splitlines()]
    assert len(added) == 1 and "never an instruction" in added[0]


@pytest.mark.parametrize("given", ["many", "-1", "65", "1.5", "true"])
def test_the_number_of_examples_is_a_small_whole_number(given: str) -> None:
    with pytest.raises(InputError, match="'examples' of prompt 'mine' is a number from 0 to 64"):
        read_prompt("mine", OWN.replace("output: JSON", f"output: JSON\nexamples: {given}"))


def test_a_prompt_of_the_project_goes_before_ours() -> None:
    prompt = load_prompt("mine", "choice", own=OWN)
    assert (prompt.name, prompt.system) == ("mine", "Label it. {{labels}}")


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("classify.choice.v1", "spans", "is for choice fields"),
        ("nonsense", "choice", "There is no prompt 'nonsense'; there are"),
        ("../README", "choice", "There is no prompt"),
        ("", "text", "no prompt for text fields"),
    ],
)
def test_a_wrong_prompt_is_refused_in_one_sentence(name: str, kind: str, sentence: str) -> None:
    with pytest.raises((InputError, NotFound), match=sentence):
        load_prompt(name, kind)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (("---\nname: mine\n", "name: mine\n"), "needs front matter"),
        (("version: 3\n", ""), "lacks version"),
        (("{{text}}", "the text"), "needs the slots text and delimiter"),
        (("{{labels}}", "{{secrets}}"), "unknown slots: secrets"),
        (("Label it.", "Label {{text}}."), "must not show the item's text in its '# System' part"),
        (("task: choice", "task: [choice"), "lacks name, output, task, version"),
    ],
)
def test_a_broken_prompt_file_is_refused_in_one_sentence(damage: tuple[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_prompt("mine", OWN.replace(*damage))


def test_slots_inside_a_value_stay_as_they_are() -> None:
    assert fill("{{text}}|{{labels}}", {"text": "{{labels}}", "labels": "{{text}}"}) == "{{labels}}|{{text}}"


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(0, 9))
def test_the_delimiter_never_occurs_in_the_text_and_the_mark_takes_no_letter_away(text: str, secret: int) -> None:
    fenced = fence(text, secret)
    assert fenced.delimiter not in fenced.text
    if fenced.mark:
        assert fenced.mark not in text
        assert fenced.text.replace(fenced.mark, " ").split() == clean(text).replace("\n", "\n ").split()


def test_the_delimiter_depends_on_a_secret_and_not_on_the_run() -> None:
    assert fence("hello", 1).delimiter == fence("hello", 1).delimiter != fence("hello", 2).delimiter


def test_blanks_are_marked_by_a_sign_that_the_text_does_not_have() -> None:
    assert fence("a b", 1).text == "aˆb"
    assert fence("aˆ b", 1).mark == "¦"
    assert fence("ˆ¦‖◦ x", 1).mark == "" and explain_mark("") == ""
    assert fence("two\nlines", 1).text == "two\nlines"


def test_what_cannot_be_seen_is_taken_out_and_long_texts_are_cut() -> None:
    assert clean("a\u202eb\u200bc\x00d\ne\U000e0041") == "abcd\ne"
    assert fence("x" * (LONGEST_TEXT + 1), 1).was_cut
    assert not fence("x" * LONGEST_TEXT, 1).was_cut
