"""brat standoff: a ``.txt`` with the text and an ``.ann`` beside it with spans (T) and relations (R); import only.

Events, attributes, normalisations, notes and equivalences (E, A, M, N, #, *) have no place here; they are counted.
Offsets are code points of the file as it is, ends exclusive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.errors import FormatRefused
from tools.exchange.files.encoding import decode
from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ExchangeReject, Row, RowSource
from tools.schema import LabelSchema

ANNOTATIONS, TEXT = ".ann", ".txt"
ENTITIES, RELATIONS = "entities", "relations"
_OTHERS = {
    "E": "events",
    "A": "attributes",
    "M": "attributes",
    "N": "normalisations",
    "#": "notes",
    "*": "equivalences",
}


@dataclass(slots=True)
class _Document:
    """What one ``.ann`` file says."""

    spans: list[dict[str, object]] = field(default_factory=list)
    relations: list[dict[str, object]] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)


def is_brat(path: Path) -> bool:
    """Whether the path is an annotation file, a text with one beside it, or a folder of them."""
    if path.is_dir():
        return any(one.suffix == ANNOTATIONS for one in path.iterdir())
    return path.suffix.lower() == ANNOTATIONS or path.with_suffix(ANNOTATIONS).is_file()


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The documents of a folder, or the one of a pair of files."""
    stems = _stems(source)
    if not stems:
        raise FormatRefused(f"{source.name} holds no {ANNOTATIONS} files.")
    notes: list[str] = []
    return RowSource(_rows(source.path, stems, options, notes), notes)


def _stems(source: Source) -> list[Path]:
    """Paths without suffix, each of one document, in order; texts without annotations are documents too."""
    if not source.is_folder:
        return [source.path.with_suffix("")]
    found = {path.with_suffix("") for path in source.files if path.suffix in (ANNOTATIONS, TEXT)}
    return sorted(found)


def _rows(root: Path, stems: list[Path], options: ImportOptions, notes: list[str]) -> Iterator[Row]:
    others: Counter[str] = Counter()
    for number, stem in enumerate(stems, start=1):
        # Not with_suffix: a stem such as "1.2" would lose its end.
        text_path, ann_path = Path(f"{stem}{TEXT}"), Path(f"{stem}{ANNOTATIONS}")
        key = (stem.relative_to(root) if root.is_dir() else Path(stem.name)).as_posix()
        if not text_path.is_file():
            yield ExchangeReject(number, f"there is no {TEXT} file beside the {ANNOTATIONS} file", key)
            continue
        text, said = decode(text_path.read_bytes(), options.encoding)
        notes += [f"{text_path.name}: {said}"] if said else []
        if not ann_path.is_file():
            yield ExchangeItem(number, text, key)
            continue
        found = _read(decode(ann_path.read_bytes(), options.encoding)[0], text, others)
        yield ExchangeItem(number, text, key, answers=_answers(found), problems=found.problems)
    notes += [f"{count} {name} were left out: only spans and relations are read." for name, count in others.items()]


def _answers(found: _Document) -> list[ExchangeAnswer]:
    answers = [ExchangeAnswer(Claim(ENTITIES, "spans", found.spans))]
    if found.relations:
        answers.append(ExchangeAnswer(Claim(RELATIONS, "relations", found.relations)))
    return answers


def _read(annotations: str, text: str, others: Counter[str]) -> _Document:
    found = _Document()
    for line in annotations.split("\n"):
        line = line.removesuffix("\r")
        if line.startswith("T"):
            _read_span(line, text, found)
        elif line.startswith("R"):
            _read_relation(line, found)
        elif line.strip():
            others[_OTHERS.get(line[0], "lines of unknown kind")] += 1
    return found


def _read_span(line: str, text: str, found: _Document) -> None:
    name, _, rest = line.partition("\t")
    place, _, quote = rest.partition("\t")
    if ";" in place:
        found.problems.append((ENTITIES, "the span is in several pieces", line))
        return
    words = place.split()
    if len(words) != 3 or not (words[1].isdigit() and words[2].isdigit()):
        found.problems.append((ENTITIES, "the line is no span", line))
        return
    start, end = int(words[1]), int(words[2])
    # brat writes the quote on one line, with a space for every line end.
    if quote and text[start:end].split() != quote.split():
        found.problems.append((ENTITIES, "the quoted text does not stand at the offsets", line))
        return
    found.spans.append({"id": name, "start": start, "end": end, "label": words[0]})


def _read_relation(line: str, found: _Document) -> None:
    name, _, rest = line.partition("\t")
    words = rest.split()
    ends = [word.partition(":")[2] for word in words[1:3]]
    if len(ends) != 2 or not all(ends):
        found.problems.append((RELATIONS, "the line is no relation", line))
        return
    found.relations.append({"id": name, "label": words[0], "from": ends[0], "to": ends[1]})
