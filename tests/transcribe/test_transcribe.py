"""The tool over recordings, with the real model where its package is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_context import FakeContext, MemoryCalls, carry_out
from tests.sounds.recordings import save_wav
from tools.backends.contract import BackendIdentity
from tools.backends.speech import registry_speech, whisper_tiny
from tools.backends.speech.contract_speech import Heard, Word
from tools.content import AudioFile
from tools.errors import BackendFailed, BackendMissing, InputError, NotFound
from tools.schema import read_schema
from tools.transcribe.tool import transcribe
from tools.values import check_value

SCHEMA = "name: Calls\nitem: audio\nfields: [{id: said, kind: segments, overlap: false}, {id: mood, kind: rating}]"
needs_model = pytest.mark.skipif(not whisper_tiny.is_installed(), reason="needs the extra audio: faster-whisper")


class ScriptedListener:
    """Hears what it was told to."""

    language = "en"
    identity = BackendIdentity("builtin:scripted", "1", {"beam": 1})

    def __init__(self) -> None:
        self.heard: dict[str, list[Heard] | Exception] = {}

    def transcribe(self, recording: AudioFile, stopping: Callable[[], bool]) -> list[Heard]:
        found = self.heard[recording.path.name]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> ScriptedListener:
    made = ScriptedListener()
    monkeypatch.setattr(registry_speech, "_load", lambda reference: made)
    monkeypatch.setattr(registry_speech, "_OPEN", {})
    return made


@pytest.fixture
def ctx(tmp_path: Path) -> FakeContext:
    made = FakeContext(read_schema(SCHEMA))
    for name in ("a.wav", "b.wav"):
        made.add_file(save_wav(tmp_path / name, [(0.1, 2000)]), "audio")
    return made


def heard(start: int, end: int, text: str, score: float = 0.5) -> Heard:
    return Heard(start, end, text, score, (Word(start, end, text, score),))


def test_what_is_heard_becomes_a_draft_of_segments_that_fit_the_field(
    ctx: FakeContext, listener: ScriptedListener
) -> None:
    listener.heard = {"a.wav": [heard(0, 900, "hello"), heard(800, 2000, "there", 0.9)], "b.wav": []}
    planned = transcribe.run(transcribe.read_arguments({}), ctx)
    assert planned.text == (
        "I will write down 2 recordings (0.1 min) with builtin:scripted. It understands English only."
    )
    first, second = carry_out(planned, transcribe.work, ctx)
    assert [(one["start"], one["end"], one["text"]) for one in first.value["segments"]] == [
        (0, 900, "hello"),
        (900, 2000, "there"),
    ]
    assert (first.score, first.score_source, first.reason) == (0.7, "uncalibrated", "2 words heard")
    assert check_value(ctx.schema.field("said"), first.value, length=2000) == first.value
    assert (second.value, second.score, second.reason) == ({"segments": []}, None, "no speech was found")


def test_a_recording_that_cannot_be_read_is_unread_and_the_others_go_on(
    ctx: FakeContext, listener: ScriptedListener
) -> None:
    listener.heard = {"a.wav": InputError("a.wav cannot be read to its end."), "b.wav": [heard(0, 9, "yes")]}
    first, second = carry_out(transcribe.run(transcribe.read_arguments({}), ctx), transcribe.work, ctx)
    assert (first.state, first.problem) == ("unread", "a.wav cannot be read to its end.")
    assert second.value["segments"][0]["text"] == "yes"


def test_what_was_decided_is_left_alone_and_what_is_named_is_taken(
    ctx: FakeContext, listener: ScriptedListener
) -> None:
    ctx.decide(1, {"segments": []}, "said")
    planned = transcribe.run(transcribe.read_arguments({}), ctx)
    assert planned.work is not None and planned.work.units == ((2,),)
    named = transcribe.run(transcribe.read_arguments({"items": "a.wav"}), ctx)
    assert named.work is not None and named.work.units == ((1,),)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"field": "mood"}, "holds answers and no transcript"),
        ({"limit": -1}, "from 0"),
        ({"backend": "builtin:ears"}, "There is no back-end 'builtin:ears'"),
        ({"backend": "hub:nowhere"}, "no folder with a Whisper model"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_begins(
    ctx: FakeContext, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises((InputError, NotFound, BackendMissing), match=words):
        transcribe.run(transcribe.read_arguments(arguments), ctx)


def test_the_tool_is_for_recordings_only() -> None:
    assert transcribe.is_for("audio") and not transcribe.is_for("text")


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.bin"
    other.write_bytes(b"anything else")
    with pytest.raises(BackendFailed, match="not the published ones"):
        whisper_tiny.check_weights(other)


@needs_model
def test_the_real_model_makes_nothing_up_where_nobody_speaks(tmp_path: Path, ctx: FakeContext) -> None:
    save_wav(tmp_path / "a.wav", [(0.0, 3000)])
    save_wav(tmp_path / "b.wav", [(0.2, 3000)])
    drafts = carry_out(transcribe.run(transcribe.read_arguments({}), ctx), transcribe.work, ctx, calls=MemoryCalls())
    assert [draft.value for draft in drafts] == [{"segments": []}, {"segments": []}]


@needs_model
@pytest.mark.data
def test_the_real_model_writes_down_a_famous_sentence(shared_data: Path) -> None:
    ctx = FakeContext(read_schema(SCHEMA))
    ctx.add_file(shared_data / "audio" / "jfk.flac", "audio")
    (draft,) = carry_out(transcribe.run(transcribe.read_arguments({}), ctx), transcribe.work, ctx)
    segments = draft.value["segments"]
    said = " ".join(one["text"] for one in segments).lower().replace(",", "").replace(".", "")
    assert said == (
        "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
    )
    assert check_value(ctx.schema.field("said"), draft.value, length=11_000) == draft.value
    assert segments[0]["start"] < 1500 and 10_000 <= segments[-1]["end"] <= 11_000
