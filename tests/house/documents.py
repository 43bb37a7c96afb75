"""What the documents promise: their fenced blocks, and the commands named in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

FENCE = re.compile(r"^```(?P<kind>[^\n`]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
SHELL = {"bash", "sh", "console", "shell"}


@dataclass(frozen=True)
class Block:
    """A fenced block: the line it starts on, the words after the fence, and its text."""

    line: int
    kind: tuple[str, ...]
    body: str

    @property
    def is_shell(self) -> bool:
        """True for a block of commands."""
        return bool(self.kind) and self.kind[0] in SHELL

    @property
    def is_tested(self) -> bool:
        """True for a block that is run as a test: its fence is followed by `bash test`."""
        return self.kind == ("bash", "test")


def find_blocks(text: str) -> list[Block]:
    """The fenced blocks of a Markdown text, in order."""
    return [
        Block(text.count("\n", 0, match.start()) + 1, tuple(match["kind"].split()), match["body"])
        for match in FENCE.finditer(text)
    ]


def find_commands(text: str, program: str) -> set[str]:
    """The first words that follow `program` at the start of a line of the shell blocks or in inline code."""
    shell = "\n".join(block.body for block in find_blocks(text) if block.is_shell)
    in_blocks = re.findall(rf"^(?:\$ )?(?:\.venv/bin/)?{program} ([a-z][\w-]*)", shell, re.MULTILINE)
    prose = FENCE.sub("", text)
    return set(in_blocks) | set(re.findall(rf"`(?:\.venv/bin/)?{program} ([a-z][\w-]*)[^`\n]*`", prose))
