"""How long choosing takes on a large pool, against scikit-learn's fit and against scikit-activeml in the same run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eval.bench.measure import Line, Outcome
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from eval.bench.texts.selection_parts import BATCH, DIMENSION, LABELLED, run_part

SIZE, SMALL = 100_000, 1_500
PEER = "scikit-activeml"
REMEDY = "peer not installed: pip install -e .[bench] -c constraints.txt"
EXACT = 1e-5
MOST_MB = 300
NEAR = -0.01


def selection(folder: Path, is_quick: bool) -> Outcome:
    """A round of each kind on one pool; ratios only, as seconds depend on the machine."""
    size = SMALL if is_quick else SIZE
    lines: list[Line] = []
    known = min(LABELLED, size // 5)
    notes = [f"{size:,} × {DIMENSION} unit rows in groups, {known:,} labelled, {BATCH} chosen; K is the classes"]
    notes.append("the peer of a round is scikit-learn's fit of the same labels; the rest is scikit-activeml")
    failed = 0
    has_peer = True
    for name, told in _PARTS.items():
        # A peer may need more memory than there is; the other parts are measured all the same.
        try:
            found = run_part(name, size)
        except RuntimeError as problem:
            notes.append(str(problem))
            failed += 1
            continue
        lines += told(found)
        has_peer = has_peer and (name == "a_round" or "peer" in found)
    lines.append(Line("parts that failed", failed, "count", bar=0))
    if not has_peer:
        notes.append(REMEDY)
    elif not is_quick:
        more, note = _quality()
        lines += more
        notes.append(note)
    return Outcome("selection", PEER, tuple(lines), tuple(notes))


def _round_lines(found: dict[str, Any]) -> list[Line]:
    wide, narrow = found["77"], found["10"]
    return [
        Line("predict and query (cluster-margin), K=77", wide["round"], "ms", wide["fit"], bar=2),
        Line("predict and query (cluster-margin), K=10", narrow["round"], "ms", narrow["fit"]),
        Line("margin, scores given, K=10; peer: predict_proba", narrow["margin"], "ms", narrow["predict"], bar=2),
    ]


def _far_lines(found: dict[str, Any]) -> list[Line]:
    lines = [Line("k-centre", found["ours"], "s", found.get("peer"), bar=4 if "peer" in found else None)]
    if "different" in found:
        lines.append(Line("  choices that differ", found["different"], "count", bar=0))
    return lines + _memory(found, None)


def _badge_lines(found: dict[str, Any]) -> list[Line]:
    lines = [
        Line("BADGE with prediction, K=10", found["ours"], "s", found.get("peer"), bar=60 if "peer" in found else None)
    ]
    lines += [Line("  the same, K=77; peer: three times K=10", found["wide"], "s", 3 * found["ours"], bar=1)]
    lines += _memory(found, MOST_MB)
    lines += [Line("  squared lengths and distances off by, in 1e-5", found["off"] / EXACT, "share", bar=1)]
    if "first" in found:
        lines.append(Line("  first choices that differ", int(not found["first"]), "count", bar=0))
    return lines


def _typical_lines(found: dict[str, Any]) -> list[Line]:
    lines = [Line("typical (TypiClust)", found["ours"], "s", found.get("peer"), bar=8 if "peer" in found else None)]
    return lines + _memory(found, None)


def _memory(found: dict[str, Any], bar: float | None) -> list[Line]:
    if found.get("memory") is None:
        return []
    return [Line("  extra memory", found["memory"], "MB", found.get("peer_memory"), bar=None)] + (
        [Line("  of it against the limit", found["memory"], "MB", bar=bar)] if bar else []
    )


def _quality() -> tuple[list[Line], str]:
    """Accuracy of a plain regression on what both call typical, with nothing labelled before."""
    try:
        sample_folder()
    except DataMissing as missing:
        return [], str(missing)
    found = run_part("typical_quality", 1_000_000)
    lines = [
        Line(f"accuracy with {count} typical texts of clinc150", one["ours"], "share", one["peer"], NEAR, more=True)
        for count, one in found.items()
    ]
    return lines, "typical texts: mean of 3 seeds, scikit-learn's regression on the chosen texts alone"


_PARTS: dict[str, Callable[[dict[str, Any]], list[Line]]] = {
    "a_round": _round_lines,
    "k_centre": _far_lines,
    "badge": _badge_lines,
    "typical": _typical_lines,
}
