"""What a project says of itself, as plain records that two versions of the program can be compared by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyarrow import parquet

from assistant.session import Session
from assistant.store.checks.verify import verify
from tests.frozen.texts_project import LEAD
from tools.errors import AssistantError
from tools.exchange.formats.writers import WRITERS
from tools.values import comparable

ABOUT = ("items", "imports", "import_problems", "media", "gold", "standing_reviews", "annotations", "live_proposals")
ABOUT += ("schema_versions", "settings", "undos", "pending_actions", "action_decisions", "jobs", "run_details")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?|\b[0-9a-f]{64}\b")
_EPOCH = re.compile(rb"\b1[6-9]\d{8,11}\b")


def columns(session: Session) -> dict[str, list[str]]:
    """The columns of what is compared; a later version may have more of them."""
    return {name: [row[0] for row in session.store.database.rows(f"DESCRIBE {name}")] for name in ABOUT}


def told(session: Session, columns: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Digests of all rows by table or view, of every answer in its canonical and comparable form, and of the checks."""
    rows = {name: _digest(_rows(session, name, columns[name])) for name in ABOUT}
    answers = session.store.database.rows("SELECT review_id, value FROM reviews ORDER BY ALL")
    said = [(number, value, comparable(json.loads(value)) if value else "") for number, value in answers]
    broken = [check.name for check in verify(session.store.database) if not check.holds]
    waiting = [(one.action_id, one.change.sentence) for one in session.executor.pending()]
    states = session.store.database.rows("SELECT state, count(*) FROM annotations GROUP BY ALL ORDER BY ALL")
    return {
        "rows": rows,
        "answers": _digest(said),
        "broken": broken,
        "waiting": waiting,
        "states": [list(one) for one in states],
    }


def exported(session: Session, scratch: Path) -> dict[str, str]:
    """The digest of each file that every format writes, times and heads of the audit left out; or why it does not."""
    found: dict[str, str] = {}
    for format in WRITERS:
        for provenance in ("full", "none"):
            target = scratch / f"{format.name}-{provenance}{format.suffix}"
            args = {"format": format.name, "target": str(target), "provenance": provenance, "conflicts": "all_values"}
            name = f"{format.name} {provenance}"
            try:
                asked = session.executor.call("export_data", args | {"include_unreviewed": True}, LEAD)
                session.executor.confirm(asked.action_id or 0, LEAD)
            except AssistantError as refused:
                found[name] = str(refused).replace(str(scratch), "…")
                continue
            found |= {f"{name}: {place}": digest for place, digest in _files(target)}
    return found


def _rows(session: Session, name: str, columns: Sequence[str]) -> list[Any]:
    listed = ", ".join(f'"{one}"' for one in columns)
    return session.store.database.rows(f"SELECT {listed} FROM {name} ORDER BY ALL")


def _digest(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, default=str, ensure_ascii=False).encode()).hexdigest()


def _files(target: Path) -> Iterator[tuple[str, str]]:
    if target.is_file():
        yield target.suffix, _content(target)
        return
    for path in sorted(target.rglob("*")):
        if path.is_file():
            yield path.relative_to(target).as_posix(), _content(path)


def _content(path: Path) -> str:
    if path.suffix == ".parquet":
        # Its footer names the version of the library that wrote it.
        return _digest(parquet.read_table(path).to_pylist())
    content = path.read_bytes()
    if path.suffix in (".png", ".jpg", ".bmp", ".arrow"):
        return hashlib.sha256(content).hexdigest() if path.suffix != ".arrow" else f"{len(content)} bytes"
    return hashlib.sha256(_EPOCH.sub(b"", _TIME.sub(b"", content))).hexdigest()
