"""The conversation with a language model: the same tools through the same executor, with limits around the model.

The model proposes calls and decides nothing. What it may not do is enforced here and in the executor, not in a prompt.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assistant.agent.asked_for import NOT_ASKED, NOT_LOOKED, AskedFor
from assistant.agent.events import TurnEvent
from assistant.agent.model.chat_models import ChatEndpoint, open_chat_model, say_unreadable, silence_tracing
from assistant.agent.model.grounding import ADDS, as_models, claims_a_deed, is_grounded
from assistant.agent.model.wire import for_model, given_arguments, told_about, wire_schema
from assistant.agent.running import Ran, ToolRunner
from tools.errors import BackendFailed
from tools.records import Actor
from tools.results import ToolResult
from tools.schema import LabelSchema
from tools.spec import ToolSpec

PROMPT = "agent.system.v1"
MODEL_CALLS = 6
TOOL_CALLS = 8
_STRAY_CALLS = 2
_JOB_PATIENCE = 1.0
_FOLDER = Path(__file__).resolve().parents[3] / "prompts"

NOT_DONE = "The language model asked for something that it may not do here; that was not done."
AGAIN = "The language model made the same call again instead of answering."


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier message: who spoke and what."""

    is_person: bool
    text: str


@dataclass
class ModelTurn:
    """One turn of one person with a model; ``results`` and ``ran`` grow while it runs.

    ``complete`` adds the arguments that are the host's to choose.
    """

    runner: ToolRunner
    specs: Sequence[ToolSpec]
    schema: LabelSchema
    people: Sequence[str]
    actor: Actor
    complete: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda name, given: given
    results: list[ToolResult] = field(default_factory=list)
    ran: list[tuple[str, dict[str, Any], Ran]] = field(default_factory=list)
    _events: list[TurnEvent] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _has_change: bool = False
    _strays: int = 0
    _declined: int = 0
    has_spoken: bool = False
    _seen: set[str] = field(default_factory=set)
    asked: AskedFor = field(default_factory=AskedFor)

    def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Run one tool for the model and tell it what came out; parallel calls run one after the other."""
        with self._lock:
            spec = next((one for one in self.specs if one.name == name), None)
            if spec is None:
                return self.stray(name)
            if spec.effect == "change" and self._has_change:
                self._declined += 1
                return "Only one change can wait for a person in a turn. Say what waits, and stop."
            plain = given_arguments(name, arguments)
            self._refuse_repeat(name, plain)
            given = self._allowed(spec, self.complete(name, plain))
            if given is None:
                return self.asked.refuse(name, plain)
            ran = self._run(name, given)
            self.ran.append((name, given, ran))
            if ran.outcome is None:
                return f"Refused: {ran.problem}"
            self._has_change = self._has_change or spec.effect == "change"
            self.results.append(ran.outcome.result)
            told = for_model(ran.outcome.result, self.schema, self.people)
            return told if ran.is_over else f"{told}\nThe work goes on in the background; it is not finished."

    def _allowed(self, spec: ToolSpec, given: dict[str, Any]) -> dict[str, Any] | None:
        """The arguments with which the call may be made; ``None`` where nobody asked for it."""
        if spec.effect == "propose":
            return self.asked.take(spec.name)
        if self.asked.is_closed(spec.name):
            return None
        return self.asked.search(given) if spec.name == "find_items" else given

    @property
    def has_acted(self) -> bool:
        """Whether anything but looking things up came of the turn so far."""
        outcomes = [ran.outcome for _, _, ran in self.ran if ran.outcome is not None]
        return any(one.action_id or one.job_id or one.run_id for one in outcomes)

    @property
    def refused(self) -> str:
        """Why the last call was refused that no later call of the same tool made good; empty where there is none."""
        if self._strays or self._declined:
            return NOT_DONE
        if self.asked.wishes:
            return NOT_ASKED
        worked = {name for name, _, ran in self.ran if ran.outcome is not None}
        return next((ran.problem for name, _, ran in reversed(self.ran) if name not in worked), "")

    def own_words(self) -> Iterator[TurnEvent]:
        """What the tools said themselves."""
        for name, _, ran in self.ran:
            if ran.outcome is not None and ran.outcome.result.text:
                yield TurnEvent("text", ran.outcome.result.text, tool=name, run_id=ran.outcome.run_id, by="tool")

    def _refuse_repeat(self, name: str, given: Mapping[str, Any]) -> None:
        """The same call a second time says that the model goes round in circles: the turn ends."""
        key = f"{name} {json.dumps(given, sort_keys=True, default=str)}"
        if key in self._seen:
            raise BackendFailed(AGAIN)
        self._seen.add(key)

    def stray(self, name: str) -> str:
        """A call of a tool that is not there: said once or twice, then the turn ends."""
        self._strays += 1
        if self._strays > _STRAY_CALLS:
            raise BackendFailed("The language model kept calling tools that do not exist.")
        return f"There is no tool {name!r}; there are {', '.join(one.name for one in self.specs)}."

    def _run(self, name: str, arguments: Mapping[str, Any]) -> Ran:
        is_veiled = self.asked.is_veiled(name) and self.actor.may("lead")
        actor = replace(self.actor, role="engineer") if is_veiled else self.actor
        steps = self.runner.run(name, arguments, actor, _JOB_PATIENCE, speaks=False)
        while True:
            try:
                event = next(steps)
                # A model often corrects itself; only what stays refused at the end is an error to the person.
                self._events.append(replace(event, kind="progress") if event.kind == "error" else event)
            except StopIteration as end:
                ran: Ran = end.value
                return Ran(problem=NOT_LOOKED) if is_veiled and ran.outcome is None else ran

    def drain(self) -> list[TurnEvent]:
        """The events since the last time."""
        with self._lock:
            events, self._events = self._events, []
        return events


def converse(
    endpoint: ChatEndpoint, turn: ModelTurn, history: Sequence[Said], words: str, note: str
) -> Generator[TurnEvent, None, str]:
    """Events of one turn. Where no tool gave anything, nothing is said here: what the model said is returned, unless
    it stands beside a call that was refused.

    :class:`BackendFailed` where the model gave nothing that can be used.
    """
    silence_tracing()
    agent = _agent(endpoint, turn)
    final = ""
    # Calls that a model makes side by side run one after the other, in the order in which it made them.
    one_by_one = {"max_concurrency": 1}
    for messages in _guarded(
        lambda: agent.stream(_input(history, words, note), one_by_one, stream_mode="updates"), endpoint
    ):
        yield from turn.drain()
        final = _last_words(messages, final)
    yield from turn.drain()
    turn.has_spoken = bool(final)
    if not final and not turn.ran:
        raise BackendFailed("The language model gave no answer that can be used.")
    if not turn.results:
        return "" if turn.refused else final
    yield from _closing(turn, final)
    return ""


def system_prompt() -> str:
    """The text of the prompt file after its front matter; constant, so that servers can keep its prefix."""
    text = (_FOLDER / f"{PROMPT}.md").read_text(encoding="utf-8")
    return text.partition("# System\n")[2].strip()


def _closing(turn: ModelTurn, final: str) -> Iterator[TurnEvent]:
    """The tools' own words, and behind them what the model adds, said to be the model's: where all its numbers are a
    tool's and it claims no deed.

    Beside a call that stayed refused, a change that waits and work that began a model's words are worth nothing: it
    tells what it wanted as if it had happened.
    """
    yield from turn.own_words()
    if turn.refused:
        if turn.refused != NOT_ASKED:  # that is said where it is offered
            yield TurnEvent("error", turn.refused)
    elif final and not turn.has_acted and is_grounded(final, turn.results) and not claims_a_deed(final):
        yield TurnEvent("text", f"{ADDS}{as_models(final)}", by="model")


def _agent(endpoint: ChatEndpoint, turn: ModelTurn) -> Any:
    from langchain.agents import create_agent
    from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware

    names = frozenset(spec.name for spec in turn.specs)
    return create_agent(
        open_chat_model(endpoint, names),
        [_bound(spec, turn.call) for spec in turn.specs],
        system_prompt=system_prompt(),
        middleware=[
            _listed_only(names, turn.stray),
            ModelCallLimitMiddleware(run_limit=MODEL_CALLS, exit_behavior="error"),
            ToolCallLimitMiddleware(run_limit=TOOL_CALLS, exit_behavior="continue"),
        ],
    )


def _bound(spec: ToolSpec, call: Callable[[str, Mapping[str, Any]], str]) -> Any:
    """The tool as langchain wants it; arguments arrive unchecked and are checked by our own class."""
    from langchain_core.tools import StructuredTool

    def run(**arguments: Any) -> str:
        return call(spec.name, arguments)

    return StructuredTool.from_function(
        run, name=spec.name, description=told_about(spec), args_schema=wire_schema(spec), infer_schema=False
    )


def _listed_only(names: frozenset[str], stray: Callable[[str], str]) -> Any:
    """Middleware that refuses what is not on the list, whatever else would let it through."""
    from langchain.agents.middleware import AgentMiddleware
    from langchain_core.messages import ToolMessage

    class ListedOnly(AgentMiddleware):
        """Runs listed tools only."""

        def wrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
            name = str(request.tool_call["name"])
            if name in names:
                return handler(request)
            return ToolMessage(stray(name), tool_call_id=request.tool_call["id"], name=name, status="error")

    return ListedOnly()


def _input(history: Sequence[Said], words: str, note: str) -> dict[str, Any]:
    from langchain_core.messages import AIMessage, HumanMessage

    earlier = [HumanMessage(one.text) if one.is_person else AIMessage(one.text) for one in history]
    return {"messages": [*earlier, HumanMessage(f"[{note}]\n\n{words}")]}


def _guarded(start: Callable[[], Iterator[Any]], endpoint: ChatEndpoint) -> Iterator[list[Any]]:
    """Messages of each step; every way in which an endpoint can fail becomes one sentence."""
    import httpx
    import openai
    from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError

    try:
        for step in start():
            for update in step.values():
                yield list((update or {}).get("messages", ()))
    except ModelCallLimitExceededError:
        raise BackendFailed("The language model called tools again and again without an answer.") from None
    except (openai.APIConnectionError, httpx.HTTPError):
        raise BackendFailed(f"The language model {endpoint.name} does not answer.") from None
    except openai.APIStatusError as error:
        raise BackendFailed(f"The language model {endpoint.name} refused the request ({error.status_code}).") from None
    except (openai.OpenAIError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BackendFailed(say_unreadable(endpoint, error)) from error


def _last_words(messages: Sequence[Any], before: str) -> str:
    """What the model said last without calling a tool."""
    for message in reversed(messages):
        if message.type == "ai":
            return "" if message.tool_calls else str(message.text).strip()
    return before
