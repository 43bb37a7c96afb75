"""The process that encodes images: it takes the lowest priority, so that the page stays quick while a model works.

Orders and answers are lines of JSON. An encoding goes straight into the project's cache of arrays; only that it is
there, or the sentence that says why not, goes back.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from assistant.arrays import DiskArrays
from tools.backends.masks.encodings import EncodingCache, encoding_key
from tools.backends.masks.registry_segment import open_segmenter
from tools.errors import AssistantError
from tools.images.pixels import read_pixels

_NICENESS = 15


def answer(order: Mapping[str, Any]) -> dict[str, Any]:
    """Encode one image unless its encoding is there already."""
    began = time.perf_counter()
    try:
        segmenter = open_segmenter(order["reference"])
        key = encoding_key(segmenter.identity, order["digest"])
        cache = EncodingCache(DiskArrays(Path(order["arrays"])))
        if segmenter.is_encoder and not cache.has(key):
            cache.put(key, segmenter.encode(read_pixels(order["path"])))
    except AssistantError as error:
        return {"problem": str(error), "kind": type(error).__name__}
    except Exception as error:  # noqa: BLE001 - the owner waits for an answer, whatever a model does with an image
        return {"problem": f"{order['reference']} failed on the image: {str(error)[:200]}", "kind": "BackendFailed"}
    return {"seconds": time.perf_counter() - began}


def serve(orders: TextIO, answers: TextIO) -> None:
    """Answer line by line until the owner closes the pipe."""
    for line in orders:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


def main() -> None:
    """Give way to everything else, then serve; what libraries print must not get between the answers."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
