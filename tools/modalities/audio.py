"""Recordings: items whose content is a sound file."""

from __future__ import annotations

import re
from pathlib import Path

from tools.content import AudioFile, Content
from tools.modalities.contract import Modality
from tools.records import Item
from tools.sounds.probe import SUFFIXES, probe


def _recording(item: Item, place: Path | None) -> Content:
    assert place is not None, f"item {item.key} has no file"
    return AudioFile(place, item.length or 0)


AUDIO = Modality(
    name="audio",
    one="recording",
    many="recordings",
    content="audio",
    reasons=("wrong words", "nothing is said", "wrong times", "wrong speaker", "cannot be understood"),
    examples=(
        "where do we stand",
        "transcribe 20 recordings",
        "agreement between annotators",
        "what is next",
        "export as srt",
    ),
    how_imported=(
        "Drop the folder or the sound files on the Data tab; in the terminal it is “assistant import PROJECT FOLDER”."
    ),
    has_file=True,
    can_speak=False,
    note="The items are recordings; audios, clips, files and calls are other words for them.",
    also_called=re.compile(r"(?<![-\w./])(?:recording|audio|sound|clip|call|voice note)(?: file)?(?P<s>s?)\b", re.I),
    file_name=re.compile(r"[\w./-]+\.(?:wav|mp3|flac|og[ga]|opus|m4a|aac|webm)\Z", re.IGNORECASE),
    suffixes=SUFFIXES,
    probe=probe,
    content_of=_recording,
)
