"""A project made by an earlier version is opened, checked, read, exported and worked on as that version did it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.session import Session
from tests.frozen.telling import exported, told
from tests.frozen.texts_project import ASKED, HAVE, LEAD, PAID, endpoint
from tests.openai_server import say

HERE = Path(__file__).parent
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def frozen(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Session]:
    """The project of the test's first parameter, thawed and open."""
    name = request.node.callspec.params["name"]
    with tarfile.open(HERE / f"{name}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    with Session.open(tmp_path / name) as session:
        yield session


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_frozen_project_says_of_itself_what_it_said_when_it_was_frozen(name: str, frozen: Session) -> None:
    now = json.loads(json.dumps(told(frozen, EXPECTED[name]["columns"])))
    assert now == EXPECTED[name]["told"]
    assert now["broken"] == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_frozen_project_is_exported_as_the_same_bytes(name: str, frozen: Session, tmp_path: Path) -> None:
    scratch = tmp_path / "out"
    scratch.mkdir()
    # Formats that were not there then have nothing to agree with.
    now, then = exported(frozen, scratch), EXPECTED[name]["exported"]
    assert {kind: now[kind] for kind in then} == then


@pytest.mark.parametrize("name", ["texts"])
def test_a_frozen_run_goes_on_where_it_was_and_pays_for_nothing_twice(name: str, frozen: Session) -> None:
    paid = frozen.store.database.rows("SELECT call_key FROM replies ORDER BY ALL")
    assert len(paid) == PAID
    job_id = next(job.job_id for job in frozen.jobs.recent() if job.state == "paused")
    with endpoint(lambda _: say('{"label": "cjk"}')) as server:
        frozen.executor.steer("resume", job_id, LEAD)
        assert frozen.jobs.wait(job_id, 60).state == "done"
        assert len(server.answered) == ASKED - HAVE
    rows = frozen.store.database.rows(
        "SELECT state, label, count(*) FROM proposals WHERE run_id = (SELECT max(run_id) FROM proposals) GROUP BY ALL"
    )
    assert sorted((state, label or "", count) for state, label, count in rows) == [
        ("ok", "cjk", ASKED - HAVE),
        ("ok", "refund", HAVE),
    ]


@pytest.mark.parametrize("name", ["texts"])
def test_a_frozen_change_that_waits_is_carried_out_as_it_was_said(name: str, frozen: Session) -> None:
    accept, extend = (one.action_id for one in frozen.executor.pending())
    promised = int(EXPECTED[name]["told"]["waiting"][0][1].split()[1])  # "Accept 9 suggestions for …"
    before = frozen.store.database.rows("SELECT count(*) FROM standing WHERE field = 'intent'")[0][0]
    frozen.executor.confirm(accept, LEAD)
    after = frozen.store.database.rows("SELECT count(*) FROM standing WHERE field = 'intent'")[0][0]
    assert after - before == promised > 0
    frozen.executor.confirm(extend, LEAD)
    assert frozen.schema.field("intent").label_ids == ("refund", "formula", "cjk", "two", "later", *_RESERVED)


_RESERVED = ("none_of_these", "cannot_tell")
