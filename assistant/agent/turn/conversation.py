"""One conversation of people with an open project: words in, events out, for the page and the terminal alike.

The order is fixed: an answer to what was asked just before, then decision words, then a language model where there is
one, then the built-in planner. Whatever goes wrong ends in a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from assistant.agent.asked_for import AskedFor, slash_of
from assistant.agent.decisions.decision_records import BulkWords, CardInHand, OneDecision, Question, UndoLast
from assistant.agent.decisions.grammar import read_decision
from assistant.agent.events import TurnEvent
from assistant.agent.kept_tables import shown_record
from assistant.agent.model.chat_models import ChatEndpoint, read_endpoint
from assistant.agent.model.grounding import ADDS
from assistant.agent.outright import answer_to_assistant, is_outright, on_this, which_answer, which_is_meant
from assistant.agent.planner.planner import RUN_FROM, plan
from assistant.agent.planner.plans import Choice, Plan, PlannedCall
from assistant.agent.running import PATIENCE_SECONDS, Ran, ToolRunner
from assistant.agent.surroundings import Host, Surroundings
from assistant.agent.turn.answering import answer_waiting
from assistant.agent.turn.asking import confirm_words, drops_nothing, is_plain_answer, is_plain_yes, picked
from assistant.agent.turn.carrying import decide, plan_bulk, undo_last
from assistant.agent.turn.meanwhile import left_behind, meanwhile
from assistant.agent.turn.memory import LOOK_BACK, Memory, call_record, choice_record, last_of, recall
from assistant.agent.turn.model_turn import Freely, Tried
from assistant.agent.turn.opening import named_in, open_for
from assistant.agent.turn.steering import steer_job
from assistant.agent.turn.waiting import Waiting, said_withdrawn, thread_of, waiting_card
from assistant.agent.words.sentence import LONGEST, say_too_long
from assistant.agent.words.world import LastResult
from assistant.executor import Outcome
from assistant.store.file.private import make_like
from tools.errors import AssistantError, ProjectDamaged
from tools.filters import ItemFilter
from tools.records import VALUED_VERDICTS, Actor, JsonValue

_LOG = logging.getLogger(__name__)
_CHAINED_PATIENCE = 30.0
NO_TOOL = "No tool ran: nothing was looked up, and nothing was changed."
_UNSAVED = (
    "The card has drawings that are not saved, and words know only what was saved or suggested. Save them on the card, "
    "or take them back there, and say it again."
)
_CHOSEN_BY_MODEL = "The language model chose the list that this is about, so look at it first."
_NO_ITEMS = "There is no list that “those” could mean; show the items first."


@dataclass
class _Turn:
    """What is known and kept during one turn."""

    text: str
    actor: Actor
    exposure_id: int | None
    memory: Memory
    is_changed: bool = False
    waiting: Waiting | None = None
    said: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    asked: tuple[str, ...] = ()
    by_model: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()
    action: int | None = None
    following: tuple[int, ...] = ()
    item_notes: Mapping[str, str] = field(default_factory=dict)
    shown: list[dict[str, JsonValue]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


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
        self,
        text: str,
        actor: Actor,
        exposure_id: int | None = None,
        is_changed: bool = False,
        said: int | None = None,
    ) -> Iterator[TurnEvent]:
        """Events of one turn as they happen. ``exposure_id`` is the card that the person has in hand, ``is_changed``
        says that it shows changes that were not saved, ``said`` is the message as which the sentence is stored already.
        """
        if too_long := say_too_long(text):
            yield TurnEvent("error", too_long)
            return
        talk = self._host.store.talk
        thread = thread_of(actor)
        if said is None:
            said = talk.add_message(thread, actor.person, "person", text, {"exposure": exposure_id})
        memory = recall(talk.messages(thread, LOOK_BACK, before=said), actor.person)
        turn = _Turn(text, actor, exposure_id, memory, is_changed)
        notices = self._host.store.notices.last
        try:
            for event in self._safely(turn):
                self._keep(turn, event)
                yield event
        finally:
            record = {
                "answers": said,
                "calls": turn.calls,
                "choices": [choice_record(one) for one in turn.choices],
                "action": turn.action,
                "following": list(turn.following),
                "notices": notices,
                "heard": "\n".join(turn.heard),
                "asked": list(turn.asked),
                "by_model": turn.by_model,
                "shown": turn.shown,
                "refused": turn.refused,
                "role": actor.role,
            }
            talk.add_message(thread, actor.person, "assistant", "\n".join(turn.said), record)

    def _safely(self, turn: _Turn) -> Iterator[TurnEvent]:
        try:
            turn.following, ended = meanwhile(self._host, turn.memory, is_seen=turn.actor.via == "chat")
            if ended:
                yield TurnEvent("text", ended)
            is_empty = True
            for event in self._events(turn):
                is_empty = False
                yield event
            if is_empty:
                yield TurnEvent("text", "I have nothing to say to that. Say “help” for what I can do.")
        except ProjectDamaged:
            raise  # nothing can be kept of this turn
        except AssistantError as error:
            yield TurnEvent("error", str(error))
        except Exception as error:  # noqa: BLE001  the last place where a defect can become a sentence
            _LOG.exception("a turn of the conversation failed")
            yield TurnEvent("error", f"Something went wrong inside ({type(error).__name__}); nothing more was done.")

    def _keep(self, turn: _Turn, event: TurnEvent) -> None:
        """Note what the next turn needs to know, and what a page shows again that is opened later."""
        # Where a job stands is looked up when it is shown, so that an old line never stands beside the new one.
        is_job_line = bool(event.job_id and event.tool)
        if event.text and event.kind != "progress" and not is_job_line:
            turn.said.append(event.text)
        if event.text and event.kind == "text" and event.by != "program":  # kinds: of events
            turn.heard.append(event.text.removeprefix(ADDS).strip("“”"))
        if event.text and event.kind == "options":
            turn.asked = event.options
        if event.kind == "tool_finished" and event.result is not None and event.action_id is None:
            turn.shown += shown_record(event.result)
        if event.action_id is not None:
            turn.action = event.action_id

    def _events(self, turn: _Turn) -> Iterator[TurnEvent]:
        if words := answer_to_assistant(turn.text):
            yield from self._to_model(turn, words)
            return
        card = self._around.card(turn.actor, turn.exposure_id)
        turn.waiting = waiting_card(self._host, turn.actor, turn.memory)
        answer = confirm_words(turn.text, turn.waiting, card)
        if answer is not None and turn.waiting is not None:
            asked = which_answer(turn.text, answer, turn.waiting.is_last) if turn.memory.by_model else None
            yield from _ask_back(turn, asked) if asked else self._answer(turn, turn.waiting, answer)
            return
        choice = picked(turn.text, turn.memory.choices)
        if choice is not None and choice.calls:
            yield from self._run_plan(turn, Plan("calls", choice.calls))
        elif turn.memory.by_model and card is None and is_plain_answer(turn.text):
            yield from self._to_model(turn, turn.text)
        elif not turn.memory.by_model and turn.memory.asked and is_plain_yes(turn.text):
            turn.choices = turn.memory.choices
            told = "Which one of these?" if len(turn.memory.asked) > 1 else "Press it, or say it in these words:"
            yield from _ask(told, turn.memory.asked)
        elif told := self._dropped(turn, card):
            yield TurnEvent("text", told)
        else:
            yield from self._decide(turn, card, choice.text if choice else turn.text)

    def _dropped(self, turn: _Turn, card: CardInHand | None) -> str:
        """What is said to "dismiss" and its kin where there is nothing that they could mean."""
        is_free = card is None and not any(not one.is_over for one in self._host.jobs.recent(5))
        return drops_nothing(turn.text, turn.waiting, bool(turn.memory.asked), is_free)

    def _to_model(self, turn: _Turn, words: str) -> Iterator[TurnEvent]:
        """What answers a model decides nothing on the card and presses nothing, nor does the same said twice."""
        turn.text = words
        yield from self._request(turn)
        turn.by_model = True

    def _decide(self, turn: _Turn, card: CardInHand | None, text: str) -> Iterator[TurnEvent]:
        """Decision words; what is none of them is a request. A key in them says which item they are about."""
        in_hand = self._around.item_in_hand(turn.exposure_id) if card else ("", "")
        on_card = on_this(text, in_hand[0], card)
        text = on_card or text
        items = self._around.items_named(text, turn.memory.last)
        turn.item_notes = items.notes
        named = None if on_card else named_in(text, items.keys, self._host.schema, turn.actor, in_hand)
        if named and (not named.words or (named.key, named.field) != in_hand):
            yield from _noted(turn, (named.key,))
            yield from open_for(self._host, turn.actor, named)
            return
        if named:
            text = named.words
        # What is longer was pasted: the part of it that would be read decides nothing.
        decision = read_decision(text, card, self._host.schema) if len(text) <= LONGEST else None
        if turn.memory.by_model and not (on_card or named or is_outright(text, card)):
            asked = which_is_meant(text, decision, card, in_hand[0])
            if asked is not None:
                yield from _ask_back(turn, asked)
                return
        if isinstance(decision, OneDecision) and card is not None and _would_drop(turn, card, decision):
            yield TurnEvent("text", _UNSAVED)
        elif isinstance(decision, OneDecision) and card is not None:
            yield from decide(self._host, turn.actor, card, decision)
        elif isinstance(decision, UndoLast):
            call = yield from undo_last(self._host, turn.actor, turn.memory, decision)
            yield from self._run_plan(turn, Plan("calls", (call,) if call else ()))
        elif isinstance(decision, BulkWords):
            found = plan_bulk(decision, turn.memory)
            yield from self._run_plan(turn, found if isinstance(found, Plan) else Plan("calls", (found,)))
        elif isinstance(decision, Question):
            yield from _ask(decision.text, decision.options)
        else:
            yield from self._request(turn)

    def _answer(self, turn: _Turn, waiting: Waiting, answer: str) -> Iterator[TurnEvent]:
        """What the person's words do to the change that waits."""
        for event in answer_waiting(self._host, turn.actor, waiting, answer):
            if event.kind == "tool_finished" and event.result is not None:
                record = call_record(event.tool, {}, Outcome(event.tool, event.result))
                turn.calls.append({**record, "action": waiting.action_id})
            yield event
        if answer in ("which", "which undo", "button"):
            turn.action = waiting.action_id

    def _request(self, turn: _Turn) -> Iterator[TurnEvent]:
        tried = Tried()
        world = self._around.world(turn.text, turn.actor, turn.memory.last, turn.exposure_id)
        found = plan(turn.text, world)
        # What accepts in bulk is the person's own order: it goes one way, whether or not a model is there to ask.
        is_bulk = found.intent == "bulk_accept" and found.score >= RUN_FROM
        if self._endpoint is not None and not is_bulk and not turn.text.lstrip().startswith("/"):
            endpoint = self._endpoint.set_by(self._host.store.settings.all())
            freely = Freely(self._host, self._runner, endpoint, self._make_export_folder)
            asked = self._asked(turn, found)
            tried = yield from freely.turn(turn.text, turn.actor, world, turn.memory.history, asked)
            turn.by_model = tried.has_spoken
            turn.calls += tried.calls
            turn.following += tried.following
            turn.refused += [slash_of(*one) for one in tried.asked.wishes]
        if not tried.is_answered:
            yield from tried.answer(but=[one.tool for one in found.calls])
            if found.kind == "calls" or not tried.has_answer:
                yield from self._instead(turn, tried, found)
        yield from tried.offers()

    def _asked(self, turn: _Turn, found: Plan) -> AskedFor:
        """What the person's own words ask for; a step about the items of the one before has none yet."""
        kept = [one for at, one in enumerate(found.calls) if not (at and one.on_last)]
        looked = [(one.tool, dict(one.arguments)) for one in kept if not (one.on_last or one.items)]
        listed = [(one.tool, self._filled(one, turn.memory.last, turn.actor)) for one in kept if one.on_last == "items"]
        return AskedFor([*looked, *((tool, given) for tool, given in listed if given is not None)])

    def _instead(self, turn: _Turn, tried: Tried, found: Plan) -> Iterator[TurnEvent]:
        """The planner's answer; beside what it does not understand stand a model's words, said to be no more."""
        if found.kind == "help" and tried.words:
            turn.heard.append(tried.words.strip("“”"))
            yield TurnEvent("text", f"{NO_TOOL} The language model only says: {tried.words}")
        else:
            yield from self._run_plan(turn, found)

    def _run_plan(self, turn: _Turn, found: Plan) -> Iterator[TurnEvent]:
        if found.notes and found.kind == "calls":
            yield TurnEvent("text", " ".join(found.notes))
        if found.kind == "jobs":
            yield from steer_job(self._host, turn.actor, found)
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
            yield from _noted(turn, (*call.items, *(str(one) for one in call.arguments.values())))
            is_last = at == len(planned) - 1
            actor = yield from self._who_chose(call, last, turn.actor)
            ran: Ran = yield from self._run_one(call.tool, arguments, actor, is_last)
            if ran.outcome is not None:
                turn.calls.append(call_record(call.tool, arguments, ran.outcome))
                turn.following += left_behind(ran)
                last = last_of(call.tool, arguments, ran.outcome, last)
            if not is_last and (ran.outcome is None or not ran.is_over):
                why = (
                    "because this one did not work"
                    if ran.outcome is None
                    else "until the job is done; say them again then"
                )
                yield TurnEvent("text", f"The other steps are left out {why}.")
                return
        yield from said_withdrawn(self._host, turn.waiting)

    def _who_chose(self, call: PlannedCall, last: LastResult | None, actor: Actor) -> Generator[TurnEvent, None, Actor]:
        """The actor of a call: a change of a list that a model chose waits for its button, whoever says "those"."""
        is_list = bool(call.on_last) or any(one.startswith("#") for one in call.items)
        if not (last is not None and last.by_model and is_list):
            return actor
        if self._host.executor.spec(call.tool).effect != "change":
            return actor
        yield TurnEvent("text", _CHOSEN_BY_MODEL)
        return replace(actor, via="agent")

    def _run_one(
        self, tool: str, arguments: dict[str, Any], actor: Actor, is_last: bool
    ) -> Generator[TurnEvent, None, Ran]:
        if tool == "export_data":
            self._make_export_folder()
        return (yield from self._runner.run(tool, arguments, actor, None if is_last else _CHAINED_PATIENCE))

    def _make_export_folder(self) -> None:
        make_like(self._host.store.path / "exports", self._host.store.path)

    def _filled(self, call: PlannedCall, last: LastResult | None, actor: Actor) -> dict[str, Any] | None:
        """The arguments with the items that are named or were shown last; ``None`` where there are none."""
        names = list(call.items)
        if call.on_last:
            if last is None or not (last.items or last.shown):
                return None
            names = [f"#{one}" for one in last.items or last.shown]
        if not names:
            return dict(call.arguments)
        name = call.on_last or ("items" if call.tool == "bulk_accept" else "saved")
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


def _would_drop(turn: _Turn, card: CardInHand, decision: OneDecision) -> bool:
    """Whether a decision in words would pass over what was drawn on the card since it was shown."""
    return turn.is_changed and card.field.is_image_region and decision.verdict in (*VALUED_VERDICTS, "reject")


def _noted(turn: _Turn, names: Iterable[str]) -> Iterator[TurnEvent]:
    """Which item a number was taken for, where it is one of these."""
    said = {part for name in names for part in name.split(", ")}
    for key in [one for one in turn.item_notes if one in said]:
        yield TurnEvent("text", turn.item_notes[key])


def _ask_back(turn: _Turn, asked: Question) -> Iterator[TurnEvent]:
    """Which of the two is meant. A model still spoke last for what is said next."""
    turn.by_model = True
    yield from _ask(asked.text, asked.options)


def _ask(text: str, options: tuple[str, ...]) -> Iterator[TurnEvent]:
    """Words with quick replies; without any, only words."""
    yield TurnEvent("options", text, options=options) if options else TurnEvent("text", text)
