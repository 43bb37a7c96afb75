"""A remote labeller for tests: pauses are noted, calls are kept in memory."""

from __future__ import annotations

from typing import Any

from tests.backends.texts.messages import INTENT
from tests.fake_context import MemoryCalls
from tests.openai_server import OpenAIServer, say
from tools.backends.contract import Input
from tools.backends.remote.endpoint import Endpoint
from tools.backends.remote.labeller import RemoteLabeller, RemoteSettings
from tools.backends.remote.prompts import load_prompt
from tools.records import Draft
from tools.results import Artefact
from tools.schema import FieldSpec

REFUND = say('{"label": "refund"}')


class Waits(list[float]):
    """Notes the pauses instead of sleeping; its clock moves by them alone."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)

    def clock(self) -> float:
        return sum(self)


def labeller(
    server: OpenAIServer,
    field: FieldSpec = INTENT,
    calls: MemoryCalls | None = None,
    timeout: float = 10.0,
    waits: Waits | None = None,
    workers: int = 1,
    repeats: int = 1,
    prompt: str = "",
    key: str = "",
) -> RemoteLabeller:
    time = Waits() if waits is None else waits
    endpoint = Endpoint("m", server.address, key, timeout, workers, time, time.clock)
    settings = RemoteSettings(connections=workers, repeats=repeats)
    made = load_prompt(prompt, field.kind)
    return RemoteLabeller(field, endpoint, made, calls or MemoryCalls(), 7, settings)


def ask(made: RemoteLabeller, *texts: str, **more: Any) -> list[Draft]:
    return made.predict(Artefact(), [Input.of_text(n, text, **more) for n, text in enumerate(texts, start=1)])
