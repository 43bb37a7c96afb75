"""Paid calls: replies are durable the moment they arrive, and money is reserved before anything is sent.

Calls that run side by side share their commits: whoever writes first takes along what waits. What was spent is counted
once and then kept in memory by the one owner of the database; :func:`charged_tokens` counts it anew.
"""

from __future__ import annotations

import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assistant.store.file import faults
from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from tools.errors import BudgetSpent
from tools.records import JsonValue, Stopping
from tools.writable import mended_text


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent on paid calls in the whole project.

    ``tokens`` 0 means none, unless ``money`` sets the limit: an amount in the currency of the two prices, which are for
    a million tokens. Money counts only where both prices are known; where both limits are set both hold.
    """

    tokens: int = 0
    money: float | None = None
    prompt_price: float | None = None
    answer_price: float | None = None

    @property
    def is_in_money(self) -> bool:
        """Whether there is a limit in money."""
        return self.money is not None and self.prompt_price is not None and self.answer_price is not None

    def price(self, prompt_tokens: int, answer_tokens: int, reserved: int) -> float:
        """What tokens cost; those of a reservation as if all of them were of the dearer kind."""
        asked, answered = self.prompt_price or 0.0, self.answer_price or 0.0
        return (prompt_tokens * asked + answer_tokens * answered + reserved * max(asked, answered)) / 1e6


def budget_from(settings: Mapping[str, JsonValue]) -> Budget:
    """The budget that a project's settings name."""
    amounts = [settings.get(key) for key in ("budget_money", "price_per_million_prompt", "price_per_million_answer")]
    return Budget(int(settings.get("budget_tokens") or 0), *(None if one is None else float(one) for one in amounts))


@dataclass
class _Row:
    """One row that waits for the next commit."""

    write: Callable[[Transaction], None]
    is_written: bool = False
    error: BaseException | None = None


class _Ledger:
    """What was spent and reserved, and the replies that are there; one for each database, shared by all runs."""

    def __init__(self, database: Database) -> None:
        self.lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Row] = []
        spent = database.rows("SELECT coalesce(sum(prompt_tokens), 0), coalesce(sum(answer_tokens), 0) FROM replies")
        self.prompt_tokens, self.answer_tokens = int(spent[0][0]), int(spent[0][1])
        self.replied = {str(row[0]) for row in database.rows("SELECT DISTINCT call_key FROM replies")}
        self.open: dict[str, list[int]] = defaultdict(list)
        for key, tokens, count in database.rows(f"SELECT call_key, tokens, count FROM ({_OPEN})"):
            self.open[str(key)] = [int(tokens)] * int(count)
        self.reserved = sum(map(sum, self.open.values()))

    def take(self, key: str, tokens: int) -> None:
        """Count a reservation."""
        self.open[key].append(tokens)
        self.reserved += tokens

    def settle(self, key: str) -> None:
        """Take one reservation of the call away, where there is one."""
        if self.open.get(key):
            self.reserved -= self.open[key].pop()

    def commit(self, database: Database, write: Callable[[Transaction], None]) -> None:
        """Return once the row is on disk, written together with those that came meanwhile."""
        row = _Row(write)
        with self.lock:
            self._waiting.append(row)
        with self._turn:
            if not row.is_written and row.error is None:
                with self.lock:
                    batch, self._waiting = self._waiting, []
                self._write(database, batch)
        if row.error is not None:
            raise row.error

    def _write(self, database: Database, batch: list[_Row]) -> None:
        try:
            with database.write() as transaction:
                for row in batch:
                    row.write(transaction)
        except BaseException as error:
            for row in batch:
                row.error = error
            raise
        for row in batch:
            row.is_written = True


_LEDGERS: weakref.WeakKeyDictionary[Database, _Ledger] = weakref.WeakKeyDictionary()
_MAKING = threading.Lock()


def _ledger_of(database: Database) -> _Ledger:
    with _MAKING:
        if database not in _LEDGERS:
            _LEDGERS[database] = _Ledger(database)
        return _LEDGERS[database]


@dataclass
class StoredCalls:
    """The :class:`tools.context.CallLog` of one run, kept in the project.

    A call in flight when the process ends stays reserved: it may have been paid, so it counts against the budget.
    ``most`` is what was announced for this work: it holds whatever the budget is. ``steer`` says whether the work is to
    end, ``tell`` hears what it waits for.
    """

    database: Database
    run_id: int
    budget: Budget
    most: int | None = None
    steer: Callable[[], Stopping] = lambda: ""
    tell: Callable[[str], None] = lambda words: None
    _mine: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list), repr=False)
    _taken: int = 0
    _ledger: _Ledger = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Share what other runs know."""
        self._ledger = _ledger_of(self.database)

    def known(self, key: str) -> str | None:
        """The raw reply stored for this call by any run, or ``None``."""
        return known_reply(self.database, key) if key in self._ledger.replied else None

    def reserve(self, key: str, tokens: int) -> None:
        """Take ``tokens`` out of the budget before sending, durably, or raise :class:`BudgetSpent`."""
        # Counted under the ledger's lock: no other call can spend between counting and reserving.
        with self._ledger.lock:
            self._refuse_more_than_announced(tokens)
            self._refuse_overspending(tokens)
            self._ledger.take(key, tokens)
            self._mine[key].append(tokens)
            self._taken += tokens
        try:
            self._ledger.commit(self.database, lambda transaction: self._event(transaction, key, "reserved", tokens))
        except BaseException:
            with self._ledger.lock:
                self._ledger.settle(key)
                self._settle_mine(key, 0)
            raise

    def _refuse_more_than_announced(self, tokens: int) -> None:
        if self.most is not None and self._taken + tokens > self.most:
            raise BudgetSpent(
                f"At most {self.most:,} tokens were announced for this work and {self._taken:,} are spent or reserved; "
                f"the next call could take {tokens:,}. Resume the job to let it take as much again for what is left."
            )

    def _settle_mine(self, key: str, spent: int) -> None:
        """What is taken for one call is now what it spent."""
        reserved = self._mine[key].pop() if self._mine.get(key) else 0
        self._taken += spent - reserved

    def _refuse_overspending(self, tokens: int) -> None:
        ledger, budget = self._ledger, self.budget
        used = ledger.prompt_tokens + ledger.answer_tokens + ledger.reserved
        if budget.is_in_money and budget.money is not None:
            so_far = budget.price(ledger.prompt_tokens, ledger.answer_tokens, ledger.reserved)
            with_it = budget.price(ledger.prompt_tokens, ledger.answer_tokens, ledger.reserved + tokens)
            if with_it > budget.money:
                raise BudgetSpent(
                    f"The budget is {budget.money:,.2f} in the currency of the prices and {so_far:,.4f} are spent or "
                    f"reserved; the next call could take {with_it - so_far:,.4f}. Raise the setting budget_money to "
                    "go on."
                )
            if not budget.tokens:
                return
        if used + tokens > budget.tokens:
            raise BudgetSpent(
                f"The budget is {budget.tokens:,} tokens and {used:,} are spent or reserved; the next call could "
                f"take {tokens:,}. Raise the setting budget_tokens to go on."
            )

    def received(self, key: str, raw: str, prompt_tokens: int, answer_tokens: int) -> None:
        """Store a reply; from now on this call is never sent again."""

        def write(transaction: Transaction) -> None:
            transaction.insert(
                "replies",
                reply_id=transaction.new_ids("replies")[0],
                run_id=self.run_id,
                call_key=key,
                raw=mended_text(raw),
                prompt_tokens=prompt_tokens,
                answer_tokens=answer_tokens,
                made_at=stored_time(transaction.now),
            )

        self._ledger.commit(self.database, write)
        with self._ledger.lock:
            self._ledger.settle(key)
            self._ledger.prompt_tokens += prompt_tokens
            self._ledger.answer_tokens += answer_tokens
            self._ledger.replied.add(key)
            self._settle_mine(key, prompt_tokens + answer_tokens)
        faults.reach("reply_received")

    def failed(self, key: str) -> None:
        """Give the reservation back: the call certainly cost nothing."""
        self._ledger.commit(self.database, lambda transaction: self._event(transaction, key, "released", 0))
        with self._ledger.lock:
            self._ledger.settle(key)
            self._settle_mine(key, 0)

    def stopping(self) -> Stopping:
        """Whether the work is to end."""
        return self.steer()

    def say(self, words: str) -> None:
        """What the work waits for."""
        self.tell(words)

    def _event(self, transaction: Transaction, key: str, what: str, tokens: int) -> None:
        transaction.insert(
            "call_events",
            run_id=self.run_id,
            call_key=key,
            what=what,
            tokens=tokens,
            made_at=stored_time(transaction.now),
        )


def known_reply(database: Database, key: str) -> str | None:
    """The raw reply stored for a call by any run, or ``None``."""
    found = database.rows("SELECT raw FROM replies WHERE call_key = ? ORDER BY reply_id LIMIT 1", [key])
    return str(found[0][0]) if found else None


# Every reservation is settled by one release or one reply. A call that was sent again after a crash has two, so the
# first stays charged even when the second is answered.
_OPEN = """
    SELECT call_key, tokens, reserved - coalesce(answered, 0) AS count FROM (
        SELECT call_key, max(tokens) AS tokens,
            count(*) FILTER (what = 'reserved') - count(*) FILTER (what = 'released') AS reserved
        FROM call_events GROUP BY call_key)
    LEFT JOIN (SELECT call_key, count(*) AS answered FROM replies GROUP BY call_key) USING (call_key)
    WHERE reserved > coalesce(answered, 0)"""


def charged_tokens(database: Database) -> int:
    """Tokens of all replies plus the reservations of calls that are in flight or may have been paid."""
    spent = database.rows("SELECT coalesce(sum(prompt_tokens + answer_tokens), 0) FROM replies")[0][0]
    reserved = database.rows(f"SELECT coalesce(sum(tokens * count), 0) FROM ({_OPEN})")[0][0]
    return int(spent) + int(reserved)


def possibly_paid(database: Database) -> list[str]:
    """Keys of calls that were sent and whose reply never reached us."""
    return [str(row[0]) for row in database.rows(f"SELECT call_key FROM ({_OPEN}) ORDER BY call_key")]
