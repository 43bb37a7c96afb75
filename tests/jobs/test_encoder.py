"""Encoding ahead: in a process of its own, the screen first, and a process that dies costs one answer."""

from __future__ import annotations

import io
import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.learning import encoder_process
from assistant.learning.encoder import Encoder, EncodingOrder

PROGRAM = """
import json, os, sys, time
log = open(sys.argv[1], "a")
for line in sys.stdin:
    order = json.loads(line)
    log.write(order["digest"] + "\\n"); log.flush()
    if order["digest"] == "dies": os._exit(3)
    if order["digest"] == "slow":
        while not os.path.exists(sys.argv[1] + ".go"): time.sleep(0.02)
    answer = {"problem": "no such model", "kind": "BackendMissing"} if order["digest"] == "bad" else {"seconds": 0.5}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def encoder(tmp_path: Path) -> Iterator[Encoder]:
    place = tmp_path / "program.py"
    place.write_text(textwrap.dedent(PROGRAM))
    made = Encoder((sys.executable, str(place), str(tmp_path / "log")))
    yield made
    made.close()


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: (tmp_path / "log").read_text().split() if (tmp_path / "log").exists() else []


def order(digest: str) -> EncodingOrder:
    return EncodingOrder("hub:x", digest, "a.png", "arrays")


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_an_image_is_encoding_and_then_ready_and_is_encoded_once(
    encoder: Encoder, log: Callable[[], list[str]]
) -> None:
    assert encoder.want(order("one")).state == "encoding"
    assert encoder.wait(order("one"), 30).state == "ready"
    assert encoder.want(order("one")).state == "ready" and log() == ["one"]


def test_what_is_on_the_screen_goes_before_what_comes_next(
    encoder: Encoder, log: Callable[[], list[str]], tmp_path: Path
) -> None:
    encoder.want(order("slow"))
    until(lambda: log() == ["slow"])
    for digest in ("next1", "next2"):
        encoder.want(order(digest), is_urgent=False)
    encoder.want(order("screen"))
    encoder.want(order("next2"))
    (tmp_path / "log.go").touch()
    until(lambda: len(log()) == 4)
    assert log() == ["slow", "next2", "screen", "next1"]


def test_a_failure_is_told_and_tried_again_when_it_is_asked_again(encoder: Encoder) -> None:
    assert encoder.wait(order("bad"), 30).problem == "no such model"
    assert encoder.want(order("bad")).state == "failed"
    assert encoder.wait(order("bad"), 30).state == "failed"


def test_a_process_that_dies_is_started_again_for_the_next_image(encoder: Encoder) -> None:
    found = encoder.wait(order("dies"), 30)
    assert found.state == "failed" and "ended unexpectedly" in found.problem
    assert encoder.wait(order("two"), 30).state == "ready"


def test_closing_ends_a_process_in_the_middle_of_an_image(encoder: Encoder) -> None:
    encoder.want(order("slow"))
    encoder.close()
    assert encoder.wait(order("slow"), 1).state != "ready"


def test_the_process_answers_a_model_that_is_missing_with_its_sentence(tmp_path: Path) -> None:
    line = {"reference": "hub:nowhere.pth", "digest": "d", "path": "x.png", "arrays": str(tmp_path)}
    answers = io.StringIO()
    encoder_process.serve(io.StringIO(json.dumps(line) + "\n"), answers)
    found = json.loads(answers.getvalue())
    assert found["kind"] == "BackendMissing" and "no checkpoint" in found["problem"]
