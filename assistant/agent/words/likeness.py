"""How like a sentence is to example sentences: cosine over character n-grams, weighted by how rare they are.

TF-IDF after Salton and Buckley (1988) over n-grams inside word borders; small enough to need no library.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

_SIZES = (2, 3, 4)


def grams(text: str) -> Counter[str]:
    """Character n-grams of each word with its borders."""
    found: Counter[str] = Counter()
    for word in text.split():
        edged = f" {word} "
        for size in _SIZES:
            found.update(edged[at : at + size] for at in range(max(1, len(edged) - size + 1)))
    return found


class LikenessIndex:
    """Example sentences, each under a name, searchable by likeness."""

    def __init__(self, examples: Sequence[tuple[str, str]]) -> None:
        """Index pairs of name and sentence."""
        self.names = [name for name, _ in examples]
        counts = [grams(text) for _, text in examples]
        seen = Counter(gram for one in counts for gram in one)
        total = len(counts)
        self._rarity = {gram: math.log((1 + total) / (1 + n)) + 1 for gram, n in seen.items()}
        self._unseen = math.log(1 + total) + 1
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, one in enumerate(counts):
            for gram, weight in self._weigh(one).items():
                self._postings[gram].append((at, weight))

    def _weigh(self, counts: Counter[str]) -> dict[str, float]:
        raw = {gram: (1 + math.log(n)) * self._rarity.get(gram, self._unseen) for gram, n in counts.items()}
        norm = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {gram: weight / norm for gram, weight in raw.items()}

    def near(self, text: str) -> list[float]:
        """Cosine of ``text`` with every example, in their order, each in 0..1."""
        found = [0.0] * len(self.names)
        for gram, weight in self._weigh(grams(text)).items():
            for at, other in self._postings.get(gram, ()):
                found[at] += weight * other
        return found
