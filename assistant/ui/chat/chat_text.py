"""Text for the chat, whose messages are Markdown: what comes from outside is written so that it stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.agent.kept_tables import MOST_ROWS
from assistant.ui.chat.showing import fact_words, interval_words
from tools.records import JsonValue
from tools.results import Fact, Figure, Table

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+<>|~&$!^=:@\"']")
# Addresses without a scheme, and line starts that would become lists or rules.
_ADDRESS = re.compile(r"(?i)\bwww\.")
_LINE_START = re.compile(r"(?m)^(\s*)(-+|\d+\.)(?=\s|$)")
_MOST_LETTERS = 120


def plain(text: str) -> str:
    """``text`` as Markdown that shows exactly these characters: signs with a meaning become entities."""
    safe = _SPECIAL.sub(lambda found: f"&#{ord(found.group())};", text)
    safe = _ADDRESS.sub("www&#46;", safe)
    return _LINE_START.sub(lambda found: f"{found[1]}{_entities(found[2])}", safe)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(one)};" if not one.isalnum() else one for one in text)


def cell_text(value: JsonValue) -> str:
    """One cell: a single short line of plain text."""
    if value is None:
        return ""
    words = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    words = " ".join(words.split())
    return plain(words if len(words) <= _MOST_LETTERS else words[: _MOST_LETTERS - 1] + "…")


def table_text(table: Table, total: int = 0) -> str:
    """A table as Markdown, cut where a chat is no longer the place; ``total`` is how many rows it had before a cut."""
    return _grid(table.title, table.columns, table.rows, total)


def facts_text(facts: Sequence[Fact]) -> str:
    """Numbers with interval and denominator as a table, without columns in which nothing stands."""
    columns = ("measure", "value", "interval", "n", "how")
    rows = [
        (fact.name.replace("_", " "), fact_words(fact), interval_words(fact), fact.n, fact.note or fact.method)
        for fact in facts
    ]
    kept = [at for at in range(len(columns)) if at < 2 or any(row[at] not in ("", None) for row in rows)]
    return _grid("", [columns[at] for at in kept], [[row[at] for at in kept] for row in rows])


def figure_text(figure: Figure, image: str) -> str:
    """A chart as an image; the address was made here."""
    return f"![{plain(figure.title)}]({image})"


def _grid(title: str, columns: Sequence[str], rows: Sequence[Sequence[JsonValue]], total: int = 0) -> str:
    lines = [f"**{plain(title)}**", ""] if title else []
    lines.append("| " + " | ".join(cell_text(name) or " " for name in columns) + " |")
    lines.append("|" + " --- |" * len(columns))
    lines += ["| " + " | ".join(cell_text(value) for value in row) + " |" for row in rows[:MOST_ROWS]]
    if max(len(rows), total) > MOST_ROWS:
        lines += ["", f"The first {MOST_ROWS} of {max(len(rows), total)} rows."]
    return "\n".join(lines)
