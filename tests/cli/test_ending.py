"""A page that is asked to end closes its project in order, whichever way it is asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.session import Session
from tools.schema import schema_from_labels

RUN = "import sys; from assistant.cli.main import main; sys.exit(main(sys.argv[1:]))"
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_served_project_is_closed_in_order(tmp_path: Path, how: signal.Signals, code: int) -> None:
    Session.create(tmp_path / "p", "p", schema_from_labels(["a", "b"]), "lea").close()
    command = [sys.executable, "-c", RUN, "serve", str(tmp_path / "p"), "--port", "7990"]
    surroundings = {**os.environ, "ASSISTANT_WARM_UP": "0", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env=surroundings,
        # As a terminal starts it: tests that run in the background have this signal ignored, and children inherit it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    ) as serving:
        assert serving.stdout is not None
        assert "The page is at" in serving.stdout.readline()
        assert "Ctrl+C" in serving.stdout.readline()
        was_listening = (tmp_path / "p" / "assistant.sock").exists()
        serving.send_signal(how)
        _, complaints = serving.communicate(timeout=120)
    left = sorted(one.name for one in (tmp_path / "p").iterdir() if one.name.endswith((".sock", ".wal")))
    assert was_listening
    assert (serving.returncode, left) == (code, [])
    assert "Traceback" not in complaints
