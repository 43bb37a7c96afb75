"""``python -m eval bench [NAME …] [--quick] [--json OUT]``: measure, print tables, exit 1 if a bar was missed."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.bench.measure import Outcome

LATER = ("run", "compare", "report")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all bars met, 1 one was missed, 2 the request makes no sense."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in LATER:
        sys.stderr.write(f"'python -m eval {given[0]}' does not exist yet; 'python -m eval bench' does.\n")
        return 2
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measure the program.")
    commands = parser.add_subparsers(dest="command", required=True)
    bench = commands.add_parser("bench", help="benchmarks against a peer, and the account of crashes")
    bench.add_argument("names", nargs="*", metavar="NAME", help="import, aggregates, decide, crash; all without a name")
    bench.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    bench.add_argument("--json", type=Path, metavar="OUT", help="also write what was found to this file")
    chosen = parser.parse_args(given)
    return run_benches(chosen.names, chosen.quick, chosen.json)


def run_benches(names: Sequence[str], is_quick: bool, target: Path | None) -> int:
    """Run them one after the other, each in a folder that is removed."""
    from eval.bench.suite import BENCHES

    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.stderr.write(f"There is no benchmark {unknown[0]!r}; there are {', '.join(BENCHES)}.\n")
        return 2
    outcomes = []
    for name in names or BENCHES:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            outcome = BENCHES[name](Path(folder), is_quick)
            outcomes.append(outcome.without_bars() if is_quick else outcome)
        sys.stdout.write(outcomes[-1].text() + "\n\n")
        sys.stdout.flush()
    if target is not None:
        record = {"quick": is_quick, "benches": [outcome.to_record() for outcome in outcomes]}
        target.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _draw(outcomes, target)
    return 0 if all(outcome.is_met for outcome in outcomes) else 1


def _draw(outcomes: Sequence[Outcome], target: Path) -> None:
    """Every figure as an SVG file beside the JSON file."""
    from assistant.ui.chat.chart import chart_svg

    for outcome in outcomes:
        for figure in outcome.figures:
            words = "-".join(re.findall(r"[a-z0-9_]+", f"{outcome.name} {figure.title}".casefold()))
            target.with_name(f"{target.stem}-{words}.svg").write_text(chart_svg(figure), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
