"""Prompts as versioned files: front matter, a part for the system and a part for the user, filled in one pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.errors import InputError, NotFound
from tools.modalities.registry import MODALITIES

FOLDER = Path(__file__).resolve().parents[3] / "prompts"
SCALES = (1, 1000)
"""What coordinates of an image may be asked in: shares of its sides, or thousandths."""

MOST_EXAMPLES = 64
"""Confirmed answers that a prompt may show."""

_FILE = re.compile(r"\A---\n(?P<front>.*?\n)---\n+# System\n(?P<system>.*?)\n# User\n(?P<user>.*)\Z", re.DOTALL)
_FRONT = re.compile(r"\A---\n(?P<front>.*?\n)---\n", re.DOTALL)
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_SLOTS = {"question", "guideline", "labels", "delimiter", "marking", "text", "passages"}
_SHOWS = {"text": "a text", "image": "a picture"}
_READ = frozenset(one.content for one in MODALITIES.values() if one.can_speak)
_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*\Z")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of a prompt. ``source`` is the whole file and ``digest`` the SHA-256 of its bytes; ``task`` is the
    kind of field it is for, ``item`` "text" or "image". ``examples`` is how many confirmed answers are shown before
    the text, at most; 0 for none. ``scale`` is what the sides of an image count as in coordinates.
    """

    name: str
    task: str
    system: str
    user: str
    source: str
    digest: str
    examples: int = 0
    item: str = "text"
    scale: int = 1000


def load_prompt(name: str, kind: str, own: str | None = None, content: str = "text") -> Prompt:
    """The prompt of that name, the usual one of the field kind for an empty name.

    ``own`` is the text of a file of the project's own, which goes before ours. ``content`` is the sort of content of
    the project's items. A prompt for another kind is refused.
    """
    wanted = name.removesuffix(".md") or usual_prompt(kind, content)
    if not wanted:
        raise InputError(f"There is no prompt for {kind} fields; write one in the project's folder and name it.")
    text = own if own is not None else _shipped(wanted)
    prompt = read_prompt(wanted, text)
    if prompt.task != kind:
        raise InputError(f"Prompt {wanted!r} is for {prompt.task} fields, and this is a {kind} field.")
    if prompt.item != content:
        raise InputError(f"Prompt {wanted!r} shows {_SHOWS[prompt.item]}, and the items here are of another kind.")
    return prompt


@cache
def usual_prompt(kind: str, content: str = "text") -> str:
    """The name of the prompt for fields of a kind where nobody names one, "" where none is shipped.

    It is the latest of those that show no examples; a draft is not used yet.
    """
    fronts = {path.stem: _front_of(path.stem, path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.md")}
    fitting = {
        name: int(front["version"])
        for name, front in fronts.items()
        if (front["task"], front.get("item", "text")) == (kind, content)
        and not front.get("examples")
        and front.get("status") != "draft"
    }
    return max(sorted(fitting), key=lambda name: fitting[name], default="")


def _shipped(name: str) -> str:
    place = FOLDER / f"{name}.md"
    if not _NAME.match(name) or not place.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.md")))
        raise NotFound(f"There is no prompt {name!r}; there are {known}.")
    return place.read_text(encoding="utf-8")


def read_prompt(name: str, text: str) -> Prompt:
    """Parse a prompt file; one sentence says what is missing."""
    found = _FILE.match(text.replace("\r\n", "\n"))
    if found is None:
        raise InputError(f"Prompt {name!r} needs front matter between lines ---, then '# System' and '# User'.")
    front = _front_of(name, text)
    slots = set(_SLOT.findall(text))
    if slots - _SLOTS:
        unknown = ", ".join(sorted(slots - _SLOTS))
        raise InputError(f"Prompt {name!r} has unknown slots: {unknown}; known are {', '.join(sorted(_SLOTS))}.")
    item, scale = front.get("item", "text"), front.get("scale", 1000)
    if item not in _SHOWS or type(scale) is not int or scale not in SCALES:
        raise InputError(f"In prompt {name!r} 'item' is text or image and 'scale' is 1 or 1000.")
    if item in _READ and not {"text", "delimiter"} <= set(_SLOT.findall(found["user"])):
        raise InputError(f"The '# User' part of prompt {name!r} needs the slots text and delimiter.")
    if "text" in _SLOT.findall(found["system"]):
        raise InputError(f"Prompt {name!r} must not show the item's text in its '# System' part.")
    examples = front.get("examples", 0)
    if type(examples) is not int or not 0 <= examples <= MOST_EXAMPLES:
        raise InputError(f"'examples' of prompt {name!r} is a number from 0 to {MOST_EXAMPLES}, got {examples!r}.")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    parts = found["system"].strip(), found["user"].strip()
    return Prompt(name, str(front["task"]), *parts, text, digest, examples, item, scale)


def _front_of(name: str, text: str) -> dict[str, Any]:
    found = _FRONT.match(text.replace("\r\n", "\n"))
    try:
        read = yaml.safe_load(found["front"]) if found else None
    except yaml.YAMLError:
        read = None
    front = dict(read) if isinstance(read, dict) else {}
    missing = {"name", "version", "task", "output"} - set(front)
    if missing:
        raise InputError(f"The front matter of prompt {name!r} lacks {', '.join(sorted(missing))}.")
    return front


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace the slots in one pass, so that braces inside a value stay what they are."""
    filled = _SLOT.sub(lambda slot: values[slot.group(1)], template)
    return re.sub(r"\n{3,}", "\n\n", filled) if "text" not in _SLOT.findall(template) else filled
