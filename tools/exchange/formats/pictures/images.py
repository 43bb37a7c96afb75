"""Plain images: a folder of them or one file, and lists of images with numbers of classes as for ImageNet.

The folder that an image lies in is its label where the options say which field it answers (``folder=field``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.exchange.files.source import Source, decoded, is_image
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder, clean_parts, is_image_name, visible_files
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ImageFile, Row, RowSource
from tools.schema import LabelSchema

FOLDER, LABEL = "folder", "label"
SYNSETS = "synsets"
NO_CLASS = "the class number is not in the list of names"
NO_NUMBER = "the class is not a number"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: image, numbers of classes, the list it stands in."""

    name: str
    classes: tuple[str, ...]
    split: str


def sniff(source: Source) -> bool:
    """Whether there is an image, or a list of images with classes."""
    if not source.is_folder:
        return is_image(source.path)
    return any(is_image(path) for path in source.files) or bool(_lists(source.path))


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The images of the folder in the order of their names, or those that its lists name."""
    if not source.is_folder:
        image = ImageFile(source.path, source.path.name)
        return RowSource(iter([ExchangeItem(1, image.name, image.name, "image", image=image)]))
    listed = [line for path in _lists(source.path) for line in lines_of(path)]
    if listed:
        names = names_of_classes(source.path)
        return RowSource(_listed_rows(source.path, listed, names), [], tuple(names))
    is_labelled = any(column.casefold() == FOLDER for column, _ in options.label_columns)
    return RowSource(_folder_rows(source.path, is_labelled))


def _folder_rows(folder: Path, is_labelled: bool) -> Iterator[Row]:
    finder = ImageFinder(folder)
    pictures = (path for path in (finder.inside(one) for one in visible_files(folder)) if path is not None)
    for number, path in enumerate(pictures, start=1):
        below = path.relative_to(folder)
        name = below.as_posix()
        answers = []
        if is_labelled and below.parent.name:
            answers.append(ExchangeAnswer(Claim(FOLDER, "labels", [below.parent.name])))
        image = ImageFile(path, name)
        yield ExchangeItem(number, name, name, "image", (), {}, answers, image=image)


def _listed_rows(folder: Path, listed: list[Listed], names: list[str]) -> Iterator[Row]:
    finder = ImageFinder(folder)
    for number, line in enumerate(listed, start=1):
        labels: list[str] = []
        problems: list[tuple[str, str, str]] = []
        for one in line.classes:
            if not one.isdigit():
                problems.append((LABEL, NO_NUMBER, one))
            elif names and int(one) >= len(names):
                problems.append((LABEL, NO_CLASS, one))
            else:
                labels.append(names[int(one)] if names else one)
        answers = [ExchangeAnswer(Claim(LABEL, "labels", labels))] if labels else []
        image = finder.image(line.name)
        meta = {"split": line.split}
        yield ExchangeItem(number, line.name, line.name, "image", (), meta, answers, (), problems, image)


def _lists(folder: Path) -> list[Path]:
    """Text files of the folder whose lines name images and numbers of classes."""
    texts = [path for path in sorted(folder.glob("*.txt")) if path.is_file() and not path.stem.startswith(SYNSETS)]
    return [path for path in texts if (found := lines_of(path)) and any(line.classes for line in found)]


def lines_of(path: Path) -> list[Listed]:
    """The lines of a list; none if one of them names no image."""
    found = []
    for row in decoded(path.read_bytes()).splitlines():
        cells = row.split()
        if not cells:
            continue
        # A name may have blanks in it; what comes after its extension are numbers of classes.
        at = next((n for n, cell in enumerate(cells) if is_image_name(cell)), None)
        if at is None:
            return []
        name = "/".join(clean_parts(" ".join(cells[: at + 1]).strip('"')))
        found.append(Listed(name, tuple(cells[at + 1 :]), path.stem))
    return found


def names_of_classes(folder: Path) -> list[str]:
    """Class names by number, from the first list of them: the words after the first one are synonyms."""
    for path in sorted(folder.glob(f"{SYNSETS}*.txt")):
        return [line.strip() for line in decoded(path.read_bytes()).splitlines() if line.strip()]
    return []
