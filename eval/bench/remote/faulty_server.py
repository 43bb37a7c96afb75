"""An OpenAI-compatible server that behaves as badly as real ones: busy, slow, cut off, and answering nonsense.

What it does to an item is settled by the item's number alone, so that the account of a run can be checked: every item
either gets its label sooner or later, or is hopeless. Requests are counted by the key under which the client keeps the
reply, from the moment they are accepted.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from eval.bench.remote.loopback import Body, LoopbackServer, Sent
from tools.backends.remote.endpoint import Endpoint
from tools.backends.remote.request import Request

SHARES = {
    "slow once": 0.02,
    "cut off once": 0.02,
    "no JSON once": 0.04,
    "outside the schema once": 0.04,
    "no completion once": 0.01,
    "no JSON": 0.02,
    "outside the schema": 0.02,
    "filtered": 0.01,
}
"""Share of the items to which each of these happens; the rest is answered at once."""

HOPELESS = ("no JSON", "outside the schema", "filtered")
_NUMBER = re.compile(r"number\D{1,3}(\d+)")
_PROSE = "I would have to think about that for much longer than I have."


def fault_of(number: int) -> str:
    """What happens to an item, "" for nothing."""
    at = random.Random(f"fault {number}").random()
    for name, share in SHARES.items():
        if at < share:
            return name
        at -= share
    return ""


def label_of(number: int, labels: list[str]) -> str:
    """The label that the item gets."""
    return labels[number * 7 % len(labels)]


@dataclass(frozen=True, slots=True)
class Manners:
    """Seconds an answer takes, seconds that make a client give up, and how often the server is busy for how long."""

    answer: float = 0.15
    slow: float = 1.6
    busy_every: int = 400
    busy_for: float = 0.4


@dataclass
class Seen:
    """What the server was asked and what it charged for."""

    asked: Counter[str] = field(default_factory=Counter)
    attempts: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    charged: int = 0
    bodies: dict[int, Body] = field(default_factory=dict)


class FaultyServer(LoopbackServer):
    """``seen`` is its account. Connections are kept, as by real servers."""

    def __init__(self, manners: Manners | None = None) -> None:
        """Listen on a free port of this machine."""
        super().__init__("HTTP/1.1")
        self.seen = Seen()
        self._manners = manners or Manners()
        self._busy_until = 0.0

    def reply(self, path: str, body: Body) -> Sent:
        """The answer to one request, or one of the faults."""
        number = number_of(body)
        with self._changed:
            now = time.monotonic()
            if now < self._busy_until:
                self.seen.refused[429] += 1
                return 429, {"Retry-After": f"{self._busy_until - now:.3f}"}, _error("too many requests")
            attempt = self._accept(number, body, now)
        return self._served(number, attempt, body)

    def _accept(self, number: int, body: Body, now: float) -> int:
        seen = self.seen
        seen.bodies.setdefault(number, body)
        if fault_of(number) == "filtered":
            seen.refused[400] += 1
            return 0
        seen.asked[call_key(self.address, body)] += 1
        seen.attempts[number] += 1
        if sum(seen.asked.values()) % self._manners.busy_every == 0:
            self._busy_until = now + self._manners.busy_for
        return seen.attempts[number]

    def _served(self, number: int, attempt: int, body: Body) -> Sent:
        fault = fault_of(number)
        if fault == "filtered":
            return 400, {}, _error("this text was stopped by the content filter")
        if attempt == 1 and fault == "slow once":
            self._closing.wait(self._manners.slow)
        self._closing.wait(self._manners.answer)
        if attempt == 1 and fault == "cut off once":
            self._charge(body, "")
            return 502, {}, "<html>bad gateway</html>"
        text = self._text(number, attempt, body)
        usage = self._charge(body, text)
        if attempt == 1 and fault == "no completion once":
            return 200, {}, "<html>try again</html>"
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        made = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]}
        return 200, {}, json.dumps({**made, "choices": [choice], "usage": usage})

    def _text(self, number: int, attempt: int, body: Body) -> str:
        labels = body["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"]
        fault = fault_of(number)
        happens = attempt == 1 or not fault.endswith(" once")
        if happens and fault.startswith("no JSON"):
            return _PROSE if number % 2 else '{"label": "' + labels[0][:3]
        if happens and fault.startswith("outside"):
            return json.dumps({"label": "something_else"})
        return json.dumps({"label": label_of(number, labels)})

    def _charge(self, body: Body, text: str) -> dict[str, int]:
        """What a real server bills for, by the usual rule of thumb, whether or not the answer arrives."""
        asked = sum(len(message["content"]) for message in body["messages"]) // 4
        answered = 1 + len(text) // 4
        with self._changed:
            self.seen.charged += asked + answered
        return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def number_of(body: Body) -> int:
    """The number of the item that a request is about; a second question still holds the first."""
    users = [message["content"] for message in body["messages"] if message["role"] == "user"]
    found = _NUMBER.search(users[0])
    if found is None:
        raise ValueError("a request about no numbered item")
    return int(found.group(1))


def call_key(address: str, body: Body) -> str:
    """The key under which the client keeps the reply to this request."""
    schema = body["response_format"]["json_schema"]["schema"]
    request = Request(tuple(body["messages"]), schema, body["max_tokens"], body["temperature"])
    return Endpoint(body["model"], address).call_key(request)


def _error(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "error", "code": None}})
