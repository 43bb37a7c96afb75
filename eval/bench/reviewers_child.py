"""Many people at one server, in a process of its own: each signs in, has cards painted and decides, as the page does.

``python -m eval.bench.reviewers_child ADDRESS PEOPLE DECISIONS PAUSE`` prints what they saw as JSON. Every person is a
thread with one connection; the cookie is theirs, decisions carry a key of their own and are sent again where the
server says that it cannot take them now.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
import threading
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from eval.bench.corpus import FIELD, NAMES

PASSWORD = "correct horse battery staple"  # noqa: S105  of people who are made up
_AHEAD, _ALMOST_EMPTY = 5, 4  # as in the page
_PATIENCE = 60.0
_TRIES = 20


def name_of(number: int) -> str:
    """How the person of that number signs in."""
    return f"reviewer{number:02d}"


class Reviewer:
    """One person at a browser."""

    def __init__(self, address: str, name: str) -> None:
        """Sign in."""
        parts = urlsplit(address)
        self._line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
        self.seconds: dict[str, list[float]] = {"next": [], "painted": [], "decide": []}
        self.acknowledged: list[tuple[int, int, str, str]] = []
        self.errors: list[str] = []
        self._cards: list[dict[str, Any]] = []
        form = urlencode({"name": name, "password": PASSWORD})
        self._line.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self._line.getresponse()
        answer.read()
        self._cookie = str(answer.headers.get("Set-Cookie", "")).split(";")[0]
        if answer.status != 200:
            raise RuntimeError(f"{name} could not sign in: {answer.status}")
        self._line.request("GET", "/card/project", headers={"Cookie": self._cookie})
        self._project = json.loads(self._line.getresponse().read())["project_id"]

    def work(self, decisions: int, pause: float) -> None:
        """Decide so many cards, ``pause`` seconds of reading before each."""
        for number in range(decisions):
            self._fill()
            if not self._cards:
                self.errors.append("there was no card")
                return
            card = self._cards.pop(0)
            shown = {"exposure": card["exposure"], "ticket": card["ticket"]}
            self._ask("painted", shown)
            time.sleep(pause)
            label, key = NAMES[number % len(NAMES)], secrets.token_hex(16)
            about = {**shown, "project": self._project, "item": card["item"]["id"]}
            click = {"key": key, "verdict": "choose", "value": {"label": label}, "seconds": pause}
            answer = self._ask("decide", {**about, **click})
            if answer is not None:
                self.acknowledged.append((answer["review"], card["exposure"], key, label))

    def _fill(self) -> None:
        if len(self._cards) >= _ALMOST_EMPTY:
            return
        held = [card["exposure"] for card in self._cards]
        answer = self._ask("next", {"field": FIELD, "count": _AHEAD - len(held), "held": held})
        self._cards += answer["cards"] if answer else []

    def _ask(self, what: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; the time counts until it arrived, tries again included. ``None`` where it was refused."""
        began = time.perf_counter()
        for _ in range(_TRIES):
            headers = {"Content-Type": "application/json", "Cookie": self._cookie}
            self._line.request("POST", f"/card/{what}", json.dumps(body), headers)
            answer = self._line.getresponse()
            content = answer.read()
            if answer.status not in (429, 503):
                break
            time.sleep(0.2)
        self.seconds[what].append(time.perf_counter() - began)
        if answer.status == 200:
            found: dict[str, Any] = json.loads(content)
            return found
        self.errors.append(f"{what}: {answer.status} {content[:200]!r}")
        return None


def work_together(address: str, people: int, decisions: int, pause: float) -> dict[str, Any]:
    """All of them at once; what they saw, and the processor time that asking took."""
    everybody = [Reviewer(address, name_of(number)) for number in range(people)]
    threads = [threading.Thread(target=one.work, args=(decisions, pause)) for one in everybody]
    before, began = os.times(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = os.times()
    return {
        "wall": time.perf_counter() - began,
        "processor": after.user + after.system - before.user - before.system,
        "seconds": {what: [s for one in everybody for s in one.seconds[what]] for what in everybody[0].seconds},
        "acknowledged": [ack for one in everybody for ack in one.acknowledged],
        "errors": [error for one in everybody for error in one.errors],
    }


def main() -> None:
    """Work and print."""
    address, people, decisions, pause = sys.argv[1:5]
    sys.stdout.write(json.dumps(work_together(address, int(people), int(decisions), float(pause))))


if __name__ == "__main__":
    main()
