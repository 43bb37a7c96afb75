"""Previews: the newest question counts, and the door checks what it checks for every call."""

from __future__ import annotations

import threading
import time

import pytest

from assistant.previews import Newest
from tools.errors import Superseded


def test_of_waiting_questions_only_the_newest_is_computed() -> None:
    newest, computed, told = Newest(), [], []
    first_runs, go_on = threading.Event(), threading.Event()

    def question(number: int) -> None:
        try:
            with newest.turn("s"):
                computed.append(number)
                first_runs.set()
                go_on.wait(10)
        except Superseded:
            told.append(number)

    threads = [threading.Thread(target=question, args=(number,)) for number in range(4)]
    threads[0].start()
    first_runs.wait(10)
    for thread in threads[1:]:
        thread.start()
        time.sleep(0.05)
    go_on.set()
    for thread in threads:
        thread.join()
    assert computed == [0, 3] and sorted(told) == [0, 1, 2]


def test_a_question_at_work_sees_that_it_is_out_of_date() -> None:
    newest = Newest()
    seen = []
    with pytest.raises(Superseded), newest.turn("s") as is_newest:
        seen.append(is_newest())
        later = threading.Thread(target=lambda: _ask(newest))
        later.start()
        while is_newest():
            time.sleep(0.01)
        seen.append(is_newest())
    later.join()
    assert seen == [True, False]


def _ask(newest: Newest) -> None:
    with newest.turn("s"):
        pass


def test_sessions_do_not_hinder_each_other() -> None:
    newest = Newest()
    with newest.turn("one") as is_newest, newest.turn("other"):
        assert is_newest()
