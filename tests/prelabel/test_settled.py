"""What a run is settled on: written down, read back, and opened once for a whole job."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.backends.texts.messages import INTENT, SCHEMA, intents
from tests.fake_context import FakeContext, carry_out, prepare
from tools.backends.remote.labeller import RemoteSettings
from tools.backends.remote.prompts import load_prompt
from tools.prelabel import settled as settling
from tools.prelabel.settled import Settled, planned, settled_in
from tools.prelabel.tool import PrelabelArgs, prelabel
from tools.results import Artefact

ASKED = Settled(INTENT, "remote:m", prompt=load_prompt("", "choice"), remote=RemoteSettings(repeats=3), notes=("so",))


@pytest.mark.parametrize("settled", [ASKED, Settled(INTENT, "builtin:few-shot", "image", "builtin:ngrams")])
def test_a_plan_is_read_back_as_it_was_written(settled: Settled) -> None:
    written = json.loads(json.dumps(planned(settled).json))
    assert settled_in(Artefact(written)) == settled


def test_a_plan_of_before_is_read_without_what_it_did_not_say() -> None:
    written = planned(ASKED).json["plan"]
    old = {key: written[key] for key in ("field", "reference", "embedder", "prompt", "prompt_source")}
    assert settled_in(Artefact({"plan": old})) == Settled(INTENT, "remote:m", prompt=ASKED.prompt)


def test_the_labeller_of_a_job_is_opened_once_however_many_batches_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    original = settling.open_labeller

    def counted(reference: str, *given: Any) -> Any:
        opened.append(reference)
        return original(reference, *given)

    ctx = FakeContext(SCHEMA, [text for text, _ in intents(150)])
    for item, (_, label) in enumerate(intents(9), start=1):
        ctx.decide(item, {"label": label})
    arguments = prelabel.read_arguments({})
    assert isinstance(arguments, PrelabelArgs)
    result = prelabel.run(arguments, ctx)
    assert result.work is not None and len(result.work.units) == 3
    monkeypatch.setattr(settling, "open_labeller", counted)
    prepared = prepare(result, prelabel.work, ctx)
    assert len(carry_out(result, prelabel.work, ctx, prepared)) == 141
    assert opened == ["builtin:few-shot"]
