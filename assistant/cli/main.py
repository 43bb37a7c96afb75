"""``assistant``: the entry point, and how every error ends as one sentence and exit code 2."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Annotated, NoReturn

import typer

from assistant.cli import deciding, keeping, people, projects, rescuing, serving, using
from assistant.cli.warming import leave
from assistant.cli.wire import SERVER_GONE
from assistant.store.file.trouble import FULL_SENTENCE, is_full
from tools.errors import AssistantError

_PACKAGE = "annotation-assistant"
app = typer.Typer(
    name="assistant",
    help="Label data by talking to an assistant: its tools propose, people decide.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for room in (serving, projects, using, deciding, people, keeping, rescuing):
    room.add_to(app)


def _say_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"{_PACKAGE} {metadata.version(_PACKAGE)}\n")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Print name and version.")
]


@app.callback()
def about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=lambda asked: _say_version(asked), help="Print name and version."
        ),
    ] = False,
) -> None:
    """Label data by talking to an assistant: its tools propose, people decide."""


# typer carries its own copy of click, whose errors it names only through their descendants.
_BAD_USE: type[Exception] = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")


def main(arguments: list[str] | None = None) -> None:
    """Run a command; never shows a traceback for what a person did."""
    # Kept off before any package that would look: this program sends nothing anywhere by itself.
    os.environ.setdefault("LANGSMITH_TRACING", "false")
    ended: list[int] = []
    try:
        with _orderly_end(ended):
            code = app(arguments, standalone_mode=False)
    except AssistantError as error:
        _complain(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _complain("Stopped.", ended[0] if ended else 130)
    except _BAD_USE as error:
        _complain(_words_of(error), 2)
    except BrokenPipeError:  # the reader of a pipe went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if is_full(error):
            _complain(FULL_SENTENCE, 2)
        if not error.filename and isinstance(error, (ConnectionError, FileNotFoundError)):
            _complain(SERVER_GONE, 2)
        place = f" {error.filename}" if error.filename else ""
        _complain(f"{(error.strerror or str(error)).capitalize()}:{place}.", 2)
    # typer answers an interrupt with a code of its own.
    leave(ended[0] if ended else code if isinstance(code, int) else 0)


@contextmanager
def _orderly_end(ended: list[int]) -> Iterator[None]:
    """A request to end is what Ctrl+C is: jobs stop, the project is closed, nothing is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: object) -> None:
        ended.append(128 + number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _words_of(error: BaseException) -> str:
    """What a wrong call was told; a command without arguments answers with its help."""
    return str(error.format_message()) if hasattr(error, "format_message") else str(error)


def _complain(sentence: str, code: int) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    leave(code)
