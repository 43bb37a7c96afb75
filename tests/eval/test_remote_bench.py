"""The benchmarks of remote models: every injected failure ends as it must, and a broken promise is noticed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.store.project import ProjectStore
from eval.bench.remote import remote_served as served
from eval.bench.remote.faulty_server import HOPELESS, SHARES, FaultyServer, Manners, fault_of
from eval.bench.remote.remote_trial import RemoteTrial
from eval.bench.remote.replies import replies
from eval.bench.remote.tiny_llama import save_tiny_llama
from tools.backends import hub_model

# One worker makes the project, which takes long.
pytestmark = pytest.mark.xdist_group("remote bench")
# The first items that suffer each of the faults, and some that suffer none.
_BY_FAULT = {name: next(n for n in range(1, 2000) if fault_of(n) == name) for name in ("", *SHARES)}
ITEMS = max(_BY_FAULT.values())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RemoteTrial, FaultyServer]]:
    """A project in which every fault happened at least once, worked through to its end."""
    with FaultyServer(Manners(answer=0.0, slow=1.3, busy_every=30, busy_for=0.2)) as server:
        trial = RemoteTrial(tmp_path_factory.mktemp("remote") / "project", ITEMS, server, timeout=1.0)
        trial.allow(10**9)
        state, _ = trial.work()
        trial.check()
        trial.close()
        assert (state, trial.account.broken) == ("done", [])
        yield trial, server


@pytest.mark.parametrize("fault", SHARES)
def test_an_item_ends_as_its_fault_demands(finished: tuple[RemoteTrial, FaultyServer], fault: str) -> None:
    store = ProjectStore(finished[0].path)
    rows = store.database.rows("SELECT state, problem FROM proposals WHERE item_id = ?", [_BY_FAULT[fault]])
    store.close()
    ((state, problem),) = rows
    assert (state == "unread") == (fault in HOPELESS)
    assert bool(problem) == (fault in HOPELESS)


def test_every_item_and_every_call_is_accounted_for(finished: tuple[RemoteTrial, FaultyServer]) -> None:
    trial, server = finished
    account = trial.account
    assert account.labelled + account.unread == ITEMS
    assert account.unread == sum(fault_of(n) in HOPELESS for n in range(1, ITEMS + 1))
    broken = account.missing, account.wrong, account.without_reason, account.repeated, account.unlisted
    assert broken == (0, 0, 0, 0, 0) and account.overspent == 0
    assert server.seen.refused[429] and server.seen.refused[400]
    # What timed out or was cut off may have been paid and stays listed.
    lost = sum(fault_of(n) in ("slow once", "cut off once") for n in range(1, ITEMS + 1))
    assert account.possibly_paid == lost


def test_the_account_notices_a_call_that_is_made_again(finished: tuple[RemoteTrial, FaultyServer]) -> None:
    trial, server = finished
    key = next(iter(server.seen.asked))
    before = trial.account.repeated, trial.account.unlisted
    server.seen.asked[key] += 1
    trial.check()
    server.seen.asked[key] -= 1
    assert (trial.account.repeated - before[0], trial.account.unlisted - before[1]) == (1, 1)


def test_the_account_notices_a_budget_that_was_not_kept(finished: tuple[RemoteTrial, FaultyServer]) -> None:
    trial, _ = finished
    trial._budget, ample = 3000, trial._budget
    trial.check()
    trial._budget = ample
    assert trial.account.overspent > 0


def test_the_account_notices_a_row_that_is_gone_and_a_label_nobody_gave(
    finished: tuple[RemoteTrial, FaultyServer],
) -> None:
    trial, _ = finished
    store = ProjectStore(trial.path)
    with store.database.write() as transaction:
        transaction.execute("DELETE FROM proposals WHERE item_id = 1")
        transaction.execute("UPDATE proposals SET label = 'other' WHERE item_id = ?", [_BY_FAULT["no JSON once"]])
    store.close()
    before = trial.account.wrong
    trial.close()
    assert trial.account.missing == 1 and trial.account.wrong == before + 1


def test_the_faults_have_about_their_shares() -> None:
    found = Counter(fault_of(number) for number in range(1, 20_001))
    for name, share in SHARES.items():
        assert found[name] / 20_000 == pytest.approx(share, rel=0.25)


def replies_in(folder: Path, *rows: dict[str, Any]) -> None:
    place = folder / "llm_outputs"
    place.mkdir()
    (place / "css_small.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_every_reply_of_every_model_stands_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SHARED_DATA", str(tmp_path))
    options = {"A": "Fear", "B": "Joy"}
    answers = {"one": "&&&&&&A", "two": "Joy.", "three": "B: JoyABAB"}
    replies_in(tmp_path, {"options": options, "gold_option": "A", "answers": answers})
    outcome = replies(tmp_path / "work", False)
    assert [line.ours for line in outcome.lines] == [3, 2, 1, 0]
    table = {note.split()[0]: note.split()[1:] for note in outcome.notes[1:]}
    assert table["one"] == ["1", "100", "%", "0", "%", "100", "%", "100", "%"]
    assert table["two"] == ["1", "100", "%", "0", "%", "0", "%", "0", "%"]
    assert table["three"] == ["1", "0", "%", "100", "%", "–", "0", "%"]


@pytest.mark.parametrize("with_folder", [True, False])
def test_without_the_replies_the_benchmark_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_folder: bool
) -> None:
    monkeypatch.setenv("ASSISTANT_SHARED_DATA", str(tmp_path if with_folder else tmp_path / "nowhere"))
    outcome = replies(tmp_path, True)
    assert outcome.lines == () and str(tmp_path) in outcome.notes[0]


def test_without_its_packages_the_real_server_is_left_out_with_the_line_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = served.remote_served(tmp_path, True)
    assert outcome.lines == () and "pip install 'annotation-assistant[ml,bench]'" in outcome.notes[0]


@pytest.mark.llmserver
@pytest.mark.slow
@pytest.mark.skipif(bool(served.missing_packages()), reason="transformers serve is not installed")
def test_a_real_server_answers_every_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "QUICK_ITEMS", 6)
    outcome = served.remote_served(tmp_path, True)
    found = {line.what: line.ours for line in outcome.lines}
    assert found["labelled"] + found["unread, with a reason"] == 6
    assert outcome.is_met and found["replies kept"] >= 6


@pytest.mark.skipif(not hub_model.is_installed(), reason=f"no transformers: {hub_model.REMEDY}")
def test_the_tiny_model_is_one_that_transformers_loads(tmp_path: Path) -> None:
    import transformers

    place = save_tiny_llama(tmp_path / "tiny")
    loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(place, local_files_only=True)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, local_files_only=True)
    text = "Grüße ˆ 👍"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert sum(parameter.numel() for parameter in loaded.parameters()) < 10_000
