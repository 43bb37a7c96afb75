"""What the chat shows of a conversation: events become messages. Pure; messages are gradio's dictionaries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.agent.kept_tables import Texts, kept_figure, kept_table
from assistant.ui.chat.chart import chart_image
from assistant.ui.chat.chat_text import cell_text, facts_text, figure_text, plain, table_text
from assistant.ui.ports import TurnEvent
from assistant.ui.said import is_offered
from tools.records import ROLE_RANK, Role
from tools.results import ToolResult

Message = dict[str, Any]
Locate = Callable[[int], tuple[int, str]]
GREETING = (
    "Decide with the keys on the left, or say it here: “accept”, “no”, the name of another label, “undo”. "
    "Ask how good the labels are, what to label next, or for suggestions."
)
_OTHER_ROLE = "This was answered while you were {}. Ask again for what you may see now."
_MOST_MESSAGES = 200
_MOST_ITEMS = 200
# After one of these the card in hand may be out of date.
_CHANGING = ("import_data", "bulk_accept", "change_schema", "mark_gold", "undo")


def _no_texts(keys: Sequence[str]) -> Sequence[str]:
    return [""] * len(keys)


class Transcript:
    """The messages of one person's chat, and the signal for the card after a turn."""

    def __init__(self, locate: Locate | None = None, texts: Texts = _no_texts) -> None:
        """Start with a greeting; ``locate`` gives item and field of an exposure that the card shall show, ``texts``
        what a table of items that is shown again says of each.
        """
        self._locate, self._texts = locate, texts
        self.messages: list[Message] = [_said(plain(GREETING))]
        self._signal: dict[str, Any] = {}
        self._open: Message | None = None
        self._progress: Message | None = None
        # Tables of a result wait until its sentence was said: the answer comes first.
        self._waiting: list[str] = []
        self._turn = 0
        # The line of each job that was begun here, and whether it is over.
        self._jobs: dict[int, Message] = {}
        self._over = set[int]()

    def restore(
        self, kept: Sequence[Mapping[str, Any]], role: Role = "admin", fates: Mapping[int, str] | None = None
    ) -> None:
        """Begin with what was said and shown before, as it is stored, for somebody who has this role by now.

        ``fates`` are the words for the sentences that were not answered, by place.
        """
        for at, one in enumerate(kept):
            if one["speaker"] == "person":
                self.messages.append({"role": "user", "content": plain(str(one["text"]))})
                if fates and at in fates:
                    self._broken_off(str(one["text"]), fates[at])
                continue
            before: Role = one["record"].get("role", role)
            if ROLE_RANK[before] > ROLE_RANK[role]:
                self.messages.append(_said(plain(_OTHER_ROLE.format(before))))
                continue
            if one["text"]:
                self.messages.append(_said(plain(str(one["text"]))))
            self.messages += [_said(text) for text in kept_texts(one["record"].get("shown", ()), self._texts)]
            for job_id in (call.get("job") for call in one["record"].get("calls", ())):
                if job_id is not None:
                    self._job(int(job_id), "")

    def _broken_off(self, text: str, words: str) -> None:
        self.messages.append(_said(plain(words)))
        if is_offered(words):
            self.messages[-1]["options"] = [{"label": text, "value": text}]

    def follow_jobs(self, line: Callable[[int], tuple[str, bool]]) -> None:
        """Let the lines of jobs say where each of them stands now; ``line`` gives the words and whether it is over."""
        for job_id in [one for one in self._jobs if one not in self._over]:
            told, is_over = line(job_id)
            self._job(job_id, told)
            if is_over:
                self._over.add(job_id)

    def waiting(self, text: str) -> Message:
        """How a sentence looks that is answered after the one in hand."""
        return {"role": "user", "content": f"{plain(text)}\n\n*waits*"}

    def ask(self, text: str) -> None:
        """A person said something; earlier quick replies are no longer offered."""
        for message in self.messages:
            message.pop("options", None)
        self.messages.append({"role": "user", "content": plain(text)})
        self._signal, self._open = {}, None
        self._turn += 1
        del self.messages[:-_MOST_MESSAGES]

    def hear(self, event: TurnEvent) -> None:
        """Take in one event of the turn."""
        heard = {
            "tool_started": self._started,
            "progress": self._progressed,
            "tool_finished": self._finished,
            "text": self._texted,
            "options": self._offered,
            "action": self._waits,
            "decided": self._decided,
            "moved": self._moved,
            "error": self._failed,
        }.get(event.kind)
        if heard is not None:
            heard(event)

    def fail(self, sentence: str) -> None:
        """The turn broke off."""
        self._close(0.0)
        self._show_tables()
        self.messages.append(_said(plain(sentence)))

    def end(self) -> None:
        """The turn is over; nothing may look as if it still ran."""
        self._close(0.0)
        self._show_tables()

    @property
    def signal(self) -> str:
        """What the card must know, as JSON; the number of the turn makes each one new."""
        return json.dumps({**self._signal, "turn": self._turn})

    def _started(self, event: TurnEvent) -> None:
        self._close(0.0)
        self._show_tables()
        title = event.tool.replace("_", " ")
        self._open = {
            "role": "assistant",
            "content": arguments_text(event.arguments),
            "metadata": {"title": plain(title), "status": "pending"},
        }
        self.messages.append(self._open)

    def _job(self, job_id: int, words: str) -> None:
        """The one line of a job: it is made once, and moves and ends where it stands."""
        if job_id not in self._jobs:
            self._drop_progress()
            self._jobs[job_id] = _said("")
            self.messages.append(self._jobs[job_id])
        self._jobs[job_id]["content"] = plain(words)

    def _progressed(self, event: TurnEvent) -> None:
        if event.job_id is not None:
            self._job(event.job_id, event.text)
        elif self._open is not None:
            self._open["metadata"]["log"] = plain(event.text)
        elif self._progress is not None:
            self._progress["content"] = plain(event.text)
        elif event.text:
            self._texted(event)
            self._progress = self.messages[-1]

    def _finished(self, event: TurnEvent) -> None:
        if self._open is None:
            self._started(event)
        if self._open is not None and event.result is not None and event.result.facts:
            # The receipt of what the sentence says: one click away, and not told twice.
            self._open["content"] += "\n\n" + facts_text(event.result.facts)
        self._close(event.seconds)
        if event.result is not None and event.action_id is None:
            # Where a change waits, its tables are on the panel.
            self._waiting = result_texts(event.result)
            self._signal["items"] = list(event.result.items[:_MOST_ITEMS])
            self._signal["exported"] = event.result.exported
        if event.action_id is not None:
            self._signal["action"] = event.action_id
        elif event.run_id is not None or event.tool in _CHANGING:
            self._signal["changed"] = True

    def _texted(self, event: TurnEvent) -> None:
        if event.text and event.job_id is not None and event.tool:
            self._job(event.job_id, event.text)
        elif event.text:
            self._drop_progress()
            self.messages.append(_said(plain(event.text)))
            self._show_tables()
        if event.options:
            self._offered(event)

    def _offered(self, event: TurnEvent) -> None:
        if not event.options:
            return
        if event.kind == "options" and event.text:
            self.messages.append(_said(plain(event.text)))
        last = self.messages[-1]
        if last["role"] != "assistant" or "metadata" in last:
            last = _said("What would you like?")
            self.messages.append(last)
        last["options"] = [{"label": option, "value": option} for option in event.options]

    def _waits(self, event: TurnEvent) -> None:
        if event.text:
            self.messages.append(_said(plain(event.text)))
        self._signal["action"] = event.action_id

    def _decided(self, event: TurnEvent) -> None:
        if event.text:
            self.messages.append(_said(plain(event.text)))
        self._signal["decided"] = event.exposure_id

    def _moved(self, event: TurnEvent) -> None:
        if event.text:
            self.messages.append(_said(plain(event.text)))
        if event.exposure_id is None or self._locate is None:
            self._signal["changed"] = True
        else:
            self._signal["item"], self._signal["field"] = self._locate(event.exposure_id)

    def _failed(self, event: TurnEvent) -> None:
        self._close(event.seconds)
        if event.job_id is not None:
            self._job(event.job_id, event.text)
            return
        self.messages.append(_said(plain(event.text)))

    def _drop_progress(self) -> None:
        if self._progress is not None:
            self.messages = [one for one in self.messages if one is not self._progress]
        self._progress = None

    def _show_tables(self) -> None:
        self.messages += [_said(text) for text in self._waiting]
        self._waiting = []

    def _close(self, seconds: float) -> None:
        if self._open is None:
            return
        self._open["metadata"]["status"] = "done"
        if seconds:
            self._open["metadata"]["duration"] = round(seconds, 2)
        self._open["metadata"].pop("log", None)
        self._open = None


def arguments_text(arguments: Mapping[str, Any]) -> str:
    """What a tool was asked, one argument a line."""
    lines = [f"{plain(str(name).replace('_', ' '))}: {cell_text(value)}" for name, value in arguments.items()]
    return "\n".join(lines) or "no arguments"


def result_texts(result: ToolResult) -> list[str]:
    """Charts and tables of a result, each a message of its own; a table without rows says nothing."""
    texts = [figure_text(figure, chart_image(figure)) for figure in result.figures]
    return texts + [table_text(table) for table in result.tables if table.rows]


def kept_texts(shown: Sequence[Mapping[str, Any]], texts_of: Texts) -> list[str]:
    """The same of what was kept with a message."""
    texts = []
    for record in shown:
        figure, table = kept_figure(record), kept_table(record, texts_of)
        if figure is not None:
            texts.append(figure_text(figure, chart_image(figure)))
        if table is not None:
            texts.append(table_text(*table))
    return texts


def _said(text: str) -> Message:
    return {"role": "assistant", "content": text}
