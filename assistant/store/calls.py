"""Paid calls: replies are durable the moment they arrive, and money is reserved before anything is sent."""

from __future__ import annotations

from assistant.store import faults
from assistant.store.database import Database, Transaction, stored_time
from tools.errors import BudgetSpent


class StoredCalls:
    """The :class:`tools.context.CallLog` of one run, kept in the project.

    A call in flight when the process ends stays reserved: it may have been paid, so it counts against the budget.
    """

    def __init__(self, database: Database, run_id: int, budget_tokens: int) -> None:
        """``budget_tokens`` is for the whole project; 0 means that nothing may be spent."""
        self._database = database
        self._run_id = run_id
        self._budget = budget_tokens

    def known(self, key: str) -> str | None:
        """The raw reply stored for this call by any run, or ``None``."""
        found = self._database.rows("SELECT raw FROM replies WHERE call_key = ? ORDER BY reply_id LIMIT 1", [key])
        return str(found[0][0]) if found else None

    def reserve(self, key: str, tokens: int) -> None:
        """Take ``tokens`` out of the budget before sending, durably, or raise :class:`BudgetSpent`."""
        # Counted under the writer lock: no other run can spend between counting and reserving.
        with self._database.write() as transaction:
            used = charged_tokens(self._database)
            if used + tokens > self._budget:
                raise BudgetSpent(
                    f"The budget is {self._budget:,} tokens and {used:,} are spent or reserved; the next call could "
                    f"take {tokens:,}. Raise the setting budget_tokens to go on."
                )
            self._event(transaction, key, "reserved", tokens)

    def received(self, key: str, raw: str, prompt_tokens: int, answer_tokens: int) -> None:
        """Store a reply; from now on this call is never sent again."""
        with self._database.write() as transaction:
            transaction.insert(
                "replies",
                reply_id=transaction.new_ids("replies")[0],
                run_id=self._run_id,
                call_key=key,
                raw=raw,
                prompt_tokens=prompt_tokens,
                answer_tokens=answer_tokens,
                made_at=stored_time(transaction.now),
            )
        faults.reach("reply_received")

    def failed(self, key: str) -> None:
        """Give the reservation back: the call certainly cost nothing."""
        with self._database.write() as transaction:
            self._event(transaction, key, "released", 0)

    def _event(self, transaction: Transaction, key: str, what: str, tokens: int) -> None:
        transaction.insert(
            "call_events",
            run_id=self._run_id,
            call_key=key,
            what=what,
            tokens=tokens,
            made_at=stored_time(transaction.now),
        )


# Every reservation is settled by one release or one reply. A call that was sent again after a crash has two, so the
# first stays charged even when the second is answered.
_OPEN = """
    SELECT call_key, tokens * (reserved - coalesce(answered, 0)) AS tokens FROM (
        SELECT call_key, max(tokens) AS tokens,
            count(*) FILTER (what = 'reserved') - count(*) FILTER (what = 'released') AS reserved
        FROM call_events GROUP BY call_key)
    LEFT JOIN (SELECT call_key, count(*) AS answered FROM replies GROUP BY call_key) USING (call_key)
    WHERE reserved > coalesce(answered, 0)"""


def charged_tokens(database: Database) -> int:
    """Tokens of all replies plus the reservations of calls that are in flight or may have been paid."""
    spent = database.rows("SELECT coalesce(sum(prompt_tokens + answer_tokens), 0) FROM replies")[0][0]
    reserved = database.rows(f"SELECT coalesce(sum(tokens), 0) FROM ({_OPEN})")[0][0]
    return int(spent) + int(reserved)


def possibly_paid(database: Database) -> list[str]:
    """Keys of calls that were sent and whose reply never reached us."""
    return [str(row[0]) for row in database.rows(f"SELECT call_key FROM ({_OPEN}) ORDER BY call_key")]
