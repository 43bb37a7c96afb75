"""An OpenAI-compatible chat server on this machine that counts what it was asked, text by text."""

from __future__ import annotations

import json
import time
from collections import Counter

from eval.bench.remote.loopback import Body, LoopbackServer, Sent

ANSWER = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "refund"}}]}
USAGE = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}


class CountingServer(LoopbackServer):
    """``asked`` counts requests by the text of their last message, from the moment they arrive."""

    def __init__(self, seconds: float = 0.01) -> None:
        """Every answer takes that long."""
        super().__init__()
        self.asked: Counter[str] = Counter()
        self._seconds = seconds

    def reply(self, path: str, body: Body) -> Sent:
        """Count one request and answer it after a while."""
        with self._changed:
            self.asked[str(body["messages"][-1]["content"])] += 1
        time.sleep(self._seconds)
        made = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", **ANSWER, "usage": USAGE}
        return 200, {}, json.dumps(made)
