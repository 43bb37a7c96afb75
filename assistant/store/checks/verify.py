"""``verify``: the audit chain, every reference between tables, and what must be unique or true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from assistant.store.chain.audit import GENESIS, first_break
from assistant.store.chain.covering import ALL_COVERED, TALLIED
from assistant.store.chain.head import Head
from assistant.store.chain.project_rows import changed_project
from assistant.store.chain.sign_in_rows import changed_sign_ins
from assistant.store.checks.user_rows import changed_users
from assistant.store.checks.verify_rows import Told, changed_settings, compare, read_all, told_by
from assistant.store.checks.verify_sums import compare_sums
from assistant.store.file.clock import stored_time, utc_now
from assistant.store.file.database import Database
from assistant.store.shape import changed_shape
from tools.errors import Conflict, DiskFull, ProjectDamaged, ProjectGone
from tools.modalities.registry import ALL as MODALITIES
from tools.sentences import count_of

_TRIES = 2
_UNTIL_THEN = "what was changed in them until then cannot be told"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold. ``found`` counts what breaks it; ``example`` names the first, ``limit`` says what the
    check cannot tell about.
    """

    name: str
    found: int
    example: str = ""
    limit: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return self.found == 0


def _unique(table: str, column: str, word: str) -> tuple[str, str]:
    """The check that no two rows of a table share an id."""
    sql = f"SELECT '{word} ' || {column} FROM {table} GROUP BY {column} HAVING count(*) > 1"  # sql: named below
    return f"{word} ids are unique", sql


def _about(table: str, column: str, word: str, other: str, key: str) -> tuple[str, str]:
    """The check that every row of a table names a row of another."""
    sql = f"SELECT '{word} ' || {column} FROM {table} ANTI JOIN {other} USING ({key})"  # sql: named below
    return f"every {word} belongs to one of the {other}", sql


# Each query lists offenders as one column of text.
_WITH_FILES = ", ".join(f"'{one.name}'" for one in MODALITIES if one.has_file)
"""Names of the kinds of items that are files, as SQL writes them."""

_CHECKS: tuple[tuple[str, str], ...] = (
    (
        "item numbers run from 1 without gaps",
        "SELECT 'item ' || item_id FROM items QUALIFY row_number() OVER (ORDER BY item_id) <> item_id",
    ),
    ("item keys are unique", "SELECT 'key ' || key FROM items GROUP BY key HAVING count(*) > 1"),
    (
        "every review has an exposure of the same person, item and field",
        """SELECT 'review ' || r.review_id FROM reviews r LEFT JOIN exposures e
        ON e.exposure_id = r.exposure_id AND e.item_id = r.item_id AND e.field = r.field AND e.reviewer = r.reviewer
        WHERE e.exposure_id IS NULL""",
    ),
    (
        "every review says how it was exposed, as its exposure does",
        """SELECT 'review ' || r.review_id FROM reviews r JOIN exposures e USING (exposure_id)
        WHERE e.adaptive <> r.adaptive
            -- what was blind when the card was fetched may not have been when it was decided
            OR (e.kind <> r.exposure AND NOT (e.kind = 'blind' AND r.exposure IN ('overtaken', 'revealed')))""",
    ),
    _unique("reviews", "review_id", "review"),
    _unique("exposures", "exposure_id", "exposure"),
    _unique("proposals", "proposal_id", "proposal"),
    (
        "one click made one review",
        """SELECT 'review ' || max(review_id) FROM reviews WHERE idempotency_key <> ''
        GROUP BY exposure_id, idempotency_key HAVING count(*) > 1""",
    ),
    _about("exposures", "exposure_id", "exposure", "items", "item_id"),
    _about("proposals", "proposal_id", "proposal", "items", "item_id"),
    _about("proposals", "proposal_id", "proposal", "runs", "run_id"),
    _about("findings", "finding_id", "finding", "items", "item_id"),
    _about("findings", "finding_id", "finding", "runs", "run_id"),
    _about("finding_dismissals", "finding_id", "dismissal of finding", "findings", "finding_id"),
    (
        "a run has one proposal an item and field",
        """SELECT 'run ' || run_id || ', item ' || item_id FROM proposals GROUP BY run_id, item_id, field
        HAVING count(*) > 1""",
    ),
    (
        "every shown proposal exists",
        """SELECT 'exposure ' || exposure_id FROM exposures e WHERE proposal_id IS NOT NULL
        AND proposal_id NOT IN (SELECT proposal_id FROM proposals)""",
    ),
    (
        "a review names the same person's review of the item and field before it",
        """SELECT 'review ' || review_id FROM reviews SEMI JOIN (SELECT item_id, field, reviewer FROM reviews
            GROUP BY ALL HAVING count(*) > 1 OR count(supersedes) > 0) USING (item_id, field, reviewer)
        QUALIFY supersedes IS DISTINCT FROM
            lag(review_id) OVER (PARTITION BY item_id, field, reviewer ORDER BY review_id)""",
    ),
    (
        "accept, choose and edit carry a value, other verdicts none",
        """SELECT 'review ' || review_id FROM reviews
        WHERE (verdict IN ('accept', 'choose', 'edit')) <> (value IS NOT NULL)""",
    ),
    (
        "a blind review saw no proposal",
        "SELECT 'review ' || review_id FROM reviews WHERE exposure = 'blind' AND proposal_id IS NOT NULL",
    ),
    (
        "every batch of reviews has its action",
        """SELECT 'review ' || review_id FROM reviews WHERE action_id IS NOT NULL
        AND action_id NOT IN (SELECT action_id FROM pending_actions)""",
    ),
    (
        "every action was answered once at most",
        "SELECT 'action ' || action_id FROM action_decisions GROUP BY action_id HAVING count(*) > 1",
    ),
    (
        "every row names a schema version that exists",
        """SELECT 'review ' || review_id FROM reviews WHERE schema_version NOT IN (SELECT version FROM schema_versions)
        UNION ALL SELECT 'proposal ' || proposal_id FROM proposals
        WHERE schema_version NOT IN (SELECT version FROM schema_versions)""",
    ),
    (
        "every import adds up",
        """SELECT 'import ' || import_id FROM imports WHERE (counts->>'$.read')::BIGINT <>
        (counts->>'$.new')::BIGINT + (counts->>'$.known')::BIGINT + (counts->>'$.rejected')::BIGINT""",
    ),
    (
        "every item of an import is there",
        """SELECT 'import ' || i.import_id FROM imports i LEFT JOIN (SELECT import_id, count(*) AS n FROM items
        GROUP BY import_id) c USING (import_id) WHERE (i.counts->>'$.new')::BIGINT <> coalesce(c.n, 0)""",
    ),
    (
        "every file belongs to one item",
        f"""SELECT 'item ' || item_id FROM media ANTI JOIN items USING (item_id)
        UNION ALL SELECT 'item ' || item_id FROM media GROUP BY item_id HAVING count(*) > 1
        UNION ALL SELECT 'item ' || item_id FROM items ANTI JOIN media USING (item_id) WHERE kind IN ({_WITH_FILES})
        UNION ALL SELECT 'item ' || item_id FROM recordings ANTI JOIN media USING (item_id)""",
    ),
    (
        "every review is in the audit",
        """WITH told AS (SELECT (payload->>'$.review')::BIGINT AS review_id FROM audit WHERE kind = 'review')
        SELECT 'review ' || review_id FROM reviews ANTI JOIN told USING (review_id)
        WHERE action_id IS NULL AND import_id IS NULL""",
    ),
    (
        "every review is as the audit tells it",
        """SELECT 'review ' || r.review_id FROM reviews r JOIN audit a
        ON a.kind = 'review' AND r.review_id = (a.payload->>'$.review')::BIGINT
        WHERE a.actor <> r.reviewer OR a.payload->>'$.verdict' <> r.verdict
        OR a.payload->>'$.exposure' <> r.exposure_id::VARCHAR
        OR a.payload->>'$.value' <> left(sha256(coalesce(r.value, 'null')), 16)""",
    ),
)


_CHAIN = "the audit chain is whole"
_SHAPE = "tables, columns and views are those that the program makes"


def verify(database: Database) -> list[Check]:
    """Run every check; none of them writes. :class:`ProjectDamaged` where a part cannot even be read."""
    read_all(database)
    return [
        _made(_CHAIN, lambda: _first_of(_CHAIN, _breaks(database), "")),
        Check("the newest entry is noted beside the database", int(bool(database.note_problem)), database.note_problem),
        _made(_SHAPE, lambda: _first_of(_SHAPE, changed_shape(database), "")),
        *rows_as_saved(database),
        *(_made(name, partial(_listed, database, name, sql)) for name, sql in _CHECKS),
    ]


def _breaks(database: Database) -> list[str]:
    """The first break of the chain, or that it ends before the newest event that was written here."""
    head = Head(database.audit_seq, database.audit_head)  # others may write while it is read
    found = {0: GENESIS}

    def followed() -> Iterator[tuple[int, str, str, str, str, str, str]]:
        for event in database.audit_events():
            if event[0] == head.seq:
                found[head.seq] = event[6]
            yield event

    broken = first_break(followed())
    if broken is None and found.get(head.seq) != head.hash:
        broken = f"audit event {head.seq} is missing at the end"
    return [broken] if broken else []


def _made(name: str, make: Callable[[], Check]) -> Check:
    """The check; one that does not hold where it cannot be made, whatever stands in the file."""
    try:
        return make()
    except (DiskFull, ProjectDamaged, ProjectGone, Conflict):
        raise
    except Exception as error:  # noqa: BLE001  anything can stand in a file that was altered by hand
        reason = (str(error).splitlines() or [""])[0].split("Error: ")[-1].rstrip("!.")
        return Check(name, 1, f"this could not be checked ({reason})")


def _listed(database: Database, name: str, sql: str) -> Check:
    counted = f"SELECT count(*), min(offender) FROM ({sql}) AS offenders(offender)"  # sql: sql is one of _CHECKS
    found = database.rows(counted)[0]
    return Check(name, int(found[0]), found[1] or "")


def rows_as_saved(database: Database) -> list[Check]:
    """The checks of what the audit tells of, row by row and as sums."""
    for _ in range(_TRIES):
        before = database.audit_seq
        checks = _rows_as_told(database)
        if all(check.holds for check in checks) or database.audit_seq == before:
            return checks
    # What others wrote after the audit was read came without an event that was read. Now they wait.
    with database.nobody_writes():
        return _rows_as_told(database)


def _rows_as_told(database: Database) -> list[Check]:
    told = told_by(database)

    def whole(what: str, changed: Callable[[], list[str]], word: str = "") -> Check:
        return _made(what, lambda: _first_of(what, changed(), word))

    return [
        *(_made(f"every {one.word} is as it was saved", partial(_as_saved, database, name, told))
          for name, one in ALL_COVERED.items()),
        whole("every setting is as it was set", lambda: changed_settings(database, told)),
        whole("the project is the one that it was", lambda: changed_project(database, told.project), "its "),
        whole("every sign-in is as the audit tells",
              lambda: changed_sign_ins(database, told.sign_ins, stored_time(utc_now())), "sign-in "),
        _made("every user is as the audit tells", lambda: _users(database, told)),
    ]  # fmt: skip


def _first_of(name: str, changed: list[str], word: str) -> Check:
    return Check(name, len(changed), word + changed[0] if changed else "")


def _as_saved(database: Database, name: str, told: Told) -> Check:
    found = (compare_sums if name in TALLIED else compare)(database, name, told)
    older = f"{found.older:,} of them were saved before this was kept; {_UNTIL_THEN}" if found.older else ""
    return Check(f"every {ALL_COVERED[name].word} is as it was saved", found.found, found.example, older)


def _users(database: Database, told: Told) -> Check:
    people, unknown = changed_users(database, told.users)
    limit = f"of {count_of(unknown, 'user')}, last changed before this was kept, it tells the role and whether they "
    limit += "may sign in, and nothing of the password"
    first = f"user {people[0]}" if people else ""
    return Check("every user is as the audit tells", len(people), first, limit if unknown else "")
