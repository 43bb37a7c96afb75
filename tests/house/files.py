"""Rules about files that are no Python: prompts, templates, static files, the top of the repository."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from tests.house.tree import CODE_ROOMS, Tree

PROMPT_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\.v[1-9][0-9]*\.md")
# A draft is a prompt that nothing uses yet; it may change, and is not in the lock.
DRAFT = re.compile(r"\A---\n(?:.*\n)*?status:\s*draft\s*\n(?:.*\n)*?---\n")
ALLOWED_AT_THE_TOP = {
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "assistant",
    "constraints.txt",
    "jsconfig.json",
    "package-lock.json",
    "package.json",
    "docs",
    "eval",
    "prompts",
    "pyproject.toml",
    "tests",
    "tools",
}
TEXT_SUFFIXES = {".py", ".js", ".css", ".html", ".svg", ".md", ".yaml", ".yml", ".json", ".toml", ".txt", ".sql"}
# The page and the program work offline: nothing is fetched from a content network and nothing reports home.
FORBIDDEN_HOST = re.compile(
    r"\b(?:cdn\.[a-z]|cdnjs\.|unpkg\.com|jsdelivr\.net|esm\.sh|skypack\.dev|googleapis\.com|gstatic\.com"
    r"|google-analytics\.com|googletagmanager\.com|posthog\.com|sentry\.io|segment\.io|mixpanel\.com|plausible\.io)",
)
ABSOLUTE_ADDRESS = re.compile(r"https?://(?!www\.w3\.org/|127\.0\.0\.1|localhost)[^\s\"'<>)]+")
# A folder of one person's computer has no place in a product.
PRIVATE_PATH = re.compile(r"(?<![\w./~-])/(?:home|root|work|opt|Users)/\w+")


def prompts_are_files_only(tree: Tree) -> list[str]:
    """prompts/ holds `<area>.<name>.v<N>.md` and LOCK.json."""
    folder = tree.root / "prompts"
    return [
        f"{path.relative_to(tree.root)} does not belong in prompts/: it holds <area>.<name>.v<N>.md and LOCK.json only."
        for path in sorted(folder.rglob("*"))
        if path.name != "LOCK.json" and not (path.parent == folder and PROMPT_NAME.fullmatch(path.name))
    ]


def prompts_are_locked(tree: Tree) -> list[str]:
    """Every released prompt is in LOCK.json with its hash, and LOCK.json names nothing else."""
    folder = tree.root / "prompts"
    lock_path = folder / "LOCK.json"
    locked = json.loads(lock_path.read_text(encoding="utf-8")) if lock_path.exists() else {}
    released = {path.name: _hash(path) for path in sorted(folder.glob("*.md")) if not _is_draft(path)}
    return [
        *_unlocked(released, locked),
        *(
            f"prompts/LOCK.json names {name}, which is not a released prompt. Bring the file back."
            for name in locked
            if name not in released
        ),
    ]


def _unlocked(released: dict[str, str], locked: dict[str, str]) -> list[str]:
    found = []
    for name, digest in released.items():
        if name not in locked:
            found.append(f'prompts/{name} is not locked. Add this line to prompts/LOCK.json: "{name}": "{digest}"')
        elif locked[name] != digest:
            found.append(
                f"prompts/{name} was changed after its release. Restore it and put the change in the next version."
            )
    return found


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_draft(path: Path) -> bool:
    return DRAFT.match(path.read_text(encoding="utf-8")) is not None


def templates_take_no_values(tree: Tree) -> list[str]:
    """The card's HTML is a constant: text from items gets in through textContent only."""
    return [
        f"{path.relative_to(tree.root)} contains {mark!r}. No value is written into HTML: "
        f"set textContent from JavaScript."
        for path in sorted((tree.root / "assistant").rglob("*.html"))
        for mark in ("${", "{{")
        if mark in path.read_text(encoding="utf-8")
    ]


def nothing_is_fetched_from_outside(tree: Tree) -> list[str]:
    """No content networks or analytics anywhere; no outside address at all in what the browser gets."""
    found = []
    for path in _text_files(tree.root):
        text = path.read_text(encoding="utf-8")
        pattern = ABSOLUTE_ADDRESS if path.suffix in {".js", ".css", ".html", ".svg"} else FORBIDDEN_HOST
        found += [
            f"{path.relative_to(tree.root)} names {match.group()}. Everything works offline: "
            f"ship the file with the package."
            for match in pattern.finditer(text)
        ]
    return found


def _text_files(root: Path) -> list[Path]:
    paths = [path for room in (*CODE_ROOMS, "prompts") for path in sorted((root / room).rglob("*"))]
    return [path for path in paths if path.suffix in TEXT_SUFFIXES and "__pycache__" not in path.parts]


def no_private_paths(tree: Tree) -> list[str]:
    """No absolute path of one computer."""
    top = [path for path in sorted(tree.root.glob("*")) if path.suffix in TEXT_SUFFIXES or path.name == "Makefile"]
    return [
        f"{path.relative_to(tree.root)} names {match.group()}, a path of one computer. "
        f"Use a relative path or an argument."
        for path in [*_text_files(tree.root), *top]
        for match in PRIVATE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]


def constraints_are_plain(tree: Tree) -> list[str]:
    """Each line pins one package by a public version, and torchvision is not among them."""
    path = tree.root / "constraints.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pins = [line for line in lines if line and not line.startswith("#")]
    found = [
        f"constraints.txt: {line!r} is not `name==version`. Drop paths, addresses and +local versions."
        for line in pins
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line)
    ]
    if any(line.lower().startswith("torchvision=") for line in pins):
        found.append(
            "constraints.txt pins torchvision, which breaks transformers beside a CPU build of torch. Remove it."
        )
    return found


def top_level_is_known(names: set[str]) -> list[str]:
    """Nothing but what is listed stands at the top of the repository."""
    return [
        f"{name} does not belong at the top of the repository. Move it into a folder, ignore it, or add it to "
        f"ALLOWED_AT_THE_TOP in tests/house/files.py with a reason."
        for name in sorted(names - ALLOWED_AT_THE_TOP)
    ]
