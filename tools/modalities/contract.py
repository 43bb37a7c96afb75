"""What every kind of item says about itself.

A modality is one record in a module of its own, and one line in :mod:`tools.modalities.registry`. Nothing outside this
room compares the kind of a project's items with a word: it asks the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.content import Content, Text
from tools.images.probe import Probe
from tools.records import Item


def _words(item: Item, place: Path | None) -> Content:
    return Text(item.text)


@dataclass(frozen=True, slots=True)
class Modality:
    """One kind of item.

    - ``name`` is how schemas write it; ``one`` and ``many`` are what people call such an item.
    - ``content`` is the sort of content that it has. Regions of answers mark parts of it; back-ends, writers and tools
      say which sorts they can take.
    - ``reasons`` are why suggestions are turned down, at most nine for nine keys.
    - ``examples`` are sentences that fit such a project.
    - ``how_imported`` says how a file comes in; ``{file}`` is the name that was said.
    - ``has_file`` is true where the content is a file beside the item's name.
    - ``can_speak`` is true where a labeller reads the content as words, so that it could give orders.
    - ``note`` tells a language model what people call the items, where that is not plain.
    - ``also_called`` finds other words for an item, with the group ``s`` for the plural.
    - ``columns`` are names that tables usually give to the column with the name of such a file.
    - ``told_in`` says how a table holds its text: in one column, in two, or as turns in one.
    - ``file_name`` fits a word that is the name of such a file.
    - ``content_of`` makes the content of an item from it and the place of its file.
    - ``suffixes`` are how the names of such files end, ``probe`` finds out what a file is without trusting it.
    """

    name: str
    one: str
    many: str
    content: str
    reasons: tuple[str, ...]
    examples: tuple[str, ...]
    how_imported: str
    has_file: bool = False
    can_speak: bool = True
    note: str = ""
    also_called: re.Pattern[str] | None = None
    file_name: re.Pattern[str] | None = None
    columns: tuple[str, ...] = ()
    told_in: Literal["one", "two", "turns"] = "one"
    suffixes: tuple[str, ...] = ()
    probe: Callable[[Path], Probe] | None = None
    content_of: Callable[[Item, Path | None], Content] = _words
