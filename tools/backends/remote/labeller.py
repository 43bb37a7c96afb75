"""A language model as a labeller: it reads one item's text, has no tools, and answers in the schema or not at all."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import ClassVar

from tools.backends.contract import CALIBRATING_LABELS, BackendIdentity, Example, Input, Material, ReplyLog
from tools.backends.images.detections import SAME_OBJECT
from tools.backends.remote.check import refuse_absent
from tools.backends.remote.confidence import (
    Confidence,
    calibrate,
    calibration_of,
    from_tokens,
    from_votes,
)
from tools.backends.remote.dialect import Reply
from tools.backends.remote.endpoint import CONNECTIONS, TIMEOUT, Endpoint
from tools.backends.remote.pace import terms_of
from tools.backends.remote.prompts import Prompt
from tools.backends.remote.question import Asker, Question
from tools.backends.remote.replies import ReadAnswer, read_answer
from tools.backends.remote.request import NoAnswer, RequestRefused
from tools.backends.remote.shown_examples import choose_examples, from_record, subject_of, to_record
from tools.content import words_of
from tools.errors import BackendError, InputError, ReplyUnreadable, StoppedShort
from tools.kinds.replies.named_boxes import Frame
from tools.records import Draft, JsonValue
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of, excerpt, verb
from tools.values import agrees
from tools.visible import clean

REPEAT_TEMPERATURE = 0.7
"""Repeats at temperature 0 would agree whatever the model knows."""

_QUOTED_BACK = 2000
# The answer that is quoted back and the complaint about it.
_SECOND = 2600
# Single items fail for reasons of their own; this many without one answer mean that nobody is there to give any.
_HOPELESS = 8
_KEY_SHOWN = 12


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """How a project asks: ``connections`` calls at a time, ``timeout`` seconds for each, every question ``repeats``
    times, at most ``answer_tokens`` for an answer (0: what is usual for the kind of field)."""

    connections: int = CONNECTIONS
    timeout: float = TIMEOUT
    repeats: int = 1
    answer_tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer that could be read, with the reply that it came in."""

    answer: ReadAnswer
    reply: Reply


class RemoteLabeller:
    """Asks an OpenAI-compatible endpoint with a versioned prompt, once per item and once more after a bad answer."""

    learns_from: ClassVar[Material] = "replies"
    states: ClassVar[tuple[str, ...]] = ("examples_shown",)
    needs_answers = False

    def __init__(
        self,
        field: FieldSpec,
        endpoint: Endpoint,
        prompt: Prompt,
        calls: ReplyLog,
        secret: int,
        settings: RemoteSettings | None = None,
    ) -> None:
        """``secret`` goes into the delimiters around item texts."""
        self.field = field
        self._settings = settings or RemoteSettings()
        self._endpoint = endpoint
        self._prompt = prompt
        self._calls = calls
        tokens = self._settings.answer_tokens or field.record.reply_tokens
        self._asker = Asker(field, prompt, secret, tokens)

    @property
    def identity(self) -> BackendIdentity:
        """Model, endpoint, settings and the prompt with its hash."""
        repeats = self._settings.repeats
        settings: dict[str, JsonValue] = {
            "endpoint": self._endpoint.shown_address,
            "temperature": REPEAT_TEMPERATURE if repeats > 1 else 0,
            "answer_tokens": self._asker.answer_tokens,
            "repeats": repeats,
        }
        model = self._endpoint.model
        return BackendIdentity(f"remote:{model}", model, settings, self._prompt.name, self._prompt.digest)

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Choose the confirmed answers that the prompt shows, and calibrate on blind ones whose reply is there.

        Nothing is asked: a model's answer about a blind label counts where this very question was put to it before.
        """
        shown = choose_examples(self.field, examples, self._prompt.examples, seed)
        made: dict[str, JsonValue] = {
            "backend": f"remote:{self._endpoint.model}",
            "model": self._endpoint.model,
            "prompt": self._prompt.name,
            "prompt_hash": self._prompt.digest,
            "examples": [to_record(one) for one in shown],
            "examples_shown": [one.input.item_id for one in shown],
        }
        scores, right = self._known_answers(examples, shown)
        found = calibrate(self.field, scores, right, self._settings.repeats)
        if found is not None:
            made |= {"calibrated_on": found.labels, "calibration_record": found.to_record()}
            made["calibration_words"] = (
                f"one parameter on {found.labels} labels given without a suggestion, from {self._source}"
            )
        made["said"] = self._said(len(shown), len(scores), found is not None)
        return Artefact(made)

    @property
    def _source(self) -> str:
        repeats = self._settings.repeats
        return "token probabilities" if repeats == 1 else f"the agreement of {repeats} answers"

    def _said(self, shown: int, scored: int, is_calibrated: bool) -> str:
        """What the suggestions rest on, in sentences."""
        said = []
        if self._prompt.examples:
            told = f"{count_of(shown, 'confirmed answer')} {verb(shown, 'is', 'are')} shown to it as examples"
            said.append(told + ("." if shown else ": those that may calibrate never are."))
        if is_calibrated:
            said.append(
                f"Scores come from {self._source} and are calibrated on {scored:,} labels given without a suggestion."
            )
        else:
            said.append(
                f"Scores are not calibrated: that takes {CALIBRATING_LABELS} labels given without a suggestion on "
                f"items that it answered and scored before; there are {scored:,}."
            )
        return " ".join(said)

    def _known_answers(self, examples: Sequence[Example], shown: Sequence[Example]) -> tuple[list[float], list[bool]]:
        """(scores, whether people said the same) for the blind labels that this question was put about before."""
        scores, right = [], []
        for one in examples:
            if not one.calibrates or not self._needs_a_call(one.input):
                continue
            try:
                answer, confidence = self._judged(self._asker.question(one.input, shown), is_known_only=True)
            except (ReplyUnreadable, InputError, _NotThere):
                continue
            if confidence.score is not None:
                scores.append(confidence.score)
                right.append(agrees(answer.value, one.value, SAME_OBJECT))
        return scores, right

    def refuse_absent(self) -> None:
        """Say in a sentence that the endpoint, the key or the model is not there."""
        refuse_absent(self._endpoint)

    def estimate(self, inputs: Sequence[Input], known: Sequence[Example] = (), seed: int = 0) -> tuple[int, int]:
        """(prompt tokens, most answer tokens) with all repeats, without second questions after bad answers."""
        shown = choose_examples(self.field, known, self._prompt.examples, seed)
        asked = [question.request for one in inputs if (question := self._question_if_any(one, shown)) is not None]
        repeats = self._settings.repeats
        return sum(one.prompt_tokens for one in asked) * repeats, sum(one.answer_tokens for one in asked) * repeats

    def most(self, inputs: Sequence[Input], known: Sequence[Example] = (), seed: int = 0) -> tuple[int, int]:
        """(tokens of all first questions at the very most, tokens of the dearest second question)."""
        shown = choose_examples(self.field, known, self._prompt.examples, seed)
        asked = [question.request for one in inputs if (question := self._question_if_any(one, shown)) is not None]
        each = [one.most_tokens for one in asked]
        return sum(each) * self._settings.repeats, max(each, default=0) + _SECOND

    def _question_if_any(self, one: Input, shown: Sequence[Example]) -> Question | None:
        """The question about an item, ``None`` where none is needed or its image cannot be read."""
        try:
            return self._asker.question(one, shown) if self._needs_a_call(one) else None
        except InputError:
            return None

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input; what cannot be read is ``unread``.

        A spent budget, a long wait that is asked for, a person's stop and an endpoint that answers nothing at all end
        the rest; replies that arrived are kept.
        """
        stop, room = threading.Event(), terms_of(self._endpoint.address, self._endpoint.model).room
        shown = [from_record(one) for one in artefact.json.get("examples", ())]
        calibration = calibration_of(artefact.json.get("calibration_record"))

        def guarded(one: Input) -> Draft | BackendError | None:
            """A draft or what went wrong; ``None`` for items not begun after a failure that concerns all."""
            if stop.is_set():
                return None
            try:
                draft, confidence = room.work(lambda: self._label(one, shown))
            except (NoAnswer, RequestRefused) as failure:
                return failure
            except BackendError as failure:
                stop.set()
                return failure
            certain = calibration.apply(confidence) if calibration is not None else confidence.shown()
            return replace(draft, score=certain.score, score_source=certain.source, alternatives=certain.others)

        with ThreadPoolExecutor(max(1, min(self._settings.connections, len(inputs)))) as threads:
            answers = list(threads.map(guarded, inputs))
        self._refuse_hopeless(answers)
        return [
            self._unread(one, str(answer)) if isinstance(answer, BackendError) else answer
            for one, answer in zip(inputs, answers, strict=True)
            if answer is not None
        ]

    def _refuse_hopeless(self, answers: Sequence[Draft | BackendError | None]) -> None:
        """Raise what concerns all items; what concerns a single one becomes its own unread draft."""
        failures = [answer for answer in answers if isinstance(answer, BackendError)]
        for failure in failures:
            if isinstance(failure, StoppedShort):
                raise failure.with_made([answer for answer in answers if isinstance(answer, Draft)])
            if not isinstance(failure, NoAnswer | RequestRefused):
                raise failure
        is_nobody_there = any(isinstance(failure, NoAnswer) and failure.is_down for failure in failures)
        if len(failures) == len(answers) and (is_nobody_there or len(failures) >= _HOPELESS):
            raise failures[0]

    def _label(self, one: Input, shown: Sequence[Example]) -> tuple[Draft, Confidence]:
        foregone = self.field.record.foregone(subject_of(one))
        if foregone is not None:
            content, reason = foregone
            return Draft(one.item_id, self.field.id, {self.field.record.key: content}, reason=reason), Confidence()
        try:
            question = self._asker.question(one, shown)
        except InputError as problem:
            return self._unread(one, str(problem)), Confidence()
        try:
            answer, confidence = self._judged(question)
        except ReplyUnreadable as problem:
            return self._unread(one, str(problem), self._endpoint.call_key(question.request)), Confidence()
        notes = [self._made_by, answer.left_out]
        notes.append("only the beginning of the text was shown" if question.fenced.was_cut else "")
        reason = "; ".join(note for note in notes if note)
        return Draft(one.item_id, self.field.id, answer.value, reason=reason), confidence

    def _judged(self, question: Question, is_known_only: bool = False) -> tuple[ReadAnswer, Confidence]:
        """The answer and how sure it is: of one reply by its tokens, of several by how many agree."""
        repeats = self._settings.repeats
        if repeats == 1:
            made = self._answered(question, is_known_only)
            return made.answer, from_tokens(self.field, made.reply, made.answer)
        answers, problem = [], ReplyUnreadable("no reply could be read")
        for sample in range(1, repeats + 1):
            request = replace(question.request, temperature=REPEAT_TEMPERATURE, sample=sample)
            try:
                answers.append(self._answered(replace(question, request=request), is_known_only).answer)
            except ReplyUnreadable as found:
                problem = found
        if not answers:
            raise problem
        return from_votes(self.field, answers, repeats)

    def _answered(self, question: Question, is_known_only: bool) -> _Answered:
        """Ask, and ask once more with what was wrong with the first answer."""
        first = self._reply(question, is_known_only)
        try:
            return _Answered(self._read(question, first), first)
        except _Withheld:
            raise
        except ReplyUnreadable as problem:
            complaint = f"This answer cannot be used: {problem}. Answer again with one JSON object as asked, no more."
        said = {"role": "assistant", "content": clean(first.text)[:_QUOTED_BACK] or "(nothing)"}
        request = question.request.followed_by(said, {"role": "user", "content": complaint})
        second = self._reply(replace(question, request=request), is_known_only)
        try:
            return _Answered(self._read(question, second), second)
        except ReplyUnreadable as again:
            raise ReplyUnreadable(f"{again} (asked twice)", second.text) from None

    def _reply(self, question: Question, is_known_only: bool) -> Reply:
        if not is_known_only:
            return self._endpoint.ask(question.request, self._calls)
        known = self._endpoint.known(question.request, self._calls)
        if known is None:
            raise _NotThere
        return known

    def _read(self, question: Question, reply: Reply) -> ReadAnswer:
        if not reply.text.strip() and reply.finish == "content_filter":
            raise _Withheld("the content filter stopped it", reply.text)
        if not reply.text.strip() and reply.refusal:
            raise _Withheld(f"the model declined: {excerpt(clean(reply.refusal))}", reply.refusal)
        if not reply.text.strip():
            cut = " because it was cut at the most tokens" if reply.finish == "length" else ""
            raise ReplyUnreadable(f"the reply is empty{cut}", reply.text)
        seen = question.request.picture
        frame = Frame(seen.width, seen.height, self._prompt.scale) if seen else None
        text = words_of(question.one.content)
        return read_answer(self.field, reply.text, text, question.one.spans, question.fenced.mark, frame=frame)

    @property
    def _made_by(self) -> str:
        return f"{self._endpoint.model} with prompt {self._prompt.name}"

    def _unread(self, one: Input, problem: str, key: str = "") -> Draft:
        kept = f"; the replies are kept under call {key[:_KEY_SHOWN]}" if key else ""
        return Draft(one.item_id, self.field.id, None, reason=self._made_by + kept, state="unread", problem=problem)

    def _needs_a_call(self, one: Input) -> bool:
        return self.field.record.foregone(subject_of(one)) is None


class _Withheld(ReplyUnreadable):
    """The answer was kept back on purpose; asking once more costs and changes nothing."""


class _NotThere(Exception):
    """The log holds no reply to this question."""


def settings_from(given: Mapping[str, JsonValue]) -> RemoteSettings:
    """The settings of a project under ``remote_connections``, ``remote_timeout`` and so on, as far as they are set."""
    usual = RemoteSettings()
    return RemoteSettings(
        int(given.get("remote_connections") or usual.connections),
        float(given.get("remote_timeout") or usual.timeout),
        int(given.get("remote_repeats") or usual.repeats),
        int(given.get("remote_answer_tokens") or usual.answer_tokens),
    )
