"""A language model as a labeller: it reads one item's text, has no tools, and answers in the schema or not at all."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.backends.contract import BackendIdentity, Example, ReplyLog, TextInput
from tools.backends.prompts import Prompt, fill
from tools.backends.remote_dialect import Reply
from tools.backends.remote_endpoint import Endpoint, NoAnswer, Request, RequestRefused
from tools.backends.replies import ReadAnswer, answer_schema, read_answer
from tools.backends.token_scores import label_chance, other_labels
from tools.backends.untrusted import Fenced, clean, explain_mark, fence
from tools.errors import BackendError, ReplyUnreadable
from tools.records import Alternative, Draft
from tools.results import Artefact
from tools.schema import FieldSpec, Label
from tools.sentences import count_of
from tools.values import value_label

WORKERS = 8
_ANSWER_TOKENS = {"choice": 256, "multi_choice": 512, "rating": 256, "spans": 1536, "relations": 1536}
_QUOTED_BACK = 2000


@dataclass(frozen=True, slots=True)
class _Asked:
    """One item with the request made of it."""

    one: TextInput
    fenced: Fenced
    request: Request


class RemoteLabeller:
    """Asks an OpenAI-compatible endpoint with a versioned prompt, once per item and once more after a bad answer."""

    def __init__(
        self, field: FieldSpec, endpoint: Endpoint, prompt: Prompt, calls: ReplyLog, secret: int, workers: int = WORKERS
    ) -> None:
        """``secret`` goes into the delimiters around item texts; ``workers`` calls run at a time."""
        self.field = field
        self._endpoint = endpoint
        self._prompt = prompt
        self._calls = calls
        self._secret = secret
        self._workers = workers

    @property
    def identity(self) -> BackendIdentity:
        """Model, endpoint, settings and the prompt with its hash."""
        settings = {
            "endpoint": self._endpoint.shown_address,
            "temperature": 0,
            "answer_tokens": _ANSWER_TOKENS[self.field.kind],
        }
        model = self._endpoint.model
        return BackendIdentity(f"remote:{model}", model, settings, self._prompt.name, self._prompt.digest)

    def fit(self, examples: Sequence[Example], pool: Sequence[TextInput], seed: int) -> Artefact:
        """Nothing is learned: the same artefact for all examples."""
        said = {"model": self._endpoint.model, "prompt": self._prompt.name, "prompt_hash": self._prompt.digest}
        return Artefact({"backend": f"remote:{self._endpoint.model}", **said})

    def estimate(self, inputs: Sequence[TextInput]) -> tuple[int, int]:
        """(prompt tokens, most answer tokens), without second questions."""
        asked = [self._asked(one) for one in inputs if self._needs_a_call(one)]
        return sum(one.request.prompt_tokens for one in asked), sum(one.request.answer_tokens for one in asked)

    def predict(self, artefact: Artefact, inputs: Sequence[TextInput]) -> list[Draft]:
        """One draft for each input; what cannot be read is ``unread``.

        ``BudgetSpent`` and an endpoint that answers nothing at all stop the rest; replies that arrived are kept.
        """
        stop = threading.Event()
        with ThreadPoolExecutor(max(1, min(self._workers, len(inputs)))) as threads:
            answers = list(threads.map(lambda one: self._guarded(one, stop), inputs))
        failures = [answer for answer in answers if isinstance(answer, BackendError)]
        fatal = [failure for failure in failures if not isinstance(failure, NoAnswer | RequestRefused)]
        if fatal:
            raise fatal[0]
        if failures and len(failures) == len(inputs):
            raise failures[0]
        return [
            self._unread(one, str(answer)) if isinstance(answer, BackendError) else answer
            for one, answer in zip(inputs, answers, strict=True)
            if answer is not None
        ]

    def _guarded(self, one: TextInput, stop: threading.Event) -> Draft | BackendError | None:
        """A draft or what went wrong; ``None`` for items not begun after a failure that concerns all."""
        if stop.is_set():
            return None
        try:
            return self._label(one)
        except (NoAnswer, RequestRefused) as failure:
            return failure
        except BackendError as failure:
            stop.set()
            return failure

    def _label(self, one: TextInput) -> Draft:
        if not self._needs_a_call(one):
            reason = f"{count_of(len(one.spans), 'span')} on the item, so nothing to join"
            return Draft(one.item_id, self.field.id, {"relations": []}, reason=reason)
        asked = self._asked(one)
        reply = self._endpoint.ask(asked.request, self._calls)
        try:
            return self._draft(asked, reply, self._read(asked, reply))
        except ReplyUnreadable as problem:
            return self._ask_again(asked, reply, str(problem))

    def _ask_again(self, asked: _Asked, first: Reply, problem: str) -> Draft:
        complaint = f"This answer cannot be used: {problem}. Answer again with one JSON object as asked, nothing else."
        request = asked.request.followed_by(
            {"role": "assistant", "content": clean(first.text)[:_QUOTED_BACK] or "(nothing)"},
            {"role": "user", "content": complaint},
        )
        reply = self._endpoint.ask(request, self._calls)
        try:
            return self._draft(asked, reply, self._read(asked, reply))
        except ReplyUnreadable as again:
            return self._unread(asked.one, f"{again} (asked twice)")

    def _read(self, asked: _Asked, reply: Reply) -> ReadAnswer:
        if not reply.text.strip():
            cut = " because it was cut at the most tokens" if reply.finish == "length" else ""
            raise ReplyUnreadable(f"the reply is empty{cut}", reply.text)
        return read_answer(self.field, reply.text, asked.one.text, asked.one.spans, asked.fenced.mark)

    def _draft(self, asked: _Asked, reply: Reply, answer: ReadAnswer) -> Draft:
        notes = [f"{self._endpoint.model} with prompt {self._prompt.name}", answer.left_out]
        notes.append("only the beginning of the text was shown" if asked.fenced.was_cut else "")
        score, others = self._confidence(reply, answer)
        return Draft(
            asked.one.item_id,
            self.field.id,
            answer.value,
            score,
            "none" if score is None else "logprob",
            others,
            "; ".join(note for note in notes if note),
        )

    def _confidence(self, reply: Reply, answer: ReadAnswer) -> tuple[float | None, tuple[Alternative, ...]]:
        label = value_label(answer.value)
        if label is None:
            return None, ()
        key = "rating" if self.field.kind == "rating" else "label"
        score = label_chance(reply.tokens, key, label)
        if score is None or self.field.kind == "rating":
            return score, ()
        return score, other_labels(reply.tokens, key, label, self.field.label_ids)

    def _unread(self, one: TextInput, problem: str) -> Draft:
        reason = f"{self._endpoint.model} with prompt {self._prompt.name}"
        return Draft(one.item_id, self.field.id, None, reason=reason, state="unread", problem=problem)

    def _needs_a_call(self, one: TextInput) -> bool:
        return self.field.kind != "relations" or len(one.spans) > 1

    def _asked(self, one: TextInput) -> _Asked:
        fenced = fence(one.text, self._secret)
        values = {
            "question": clean(self.field.question or self.field.name),
            "guideline": clean(self.field.guideline),
            "labels": describe_labels(self.field),
            "delimiter": fenced.delimiter,
            "marking": explain_mark(fenced.mark),
            "text": fenced.text,
            "passages": _passages(one, fenced.mark),
        }
        messages = (
            {"role": "system", "content": fill(self._prompt.system, values)},
            {"role": "user", "content": fill(self._prompt.user, values)},
        )
        schema = answer_schema(self.field, one.spans)
        return _Asked(one, fenced, Request(messages, schema, _ANSWER_TOKENS[self.field.kind]))


def describe_labels(field: FieldSpec) -> str:
    """The labels of a field as lines of a prompt; for a rating its scale."""
    if field.kind == "rating":
        return f"whole numbers from {field.min} to {field.max}"
    return "\n".join(_label_line(label) for label in field.answers)


def _label_line(label: Label) -> str:
    line = f"- {label.id}: {clean(label.name)}"
    if label.from_ or label.to:
        line += f" (from {' or '.join(label.from_) or 'any'} to {' or '.join(label.to) or 'any'})"
    return f"{line}. {clean(label.description)}" if label.description else line


def _passages(one: TextInput, mark: str) -> str:
    lines = []
    for number, span in enumerate(one.spans, start=1):
        quoted = " ".join(clean(one.text[int(span["start"]) : int(span["end"])]).split())
        lines.append(f"P{number} ({span['label']}): {quoted.replace(' ', mark) if mark else quoted}")
    return "\n".join(lines)
