"""Loads the sentence model while nobody waits for it, so that the first suggestions come sooner."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from assistant.session import Session
from tools.backends.registry import choose_embedder
from tools.errors import AssistantError

SWITCH = "ASSISTANT_WARM_UP"
_LOG = logging.getLogger(__name__)
_NAME = "warm-up"
_DELAY_SECONDS = 4.0
_PATIENCE_SECONDS = 1.0
_SAMPLE = 100


@contextmanager
def warming(session: Session) -> Iterator[None]:
    """While the block runs, a thread loads what suggestions for this project need; ``ASSISTANT_WARM_UP=0`` forbids it.

    It begins some seconds later, so that the page comes first. Cards are fetched ahead, so keys do not wait for it.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_warm_up, args=(session, stop), name=_NAME, daemon=True)
    if os.environ.get(SWITCH, "") != "0" and any(field.record.is_labels for field in session.schema.fields):
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.is_alive():
            thread.join(_PATIENCE_SECONDS)


def leave(code: int) -> NoReturn:
    """End the process with this exit code, also in the middle of a warm-up.

    Importing a large library may take a minute on a busy machine, and whoever asked a server to end waits seconds.
    A library that is half imported must not meet the interpreter's own end, so the process goes without it; by now
    the project is closed.
    """
    if any(one.name == _NAME for one in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _warm_up(session: Session, stop: threading.Event) -> None:
    if stop.wait(_DELAY_SECONDS):
        return
    wanted = str(session.store.settings.get("backend.embedder") or "")
    if wanted and not wanted.startswith("builtin:"):
        return  # What is downloaded or called elsewhere waits until somebody asks for it.
    if session.schema.modality.has_file:
        return  # What compares files without weights is there at once.
    try:
        texts = session.store.items.texts(session.store.items.all_ids()[:_SAMPLE].tolist())
        choose_embedder(wanted, texts).embedder.embed_words(["warm"])
    except (AssistantError, ImportError, OSError) as problem:
        # Whoever asks for suggestions gets the sentence; nobody asked yet.
        _LOG.debug("the sentence model was not loaded ahead: %s", problem)
    except Exception:  # noqa: BLE001  a thread has nobody above it who could say it
        _LOG.exception("the sentence model was not loaded ahead")
