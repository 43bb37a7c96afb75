"""One turn with a language model, and what is left for the built-in planner to do after it.

A model's turn in which no tool gave anything states nothing about the project: the planner answers then, or the
sentence stands that no tool ran. What a model called stays called: the planner never does it a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.agent.asked_for import NOT_ASKED, OFFERED, AskedFor
from assistant.agent.events import TurnEvent
from assistant.agent.model.chat_models import ChatEndpoint
from assistant.agent.model.describing import describe
from assistant.agent.model.grounding import as_models, claims_a_deed, is_grounded
from assistant.agent.model.loop import ModelTurn, Said, converse
from assistant.agent.model.wire import tools_for
from assistant.agent.planner.change_builders import export_target
from assistant.agent.planner.planner import likely_tools
from assistant.agent.running import ToolRunner
from assistant.agent.surroundings import Host
from assistant.agent.turn.meanwhile import left_behind
from assistant.agent.turn.memory import call_record
from assistant.agent.words.world import PlannerWorld
from tools.errors import BackendFailed
from tools.records import Actor

_INSTEAD = "The built-in planner answers instead."
_SO_FAR = "What the tools said before that stands."


@dataclass
class Tried:
    """What came of a model's turn. ``words`` are a model's that no tool stands behind, empty where they claim numbers
    or deeds; ``has_spoken`` says that it said something, shown or not; ``has_answer`` that tools gave something that
    may be told in their own words.
    """

    is_answered: bool = False
    has_spoken: bool = False
    words: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    following: tuple[int, ...] = ()
    told: tuple[TurnEvent, ...] = ()
    asked: AskedFor = field(default_factory=AskedFor)

    @property
    def has_answer(self) -> bool:
        """Whether tools gave something before the model failed."""
        return bool(self.told)

    def answer(self, but: Collection[str] = ()) -> Iterator[TurnEvent]:
        """The tools' own words, without the tools that are called again."""
        yield from (one for one in self.told if one.tool not in but)

    def offers(self) -> Iterator[TurnEvent]:
        """What the model wanted to begin unasked, for the person to ask for or not."""
        if self.asked.wishes:
            options = self.asked.offers()
            yield TurnEvent("options" if options else "text", OFFERED if options else NOT_ASKED, options=options)


class Freely:
    """Lets a model call tools for a person."""

    def __init__(
        self, host: Host, runner: ToolRunner, endpoint: ChatEndpoint, before_export: Callable[[], None]
    ) -> None:
        """``before_export`` makes the place where exports go."""
        self._host, self._runner, self._endpoint = host, runner, endpoint
        self._before_export = before_export

    def turn(
        self, text: str, actor: Actor, world: PlannerWorld, history: Sequence[Said], asked: AskedFor
    ) -> Generator[TurnEvent, None, Tried]:
        """Events of the turn; returns what is left to do. ``asked`` is what the person's own words ask for."""
        model = self._model(text, actor, world, asked)
        tried = Tried(asked=asked)
        try:
            words = yield from converse(self._endpoint, model, history, text, describe(world))
            tried.is_answered = bool(model.results)
            tried.has_spoken = model.has_spoken
            tried.words = as_models(words) if words and is_grounded(words, ()) and not claims_a_deed(words) else ""
            if model.ran and not model.results:
                yield TurnEvent("error", model.ran[-1][2].problem)
                tried.is_answered = True
        except BackendFailed as failed:
            yield from self._failed(failed, model, tried)
        tried.calls = [
            call_record(name, given, ran.outcome, by_model=not asked.is_own(name, given))
            for name, given, ran in model.ran
            if ran.outcome
        ]
        tried.following = tuple(job for _, _, ran in model.ran for job in left_behind(ran))
        return tried

    def _model(self, text: str, actor: Actor, world: PlannerWorld, asked: AskedFor) -> ModelTurn:
        # What a model asks for is never the person's own words: the executor lets nothing of it through unconfirmed.
        agent = replace(actor, via="agent")
        likely = likely_tools(text, world)
        specs = tools_for(self._host.executor.specs(actor.role), self._host.schema.modality.content, likely)

        def complete(name: str, given: dict[str, Any]) -> dict[str, Any]:
            if name != "export_data":
                return given
            self._before_export()
            return {**given, "target": export_target(world.export_place, str(given.get("format")))}

        return ModelTurn(self._runner, specs, self._host.schema, world.people, agent, complete, asked=asked)

    def _failed(self, failed: BackendFailed, model: ModelTurn, tried: Tried) -> Iterator[TurnEvent]:
        """Where the model only looked things up, the planner answers; what it began is not begun again."""
        tried.is_answered = model.has_acted
        yield TurnEvent("text", f"{failed} {_SO_FAR if model.has_acted else _INSTEAD}")
        if model.has_acted:
            yield from model.own_words()
        else:
            tried.told = tuple(model.own_words())
