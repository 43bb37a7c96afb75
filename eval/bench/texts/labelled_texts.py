"""Real labelled texts for the benchmarks of quality: public files where they are present, and their vectors."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Embedder, Matrix
from tools.draws import uniform_of

CHECKOUT = Path(__file__).resolve().parents[3]
OUT_OF_SCOPE = "oos"
Codes = npt.NDArray[np.int64]


class DataMissing(Exception):
    """A public file that a benchmark needs is not there; the sentence says where it was looked for."""


@dataclass(frozen=True)
class TextSet:
    """Texts with one label each, aligned; ``split`` names the part they belong to, ``label_names`` are for people."""

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    split: tuple[str, ...]
    label_names: Mapping[str, str]

    def rows(self, split: str) -> Codes:
        """Row numbers of a split, ascending."""
        return np.flatnonzero(np.array(self.split) == split)

    def only(self, wanted: Sequence[str]) -> TextSet:
        """The same with some of the labels only."""
        kept = [at for at, label in enumerate(self.labels) if label in set(wanted)]
        texts, labels, split = ([column[at] for at in kept] for column in (self.texts, self.labels, self.split))
        names = {label: name for label, name in self.label_names.items() if label in set(wanted)}
        return TextSet(self.name, tuple(texts), tuple(labels), tuple(split), names)


def sample_folder() -> Path:
    """The folder of public sample files; :class:`DataMissing` where it is absent."""
    folder = Path(os.environ.get("ASSISTANT_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        raise DataMissing(f"The sample files are not at {folder}; set ASSISTANT_SHARED_DATA to their folder.")
    return folder


def read_rows(place: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file; :class:`DataMissing` where it is absent."""
    if not place.is_file():
        raise DataMissing(f"There is no file {place}.")
    with place.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def clinc150(folder: Path) -> TextSet:
    """150 intents and what is out of scope (Larson et al., EMNLP 2019); the split val is left to neither side."""
    rows = list(read_rows(folder / "text" / "clinc150.csv"))
    labels = tuple(row["intent"] for row in rows)
    names = {label: label.replace("_", " ") for label in dict.fromkeys(labels)}
    return TextSet("clinc150", tuple(row["text"] for row in rows), labels, tuple(row["split"] for row in rows), names)


def clinc_domain(folder: Path, domain: str) -> TextSet:
    """The fifteen intents of one domain of CLINC150, with the texts that are out of scope."""
    rows = list(read_rows(folder / "text" / "clinc150.csv"))
    return clinc150(folder).only([*{row["intent"] for row in rows if row["domain"] == domain}, OUT_OF_SCOPE])


def rt_polarity(folder: Path) -> TextSet:
    """Sentences of film reviews, positive or negative (Pang and Lee, ACL 2005)."""
    rows = list(read_rows(folder / "text" / "rt_polarity.csv"))
    split = tuple("train" if row["split"] == "train" else "test" for row in rows)
    names = {label: f"{label} review" for label in ("negative", "positive")}
    return TextSet("rt_polarity", tuple(row["text"] for row in rows), tuple(row["label"] for row in rows), split, names)


def disaster_tweets(folder: Path) -> TextSet:
    """Tweets that tell of a disaster or only use its words; the labels are as published, some of them wrong."""
    rows = list(read_rows(folder / "text" / "disaster_tweets.csv"))
    names = {"0": "not about a disaster", "1": "about a real disaster"}
    labels = tuple(row["given_label"] for row in rows)
    return TextSet("disaster_tweets", tuple(row["text"] for row in rows), labels, _drawn(len(rows)), names)


def offensive_tweets(folder: Path) -> TextSet:
    """Tweets that a majority of five people found offensive or not (Leonardelli et al., EMNLP 2021)."""
    place = folder / "crowd" / "md_agreement.jsonl"
    if not place.is_file():
        raise DataMissing(f"There is no file {place}.")
    rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines() if line]
    names = {"0": "not offensive", "1": "offensive"}
    labels = tuple(str(row["hard_label"]) for row in rows)
    return TextSet("md_agreement", tuple(row["text"] for row in rows), labels, _drawn(len(rows)), names)


def entailment(folder: Path) -> TextSet:
    """Pairs of sentences, the first entails the second or not (Snow et al., EMNLP 2008; gold of the RTE task)."""
    gold = {row["item"]: row["gold"] for row in read_rows(folder / "crowd" / "rte_gold.csv")}
    rows = [row for row in read_rows(folder / "crowd" / "rte_text.csv") if row["item"] in gold]
    texts = tuple(f"{row['text']} {row['hypothesis']}" for row in rows)
    names = {"0": "does not follow", "1": "follows"}
    return TextSet("rte", texts, tuple(gold[row["item"]] for row in rows), _drawn(len(rows)), names)


def _drawn(count: int) -> tuple[str, ...]:
    """A split where the publisher gave none: two in ten are for the test, by a fixed draw."""
    at = uniform_of(0, "bench split", np.arange(count, dtype=np.int64))
    return tuple("test" if one < 0.2 else "train" for one in at)


def balanced_draw(codes: Codes, per_class: int, rng: np.random.Generator) -> Codes:
    """Positions of ``per_class`` rows of every class, drawn without putting back; fewer where a class has fewer."""
    by_class: dict[int, list[int]] = defaultdict(list)
    for at in rng.permutation(len(codes)).tolist():
        if len(by_class[int(codes[at])]) < per_class:
            by_class[int(codes[at])].append(at)
    return np.sort(np.array([at for found in by_class.values() for at in found], dtype=np.int64))


def vectors_for(texts: Sequence[str], embedder: Embedder) -> Matrix:
    """Vectors of the texts, shape (n, d), kept in the system's folder for temporary files between runs."""
    digest = hashlib.sha256(f"{embedder.reference} {embedder.revision}".encode())
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    place = Path(tempfile.gettempdir()) / "annotation-assistant-bench" / f"{digest.hexdigest()[:32]}.npy"
    try:
        kept: Any = np.load(place, allow_pickle=False)
        if kept.shape == (len(texts), embedder.dimension):
            return np.asarray(kept, dtype=np.float32)
    except (OSError, ValueError):
        pass
    made = embedder.embed_words(list(texts))
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_suffix(f".{os.getpid()}.npy")
    np.save(unfinished, made, allow_pickle=False)
    unfinished.replace(place)
    return made
