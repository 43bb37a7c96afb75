"""Which kinds of items there are, by their names in schemas."""

from __future__ import annotations

from collections.abc import Mapping

from tools.modalities.audio import AUDIO
from tools.modalities.contract import Modality
from tools.modalities.images import IMAGE
from tools.modalities.texts import COMPARISON, CONVERSATION, PAIR, TEXT

ALL: tuple[Modality, ...] = (TEXT, PAIR, CONVERSATION, COMPARISON, IMAGE, AUDIO)
MODALITIES: Mapping[str, Modality] = {one.name: one for one in ALL}
"""Every modality by its name."""
