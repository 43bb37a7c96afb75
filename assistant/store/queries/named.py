"""What a named query is, and the pieces of SQL that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

from tools.records import CALIBRATING_EXPOSURES, Role

MANY = 20
"""Items behind a number about models from which on it says nothing of one of them to who may not see the answers."""


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One question to the state, with the SQL that answers it.

    ``parameters`` are the ``$name`` parameters in ``sql``; one that is not given arrives as NULL and then sets no
    condition, ids and fields excepted. ``viewer`` is filled in by the store, never by who asks. ``role`` is the least
    role that may ask, and ``answers`` says in one line what the rows are.

    ``many`` is set where the rows judge back-ends: engineers, who compare prompts, are told them over everybody's
    answers, but only those that this clause leaves, which must be made of :data:`MANY` items at least.
    """

    name: str
    sql: str
    parameters: tuple[str, ...]
    role: Role
    answers: str
    many: str = ""


def by_name(*queries: NamedQuery) -> dict[str, NamedQuery]:
    """The queries by name; two of one name are a mistake."""
    named = {query.name: query for query in queries}
    assert len(named) == len(queries), "two queries have the same name"
    return named


CALIBRATING = "(" + ", ".join(f"'{kind}'" for kind in CALIBRATING_EXPOSURES) + ")"
"""The exposures whose labels may judge a model, as an SQL list."""

BULK = "('bulk_listed', 'bulk_viewed')"
"""The exposures of decisions that were made for many items at once, as an SQL list."""


def is_any(column: str, parameter: str) -> str:
    """Condition that ``column`` equals the parameter, or that the parameter is not given or empty."""
    return f"coalesce(${parameter}, '') IN ('', {column})"


def is_since(column: str, parameter: str = "since") -> str:
    """Condition that ``column`` is not before the parameter, ISO text in UTC; none where it is not given or empty."""
    return f"{column} >= CAST(coalesce(nullif(${parameter}, ''), '0001-01-01') AS TIMESTAMP)"


def is_before(column: str, parameter: str = "until") -> str:
    """Condition that ``column`` is before the parameter, ISO text in UTC; none where it is not given or empty."""
    return f"{column} < CAST(coalesce(nullif(${parameter}, ''), '9999-12-31') AS TIMESTAMP)"


def is_during(column: str) -> str:
    """Condition that ``column`` lies between the parameters ``since`` and ``until``, as far as they are given."""
    return f"{is_since(column)} AND {is_before(column)}"


def labels_of(alias: str) -> str:
    """List of the labels in a row's value, repeats kept: of a choice or rating one, else one a label or region."""
    return (
        f"CASE WHEN {alias}.label IS NOT NULL THEN [{alias}.label] ELSE list_concat("
        f"json_extract_string({alias}.value, '$.labels[*]'), json_extract_string({alias}.value, '$.*[*].label')) END"
    )


def regions_of(alias: str) -> str:
    """List of the distinct regions of a text in a row's value, as texts that are equal for equal regions, ids aside.

    The names inside must be no table's in any query: ``s.label`` would be read as the column of a table called s.
    Regions of images are not among them: two of them are never equal to the letter, so that the tools match them.
    """
    span = '[{"start":"BIGINT","end":"BIGINT","label":"VARCHAR"}]'
    relation = '[{"from":"VARCHAR","to":"VARCHAR","label":"VARCHAR"}]'
    return (
        f"list_distinct(list_concat(list_transform(from_json(json_extract({alias}.value, '$.spans'), '{span}'), "
        f"lambda a_span: concat_ws(' ', a_span.start, a_span.\"end\", a_span.label)), "
        f"list_transform(from_json(json_extract({alias}.value, '$.relations'), '{relation}'), "
        f'lambda a_link: concat_ws(\' \', a_link."from", a_link."to", a_link.label))))'
    )


ACTIVE_PROPOSALS = """
SELECT p.* FROM live_proposals p WHERE p.field = $field AND p.state = 'ok'
QUALIFY row_number() OVER (PARTITION BY p.item_id ORDER BY p.run_id IN (
    SELECT r.run_id FROM runs r JOIN settings s
        ON s.key = 'backend.' || $field AND json_extract_string(s.value, '$') = r.backend) DESC,
    p.proposal_id DESC) = 1"""
"""The proposal of ``$field`` that is shown for each item: usable, of the preferred back-end first, then the newest."""
