"""Named queries that fetch what people and models marked on images; the tools match the objects and count."""

from __future__ import annotations

from assistant.store.queries.named import BULK, CALIBRATING, MANY, NamedQuery, by_name, is_any, is_during, labels_of
from assistant.store.queries.quality import BLIND_TRUTH, GOLD_TRUTH, PAIRED, SAID

_SEVERAL = f"""
WITH {SAID},
several AS (SELECT item_id FROM said GROUP BY item_id HAVING count(*) > 1)"""

_ANSWERS = f"""{_SEVERAL}
SELECT item_id, value, exposure NOT IN {CALIBRATING} AS assisted FROM said SEMI JOIN several USING (item_id)
ORDER BY item_id, reviewer"""

_ANSWERS_BY_PERSON = f"""{_SEVERAL}
SELECT item_id, reviewer, value, exposure NOT IN {CALIBRATING} AS assisted FROM said SEMI JOIN several USING (item_id)
ORDER BY item_id, reviewer"""

# A blind label given before the mark may be what the gold value was made from, and would then agree with itself.
_PEOPLE_ON_GOLD = f"""
SELECT s.reviewer, s.item_id, s.value AS said, g.value AS meant,
    NOT (s.exposure IN {CALIBRATING} AND s.made_at <= g.made_at) AS counts
FROM standing s JOIN gold g USING (item_id, field)
WHERE s.field = $field AND NOT s.adjudicates AND s.exposure NOT IN {BULK} AND {is_any("s.reviewer", "reviewer")}
    AND {is_during("s.made_at")} ORDER BY s.reviewer, s.item_id"""

_MODELS = """
SELECT backend, revision, prompt, item_id, said, meant, counts FROM paired
ORDER BY backend, revision, prompt, item_id"""
_MODELS_ON_GOLD = f"WITH truth AS ({GOLD_TRUTH}), {PAIRED}{_MODELS}"
_MODELS_ON_BLIND = f"WITH truth AS ({BLIND_TRUTH}), {PAIRED}{_MODELS}"

_SUGGESTED_OBJECTS = f"""
SELECT p.run_id, r.backend, s.reviewer, s.item_id, p.value AS suggested, s.value AS decided, s.regions
FROM standing_reviews s JOIN proposals p USING (proposal_id) JOIN runs r ON r.run_id = p.run_id
WHERE s.field = $field AND s.exposure IN ('suggested', 'revealed') AND s.import_id IS NULL AND s.action_id IS NULL
    AND s.value IS NOT NULL AND p.value IS NOT NULL AND {is_any("s.reviewer", "reviewer")} AND {is_during("s.made_at")}
ORDER BY p.run_id, s.item_id, s.reviewer"""

_COUNTED = """
SELECT count(*) AS items, coalesce(sum(len(labels)), 0)::BIGINT AS objects,
    count(*) FILTER (len(labels) = 0) AS empty, coalesce(max(len(labels)), 0) AS most FROM told"""
_AGREED_OBJECTS = f"""
WITH told AS (SELECT {labels_of("x")} AS labels FROM annotations x WHERE x.field = $field AND x.state = 'agreed')
{_COUNTED}"""
_GIVEN_OBJECTS = f"""
WITH told AS (SELECT {labels_of("x")} AS labels FROM standing x
    WHERE x.field = $field AND {is_any("x.reviewer", "reviewer")} AND {is_during("x.made_at")})
{_COUNTED}"""

_SAID_BY = ("field", "since", "until", "independent")
_MANY = f"QUALIFY count(*) FILTER (counts) OVER (PARTITION BY backend, revision, prompt) >= {MANY}"

OBJECT_QUERIES = by_name(
    NamedQuery(
        "object_answers",
        _ANSWERS,
        _SAID_BY,
        "reviewer",
        "Values of a field on items with several opinions, without the names of who gave them.",
    ),
    NamedQuery(
        "object_answers_by_person",
        _ANSWERS_BY_PERSON,
        _SAID_BY,
        "lead",
        "Values of a field on items with several opinions, with who gave each.",
    ),
    NamedQuery(
        "gold_reviewer_objects",
        _PEOPLE_ON_GOLD,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Each person's value beside the gold one, and whether it counts or may be what the gold was made from.",
    ),
    NamedQuery(
        "gold_proposal_objects",
        _MODELS_ON_GOLD,
        ("field", "since", "until"),
        "reviewer",
        "Each back-end's proposal beside the gold value, and whether it counts or may have been learned from it.",
        _MANY,
    ),
    NamedQuery(
        "blind_proposal_objects",
        _MODELS_ON_BLIND,
        ("field", "since", "until"),
        "reviewer",
        "The same beside values that people gave blind on items no model chose.",
        _MANY,
    ),
    NamedQuery(
        "suggested_objects",
        _SUGGESTED_OBJECTS,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Suggestions that people saw beside what they decided, with the verdicts on single regions.",
    ),
    NamedQuery("agreed_objects", _AGREED_OBJECTS, ("field",), "reviewer", "Agreed items and the objects on them."),
    NamedQuery(
        "given_objects",
        _GIVEN_OBJECTS,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Standing labels of a person or time and the objects in them.",
    ),
)
