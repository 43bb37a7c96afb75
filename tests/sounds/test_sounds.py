"""What a recording is, its samples and its peaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.sounds.recordings import save_mp3, save_wav
from tools.errors import InputError
from tools.images.probe import digest_of
from tools.sounds.decode import samples_of
from tools.sounds.peaks import peaks_of
from tools.sounds.probe import probe


def test_a_wav_is_what_its_bytes_say_whatever_its_name(tmp_path: Path) -> None:
    path = save_wav(tmp_path / "call.mp3", [(0.5, 1500)], rate=8000, channels=2)
    found = probe(path)
    media = found.media
    assert (media.mime, media.length, media.rate, media.channels) == ("audio/wav", 1500, 8000, 2)
    assert (media.size, media.digest) == (path.stat().st_size, digest_of(path))
    assert (media.width, media.height, found.notes) == (0, 0, ())


def test_an_mp3_is_as_long_as_what_can_be_heard(tmp_path: Path) -> None:
    media = probe(save_mp3(tmp_path / "talk.mp3", [(0.5, 2000)])).media
    assert (media.mime, media.rate, media.channels) == ("audio/mpeg", 44_100, 1)
    # An encoder pads to whole frames of 26 ms, twice.
    assert 2000 <= media.length <= 2080


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"no sound at all " * 40, "no recording that can be read"),
        (b"RIFF\x10\0\0\0WAVE", "call.wav"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as refused:
        probe(path)
    assert str(refused.value).count("\n") == 0
    assert str(tmp_path) not in str(refused.value)


def test_a_recording_that_breaks_off_is_taken_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    path = save_wav(tmp_path / "cut.wav", [(0.5, 4000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = probe(path)
    assert abs(found.media.length - 2000) <= 2


def test_a_part_of_a_recording_is_the_same_samples_as_in_the_whole(tmp_path: Path) -> None:
    path = save_wav(tmp_path / "a.wav", [(0.2, 1000), (0.9, 1000)])
    whole, part = samples_of(path), samples_of(path, start=750, end=1250)
    assert whole.shape == (32_000,)
    np.testing.assert_array_equal(part, whole[12_000:20_000])
    assert samples_of(path, start=2000).size == 0


def test_peaks_are_the_loudest_of_each_part(tmp_path: Path) -> None:
    path = save_wav(tmp_path / "a.wav", [(0.0, 500), (0.5, 500), (1.0, 500), (0.0, 500)])
    silent, half, full, again = peaks_of(path, 4, 2000)
    assert max(silent, again) <= 12
    assert half == pytest.approx(128, abs=12)
    assert full == pytest.approx(255, abs=6)
