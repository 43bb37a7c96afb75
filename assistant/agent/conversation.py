"""One conversation of people with an open project: words in, events out, for the page and the terminal alike.

The order is fixed: an answer to what was asked just before, then decision words, then a language model where there is
one, then the built-in planner. Whatever goes wrong ends in a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from assistant.agent.asking import confirm_words, picked
from assistant.agent.carrying import decide, plan_bulk, undo_last
from assistant.agent.change_builders import export_target
from assistant.agent.chat_models import ChatEndpoint, read_endpoint
from assistant.agent.decision_records import BulkWords, CardInHand, OneDecision, Question, UndoLast
from assistant.agent.decisions import read_decision
from assistant.agent.describing import describe
from assistant.agent.events import TurnEvent
from assistant.agent.loop import ModelTurn, converse
from assistant.agent.meanwhile import left_behind, meanwhile
from assistant.agent.memory import LOOK_BACK, Memory, call_record, choice_record, last_of, recall
from assistant.agent.planner import plan
from assistant.agent.plans import Choice, Plan, PlannedCall
from assistant.agent.quantities import whole
from assistant.agent.running import PATIENCE_SECONDS, Ran, ToolRunner
from assistant.agent.surroundings import Host, Surroundings
from assistant.agent.wire import tools_for
from assistant.agent.world import LastResult
from tools.errors import AssistantError, BackendFailed
from tools.filters import ItemFilter
from tools.records import VALUED_VERDICTS, Actor

_LOG = logging.getLogger(__name__)
_CHAINED_PATIENCE = 30.0
_UNSAVED = (
    "The card has drawings that are not saved, and words know only what was saved or suggested. Save them on the card, "
    "or take them back there, and say it again."
)
_NO_ITEMS = "There is no list that “those” could mean; show the items first."


@dataclass
class _Turn:
    """What is known and kept during one turn."""

    text: str
    actor: Actor
    exposure_id: int | None
    memory: Memory
    is_changed: bool = False
    said: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()
    action: int | None = None
    following: tuple[int, ...] = ()


class Conversation:
    """Talks with people about one project; ``model`` is ``openai:NAME``, empty for the built-in planner alone."""

    def __init__(
        self, session: Host, model: str = "", zone: tzinfo | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        """``zone`` is the time zone of the people; ``patience`` how long a job is followed within a turn."""
        self._host = session
        self._endpoint: ChatEndpoint | None = read_endpoint(model) if model else None
        self._around = Surroundings(session, zone)
        self._runner = ToolRunner(session.executor, session.jobs, patience)

    def turn(
        self, text: str, actor: Actor, exposure_id: int | None = None, is_changed: bool = False
    ) -> Iterator[TurnEvent]:
        """Events of one turn as they happen. ``exposure_id`` is the card that the person has in hand, ``is_changed``
        says that it shows changes that were not saved.
        """
        talk = self._host.store.talk
        memory = self._still_open(recall(talk.messages(actor.session, LOOK_BACK), actor.person))
        talk.add_message(actor.session, actor.person, "person", text, {"exposure": exposure_id})
        turn = _Turn(text, actor, exposure_id, memory, is_changed)
        notices = self._host.store.notices.last
        try:
            for event in self._safely(turn):
                self._keep(turn, event)
                yield event
        finally:
            record = {
                "calls": turn.calls,
                "choices": [choice_record(one) for one in turn.choices],
                "action": turn.action,
                "following": list(turn.following),
                "notices": notices,
            }
            talk.add_message(actor.session, actor.person, "assistant", "\n".join(turn.said), record)

    def _still_open(self, memory: Memory) -> Memory:
        """The memory without a pending action that was answered by its button in the meantime."""
        if memory.pending is None or self._host.executor.action(memory.pending).is_open:
            return memory
        return replace(memory, pending=None)

    def _safely(self, turn: _Turn) -> Iterator[TurnEvent]:
        try:
            turn.following, ended = meanwhile(self._host, turn.memory)
            if ended:
                yield TurnEvent("text", ended)
            is_empty = True
            for event in self._events(turn):
                is_empty = False
                yield event
            if is_empty:
                yield TurnEvent("text", "I have nothing to say to that. Say “help” for what I can do.")
        except AssistantError as error:
            yield TurnEvent("error", str(error))
        except Exception as error:  # noqa: BLE001  the last place where a defect can become a sentence
            _LOG.exception("a turn of the conversation failed")
            yield TurnEvent("error", f"Something went wrong inside ({type(error).__name__}); nothing more was done.")

    def _keep(self, turn: _Turn, event: TurnEvent) -> None:
        """Note what the next turn needs to know; tables stay out, they may hold texts of items."""
        if event.text and event.kind != "progress":
            turn.said.append(event.text)
        if event.action_id is not None:
            turn.action = event.action_id

    def _events(self, turn: _Turn) -> Iterator[TurnEvent]:
        card = self._around.card(turn.actor, turn.exposure_id)
        answer = confirm_words(turn.text, turn.memory, card)
        if answer is not None:
            yield from self._answer(turn, answer)
            return
        choice = picked(turn.text, turn.memory.choices)
        if choice is not None and choice.calls:
            yield from self._run_plan(turn, Plan("calls", choice.calls))
            return
        decision = read_decision(choice.text if choice else turn.text, card, self._host.schema)
        if isinstance(decision, OneDecision) and card is not None and _would_drop(turn, card, decision):
            yield TurnEvent("text", _UNSAVED)
        elif isinstance(decision, OneDecision) and card is not None:
            yield from decide(self._host, turn.actor, card, decision)
        elif isinstance(decision, UndoLast):
            call = yield from undo_last(self._host, turn.actor, turn.memory)
            yield from self._run_plan(turn, Plan("calls", (call,) if call else ()))
        elif isinstance(decision, BulkWords):
            found = plan_bulk(decision, turn.memory)
            yield from self._run_plan(turn, found if isinstance(found, Plan) else Plan("calls", (found,)))
        elif isinstance(decision, Question):
            yield from _ask(decision.text, decision.options)
        else:
            yield from self._request(turn)

    def _answer(self, turn: _Turn, answer: str) -> Iterator[TurnEvent]:
        """Yes or no to the action shown just before, in the person's own words."""
        action_id = turn.memory.pending
        assert action_id is not None
        action = self._host.executor.action(action_id)
        if answer == "which":
            yield from _ask("Do you mean the pending change, or the item in hand?", ("yes, do it", "accept"))
            turn.action = action_id
        elif answer == "no":
            self._host.executor.dismiss(action_id, turn.actor)
            yield TurnEvent("text", f"Dismissed: {action.change.sentence}")
        else:
            yield TurnEvent("tool_started", tool=action.tool)
            outcome = self._host.executor.confirm(action_id, turn.actor)
            yield TurnEvent("tool_finished", tool=action.tool, result=outcome.result)
            yield TurnEvent("text", outcome.result.text, tool=action.tool)
            turn.calls.append({**call_record(action.tool, {}, outcome), "action": action_id})

    def _request(self, turn: _Turn) -> Iterator[TurnEvent]:
        if self._endpoint is not None and not turn.text.lstrip().startswith("/"):
            try:
                yield from self._with_model(turn, self._endpoint)
                return
            except BackendFailed as failed:
                yield TurnEvent("text", f"{failed} {_INSTEAD if not turn.calls else _SO_FAR}")
                if turn.calls:
                    return
        world = self._around.world(turn.text, turn.actor, turn.memory.last, turn.exposure_id)
        yield from self._run_plan(turn, plan(turn.text, world))

    def _with_model(self, turn: _Turn, endpoint: ChatEndpoint) -> Iterator[TurnEvent]:
        # What a model asks for is never the person's own words: the executor lets nothing of it through unconfirmed.
        actor = replace(turn.actor, via="agent")
        specs = tools_for(self._host.executor.specs(actor.role), self._host.schema.item)
        people = self._around.people(turn.actor)
        world = self._around.world(turn.text, turn.actor, turn.memory.last, turn.exposure_id)

        def complete(name: str, given: dict[str, Any]) -> dict[str, Any]:
            if name != "export_data":
                return given
            self._make_export_folder()
            return {**given, "target": export_target(world.export_place, str(given.get("format")))}

        model = ModelTurn(self._runner, specs, self._host.schema, people, actor, complete)
        try:
            yield from converse(endpoint, model, turn.memory.history, turn.text, describe(world))
        finally:
            turn.calls += [call_record(name, given, ran.outcome) for name, given, ran in model.ran if ran.outcome]
            turn.following += tuple(job for _, _, ran in model.ran for job in left_behind(ran))

    def _run_plan(self, turn: _Turn, found: Plan) -> Iterator[TurnEvent]:
        if found.notes and found.kind == "calls":
            yield TurnEvent("text", " ".join(found.notes))
        if found.kind == "jobs":
            yield from self._steer_job(found)
        elif found.kind == "calls":
            yield from self._run_calls(turn, found.calls)
        else:
            turn.choices = tuple(one for one in found.choices if one.calls)
            yield from _ask(found.text, tuple(one.text for one in found.choices))

    def _run_calls(self, turn: _Turn, planned: tuple[PlannedCall, ...]) -> Iterator[TurnEvent]:
        """The steps in order; the first that fails, or goes on in the background, ends the chain."""
        last = turn.memory.last
        for at, call in enumerate(planned):
            arguments = self._filled(call, last, turn.actor)
            if arguments is None:
                yield TurnEvent("text", _NO_ITEMS)
                return
            is_last = at == len(planned) - 1
            ran: Ran = yield from self._run_one(call.tool, arguments, turn.actor, is_last)
            if ran.outcome is not None:
                turn.calls.append(call_record(call.tool, arguments, ran.outcome))
                turn.following += left_behind(ran)
                last = last_of(call.tool, arguments, ran.outcome)
            if not is_last and (ran.outcome is None or not ran.is_over):
                why = (
                    "because this one did not work"
                    if ran.outcome is None
                    else "until the job is done; say them again then"
                )
                yield TurnEvent("text", f"The other steps are left out {why}.")
                return

    def _run_one(
        self, tool: str, arguments: dict[str, Any], actor: Actor, is_last: bool
    ) -> Generator[TurnEvent, None, Ran]:
        if tool == "export_data":
            self._make_export_folder()
        return (yield from self._runner.run(tool, arguments, actor, None if is_last else _CHAINED_PATIENCE))

    def _make_export_folder(self) -> None:
        (self._host.store.path / "exports").mkdir(exist_ok=True)

    def _filled(self, call: PlannedCall, last: LastResult | None, actor: Actor) -> dict[str, Any] | None:
        """The arguments with the items that are named or were shown last; ``None`` where there are none."""
        names = list(call.items)
        if call.on_last:
            if last is None or not last.items:
                return None
            names = [f"#{one}" for one in last.items]
        if not names:
            return dict(call.arguments)
        name = call.on_last or "saved"
        if name == "saved":
            return {**call.arguments, name: self._kept_list(names, actor)}
        spec = self._host.executor.spec(call.tool)
        takes_text = spec.arguments.model_fields[name].annotation is str
        return {**call.arguments, name: ", ".join(names) if takes_text else names}

    def _kept_list(self, names: list[str], actor: Actor) -> str:
        """Keep exactly these items as a filter, for tools that take a list by its name only; returns the name."""
        name = f"list of {actor.person}"
        ids = tuple(self._host.store.items.resolve(names))
        self._host.store.talk.save_filter(name, ItemFilter(ids=ids), actor)
        return name

    def _steer_job(self, found: Plan) -> Iterator[TurnEvent]:
        """Pause, resume or cancel the job that is named, else the newest that this can be done to."""
        jobs = self._host.jobs
        number = whole(found.notes[0]) if found.notes else 0
        wanted = ("paused", "failed") if found.text == "resume" else ("running", "queued", "paused")
        fit = [
            one for one in jobs.recent() if number in (one.job_id, one.run_id) or (not number and one.state in wanted)
        ]
        if not fit:
            yield TurnEvent("text", f"There is no job to {found.text}.")
            return
        {"pause": jobs.pause, "resume": jobs.resume, "cancel": jobs.cancel}[found.text](fit[0].job_id)
        told = {
            "pause": "is paused after the batch in hand",
            "resume": "goes on",
            "cancel": "stops after the batch in hand",
        }
        yield TurnEvent("text", f"Job {fit[0].job_id} {told[found.text]}.", job_id=fit[0].job_id)


def _would_drop(turn: _Turn, card: CardInHand, decision: OneDecision) -> bool:
    """Whether a decision in words would pass over what was drawn on the card since it was shown."""
    return turn.is_changed and card.field.is_image_region and decision.verdict in (*VALUED_VERDICTS, "reject")


def _ask(text: str, options: tuple[str, ...]) -> Iterator[TurnEvent]:
    """Words with quick replies; without any, only words."""
    yield TurnEvent("options", text, options=options) if options else TurnEvent("text", text)


_INSTEAD = "The built-in planner answers instead."
_SO_FAR = "What the tools said before that stands."
