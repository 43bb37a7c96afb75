"""The peer of the remote benchmark: the same requests through the openai package in a plain pool of threads.

``python -m eval.bench.remote.remote_peer BODIES ADDRESS CONNECTIONS TIMEOUT``; BODIES holds one request a line. The
package's own retries are all there is: no log, no budget, no second question. Prints ``SECONDS ANSWERED``.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

RETRIES = 5


def main() -> None:
    """Send everything and say how long it took."""
    import openai

    bodies = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    client = openai.OpenAI(base_url=sys.argv[2], api_key="none", timeout=float(sys.argv[4]), max_retries=RETRIES)

    def ask(body: dict[str, Any]) -> bool:
        try:
            # Raw, because a body that is no completion must not end the measurement.
            client.chat.completions.with_raw_response.create(**body)
        except openai.APIError:
            return False
        return True

    began = time.monotonic()
    with ThreadPoolExecutor(int(sys.argv[3])) as threads:
        answered = sum(threads.map(ask, bodies))
    sys.stdout.write(f"{time.monotonic() - began:.3f} {answered}\n")


if __name__ == "__main__":
    main()
