"""A process that is made to be killed while it does everything a team does: decisions, chat, imports, bulk, backups.

It says each thing line by line after it was acknowledged:
``python -m eval.bench.crashes.crash_busy_child PROJECT --seed N``
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from assistant.agent.turn.conversation import Conversation
from assistant.review import Decision
from assistant.session import Session
from assistant.store.file import faults
from eval.bench.batches import batch_of, items_only
from eval.bench.crashes.crash_child import say
from eval.bench.crashes.crash_work import FIELD, IDENTITY, LABELS
from tools.exchange.batch import LABELS as NO_LABELS
from tools.records import Actor, Draft

ANN = Actor("ann", "reviewer", "key", "s")
LEA = Actor("lea", "lead", "cli", "s")
NEW_ITEMS = 6


class Busy:
    """One of each kind of work at a time; names of its own making are told apart by the process and a number."""

    def __init__(self, session: Session, chance: random.Random) -> None:
        """Everything goes through the session, as the page and the command line go."""
        self.session, self.chance = session, chance
        self.conversation = Conversation(session)
        self.number = 0

    def decide(self) -> None:
        """A decision of the page, and every so often an undo."""
        cards = self.session.desk.next_cards(ANN, FIELD).cards
        if not cards:
            self.take_in()
            return
        exposure, label = cards[0].exposure.exposure_id, self.chance.choice(LABELS)
        key = f"{os.getpid()}-{self.number}"
        receipt = self.session.desk.decide(ANN, Decision(exposure, key, "choose", {"label": label}))
        say("decided", receipt.review.review_id, label)
        if self.chance.random() < 0.2:
            say("undone", self.session.desk.undo(ANN).review.review_id)

    def talk(self) -> None:
        """A turn of the chat; its text is kept before it is answered."""
        text = f"how far are we? {os.getpid()} {self.number}"
        for _event in self.conversation.turn(text, LEA):
            pass
        say("said", os.getpid(), self.number)

    def take_in(self) -> None:
        """An import of some items."""
        name = f"file {os.getpid()} {self.number}"
        items = items_only([f"{name}: message {number}" for number in range(NEW_ITEMS)]).items
        report = self.session.store.take_in(batch_of(items, NO_LABELS.empty_table(), name), LEA, {})
        say("imported", report.import_id, report.new)

    def accept(self) -> None:
        """Suggestions for the newest items, accepted in bulk."""
        store = self.session.store
        newest = store.items.all_ids()[-NEW_ITEMS:].tolist()
        run_id = store.runs.start(IDENTITY, {}, FIELD, store.schema_version, LEA)
        drafts = [Draft(item_id, FIELD, {"label": LABELS[0]}, 0.9) for item_id in newest]
        texts = dict(zip(newest, store.items.texts(newest), strict=True))
        store.runs.add_drafts(run_id, drafts, store.schema, store.schema_version, texts)
        outcome = self.session.executor.call("bulk_accept", {"field": FIELD}, LEA)
        if outcome.action_id is not None:
            self.session.executor.confirm(outcome.action_id, LEA)
            say("accepted", outcome.action_id)

    def change_schema(self) -> None:
        """A new version of the schema."""
        schema = self.session.schema.model_copy(update={"guideline": f"Version of {os.getpid()} {self.number}"})
        say("schema", self.session.store.change_schema(schema, LEA))

    def back_up(self) -> None:
        """A backup beside the others of the project."""
        made = self.session.store.backups.own("busy", keep=2)
        say("backup", made.name)

    def work(self) -> None:
        """Until somebody ends it."""
        kinds: list[tuple[Callable[[], None], int]] = [
            (self.decide, 10), (self.talk, 2), (self.take_in, 2), (self.accept, 2), (self.change_schema, 1),
        ]  # fmt: skip
        threading.Thread(target=self._back_up_often, daemon=True).start()
        while True:
            self.number += 1
            self.chance.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]()

    def _back_up_often(self) -> None:
        while True:
            time.sleep(self.chance.uniform(0.1, 0.6))
            self.back_up()


def kill_at(point: str, nth: int) -> None:
    """End this process when it comes to a point for the nth time."""
    left = [nth]

    def count(reached: faults.Point) -> None:
        left[0] -= reached == point
        if reached == point and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)

    faults.install(count)


def main() -> None:
    """Open the project and work."""
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill", default="")
    parser.add_argument("--nth", type=int, default=1)
    given = parser.parse_args()
    if given.kill:
        kill_at(given.kill, given.nth)
    with Session.open(given.project) as session:
        say("ready")
        Busy(session, random.Random(given.seed)).work()


if __name__ == "__main__":
    main()
