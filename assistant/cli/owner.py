"""What the command line can ask of a project, answered in plain JSON.

The same methods are called directly where this process owns the project, and by name over the private socket where
another process serves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.agent.turn.conversation import Conversation
from assistant.cards import card_record
from assistant.cli.owner_people import PEOPLE_METHODS, PeopleOwner, acting_user
from assistant.records import action_record, job_record, outcome_record, result_record
from assistant.review import Decision
from assistant.session import Session
from assistant.store.checks.verify import Check, verify
from tools.errors import InputError, NotAllowed
from tools.records import Actor, Role
from tools.schema import dump_schema

Record = dict[str, Any]
ADMIN: Role = "admin"


class Owner(PeopleOwner):
    """The project for a person at a terminal."""

    def __init__(self, session: Session, model: str = "") -> None:
        """``model`` is what the chat uses, ``""`` for the built-in planner."""
        super().__init__(session)
        self._model = model

    def actor(self, person: str, session: str = "", *, is_owner: bool = False) -> Actor:
        """Who acts: the owner of the project's folder, who may do everything, or one of its users."""
        users = self.session.users
        owns = is_owner or not users.exist()
        name, role = (users.canonical(person), ADMIN) if owns else acting_user(users, person)
        return Actor(name, role, "cli", session or f"cli:{name}", owns_project=owns)

    def about(self, actor: Actor) -> Record:
        """Name, schema and size of the project."""
        store = self.session.store
        return {
            "name": store.name,
            "schema": dump_schema(store.schema),
            "items": store.items.count(),
            "role": actor.role,
            "tools": [spec.name for spec in self.session.executor.specs(actor.role)],
        }

    def call(self, actor: Actor, name: str, arguments: Mapping[str, Any]) -> Record:
        """Run a tool."""
        return outcome_record(self.session.executor.call(name, arguments, actor))

    def confirm(self, actor: Actor, action_id: int) -> Record:
        """Carry out a pending action."""
        return outcome_record(self.session.executor.confirm(action_id, actor))

    def dismiss(self, actor: Actor, action_id: int) -> Record:
        """Answer a pending action with no."""
        self.session.executor.dismiss(action_id, actor)
        return {}

    def pending(self, actor: Actor) -> Record:
        """Actions that wait for the person: what they asked for, and what they may confirm."""
        return {"actions": [action_record(action) for action in self.session.executor.pending_for(actor)]}

    def job(self, actor: Actor, job_id: int, wait: float = 0.0) -> Record:
        """Where a job stands, after at most ``wait`` seconds of waiting."""
        return job_record(self.session.jobs.wait(job_id, wait) if wait else self.session.jobs.status(job_id))

    def jobs(self, actor: Actor, steer: str = "", job_id: int = 0) -> Record:
        """The newest jobs; ``steer`` is pause, resume or cancel for one of them."""
        if steer:
            self.session.executor.steer(steer, job_id, actor)
        return {"jobs": [job_record(job) for job in self.session.jobs.recent()]}

    def next_card(self, actor: Actor, field: str = "") -> Record:
        """The next card to review, or why there is none."""
        batch = self.session.desk.next_cards(actor, field, 1)
        cards = [card_record(card) for card in batch.cards]
        return {"cards": cards, "left": batch.progress.left, "done": batch.progress.done, "message": batch.message}

    def open_card(self, actor: Actor, item: str, field: str) -> Record:
        """The card of one item, named by key or number."""
        item_id = self.session.store.items.resolve([item])[0]
        return {"card": card_record(self.session.desk.open_card(actor, item_id, field))}

    def decide(self, actor: Actor, decision: Mapping[str, Any]) -> Record:
        """Store one decision; on disk when this returns."""
        known = {"exposure_id", "idempotency_key", "verdict", "value", "reason", "regions", "seconds"}
        if extra := set(decision) - known:
            raise InputError(f"A decision has no {sorted(extra)[0]!r}; it has {', '.join(sorted(known))}.")
        receipt = self.session.desk.decide(actor, Decision(**decision))
        return {"review": receipt.review.review_id, "verdict": receipt.review.verdict, "left": receipt.progress.left}

    def undo(self, actor: Actor) -> Record:
        """Take back the person's last decision."""
        undone = self.session.desk.undo(actor)
        return {"sentence": undone.sentence, "card": card_record(undone.card) if undone.card else None}

    def turn(self, actor: Actor, text: str) -> Iterator[Record]:
        """One turn of the conversation, event by event."""
        for event in Conversation(self.session, self._model).turn(text, actor):
            record = {key: value for key, value in vars_of(event).items() if key != "result"}
            record["result"] = result_record(event.result) if event.result is not None else None
            yield record

    def verify(self, actor: Actor) -> Record:
        """Every check of the stored state."""
        lost = self.session.store.media.missing()
        files = Check("every image file is there as it was", len(lost), lost[0] if lost else "")
        twins = [one for one in self.session.users.everyone() if one.same_as]
        first = f"{twins[0].name!r} is {twins[0].same_as!r}; see 'assistant user list'" if twins else ""
        names = Check("every user has a name of their own", len(twins), first)
        checks = [*verify(self.session.store.database), files, names]
        head = self.session.store.database.audit_head
        return {"checks": [{**asdict(check), "holds": check.holds} for check in checks], "audit_head": head}

    def backup(self, actor: Actor, target: str) -> Record:
        """Copy the project, with everything that anybody decided in it."""
        if not actor.may("lead"):
            raise NotAllowed(
                f"A backup holds everybody's answers and needs the role lead; {actor.person} is {actor.role}."
            )
        return {"copied": self.session.store.backup(Path(target)), "target": target}

    def put_setting(self, actor: Actor, key: str, value: Any) -> Record:
        """Change one setting of the project."""
        if key and not actor.may("lead"):
            raise NotAllowed(f"Settings need the role lead; {actor.person} is {actor.role}.")
        settings = self.session.store.settings
        if key:
            settings.put(key, value, actor)
            self.session.queues.stir()
        return {"settings": dict(settings.all())}


def vars_of(event: Any) -> Record:
    """The fields of a frozen record, one level deep."""
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


METHODS = (
    "about",
    "call",
    "confirm",
    "dismiss",
    "pending",
    "job",
    "jobs",
    "next_card",
    "open_card",
    "decide",
    "undo",
    "turn",
    "verify",
    "backup",
    "put_setting",
    *PEOPLE_METHODS,
)
"""What may be called by name over the socket."""
