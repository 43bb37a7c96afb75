"""Named queries about how good the labels are: agreement, accuracy on gold, acceptance and time."""

from __future__ import annotations

from assistant.store.queries.named import BULK, CALIBRATING, MANY, NamedQuery, by_name, is_any, is_during, regions_of

# Opinions that were formed for one item by one person: no batches, no adjudication that had the others in sight.
SAID = f"""said AS (SELECT x.item_id, x.reviewer, x.answer, x.exposure, x.value FROM standing x
    WHERE x.field = $field AND NOT x.adjudicates AND x.exposure NOT IN {BULK} AND {is_during("x.made_at")}
        AND (NOT coalesce($independent, false) OR x.exposure IN {CALIBRATING}))"""

# Units with the same answers count once, with their number: a few rows whatever the number of items is.
_PATTERNS = f"""
WITH {SAID},
units AS (SELECT list_sort(list(answer)) AS answers, count(*) FILTER (exposure NOT IN {CALIBRATING}) AS assisted
    FROM said GROUP BY item_id HAVING count(*) > 1)
SELECT answers, count(*) AS units, sum(assisted)::BIGINT AS assisted FROM units GROUP BY answers ORDER BY answers"""

# Coincidences after Krippendorff, Content Analysis, ch. 12: each unit's pairs of answers, weighted by 1 / (m - 1).
_COINCIDENCES = f"""
WITH {SAID},
counts AS (SELECT item_id, answer, count(*) AS n FROM said GROUP BY item_id, answer),
sizes AS (SELECT item_id, sum(n) AS m FROM counts GROUP BY item_id HAVING sum(n) > 1)
SELECT a.answer AS one, b.answer AS two, sum(a.n * (b.n - CASE WHEN a.answer = b.answer THEN 1 ELSE 0 END) / (m - 1))
    AS coincidences, count(*) AS items
FROM counts a JOIN counts b USING (item_id) JOIN sizes USING (item_id)
GROUP BY one, two HAVING coincidences > 0 ORDER BY one, two"""

_PAIRS = f"""
WITH {SAID},
cells AS (SELECT a.reviewer AS one, b.reviewer AS two, a.answer AS said_one, b.answer AS said_two, count(*) AS n
    FROM said a JOIN said b ON a.item_id = b.item_id AND a.reviewer < b.reviewer GROUP BY ALL),
ones AS (SELECT one, two, said_one AS answer, sum(n) AS n FROM cells GROUP BY ALL),
twos AS (SELECT one, two, said_two AS answer, sum(n) AS n FROM cells GROUP BY ALL),
chance AS (SELECT one, two, sum(a.n * b.n) AS products FROM ones a JOIN twos b USING (one, two, answer) GROUP BY ALL),
sums AS (SELECT one, two, sum(n)::BIGINT AS n, coalesce(sum(n) FILTER (said_one = said_two), 0)::BIGINT AS same
    FROM cells GROUP BY one, two)
SELECT one, two, n, same, coalesce(products, 0)::DOUBLE / (n * n) AS expected
FROM sums LEFT JOIN chance USING (one, two) ORDER BY n DESC, one, two"""

# Sums of squares and products over items, so that the ratio's interval needs no row an item.
_RATIO_SUMS = """count(*) AS n, sum(hits)::DOUBLE AS hits, sum(size)::DOUBLE AS size,
    sum(hits * hits)::DOUBLE AS hits_hits, sum(hits * size)::DOUBLE AS hits_size,
    sum(size * size)::DOUBLE AS size_size"""

_REGION_PAIRS = f"""
WITH {SAID},
marked AS (SELECT item_id, reviewer, {regions_of("said")} AS regions FROM said),
pairs AS (SELECT a.item_id, a.reviewer AS one, b.reviewer AS two, 2 * len(list_intersect(a.regions, b.regions)) AS hits,
    len(a.regions) + len(b.regions) AS size
    FROM marked a JOIN marked b ON a.item_id = b.item_id AND a.reviewer < b.reviewer)"""

_REGION_AGREEMENT = f"""{_REGION_PAIRS},
units AS (SELECT sum(hits) AS hits, sum(size) AS size, count(*) AS pairs FROM pairs GROUP BY item_id)
SELECT {_RATIO_SUMS}, coalesce(sum(pairs), 0)::BIGINT AS pairs FROM units"""

_REGION_REVIEWERS = f"""{_REGION_PAIRS}
SELECT one, two, count(*) AS n, sum(hits)::BIGINT AS hits, sum(size)::BIGINT AS size FROM pairs
GROUP BY one, two ORDER BY n DESC, one, two"""

# A blind label given before the mark may be what the gold value was made from, and would then agree with itself.
_GOLD_REVIEWERS = f"""
WITH judged AS (SELECT s.reviewer, s.exposure IN {CALIBRATING} AS blind, s.answer = g.answer AS same,
    s.exposure IN {CALIBRATING} AND s.made_at <= g.made_at AS may_be_source,
    {regions_of("s")} AS given, {regions_of("g")} AS wanted
    FROM standing s JOIN gold g USING (item_id, field)
    WHERE s.field = $field AND NOT s.adjudicates AND s.exposure NOT IN {BULK} AND {is_any("s.reviewer", "reviewer")}
        AND {is_during("s.made_at")}),
counted AS (SELECT *, 2 * len(list_intersect(given, wanted)) AS hits, len(given) + len(wanted) AS size
    FROM judged WHERE NOT may_be_source),
sums AS (SELECT reviewer, count(*) FILTER (same) AS same, count(*) FILTER (blind) AS blind, {_RATIO_SUMS}
    FROM counted GROUP BY reviewer),
sources AS (SELECT reviewer, count(*) FILTER (may_be_source) AS left_out FROM judged GROUP BY reviewer)
SELECT reviewer, coalesce(s.n, 0) AS n, coalesce(s.same, 0) AS same, coalesce(s.blind, 0) AS blind, o.left_out,
    s.hits, s.size, s.hits_hits, s.hits_size, s.size_size
FROM sources o LEFT JOIN sums s USING (reviewer) ORDER BY reviewer"""

# The answer of a proposal in the form of a review's: the label, else the digest of the canonical value.
_SAME = "CASE WHEN p.label IS NOT NULL THEN p.label = t.answer ELSE md5(p.value) = t.answer END"


GOLD_TRUTH = "SELECT item_id, answer, value FROM gold WHERE field = $field AND value IS NOT NULL"
BLIND_TRUTH = f"""SELECT item_id, arg_min(answer, review_id) AS answer, arg_min(value, review_id) AS value
    FROM standing WHERE field = $field AND exposure IN {CALIBRATING} AND NOT adaptive AND NOT adjudicates
    GROUP BY item_id"""

# Back-ends of the project that never learn from its labels.
_UNTAUGHT = "('builtin:people', 'builtin:faces', 'builtin:grabcut')"

# Proposals compared with a truth (item_id, answer, value). A back-end of the project learns from its labels, so its
# proposals count only where they were made before anybody labelled the item. Of several proposals for one item the
# newest that counts is taken.
PAIRED = f"""labelled AS (SELECT item_id, min(made_at) AS first_at FROM live_reviews
    WHERE field = $field AND value IS NOT NULL GROUP BY item_id),
paired AS (SELECT r.backend, r.revision, r.prompt, p.item_id, p.proposal_id, {_SAME} AS same,
    r.backend NOT LIKE 'builtin:%' OR r.backend IN {_UNTAUGHT} OR l.first_at IS NULL OR p.made_at < l.first_at
        AS counts,
    p.value AS said, t.value AS meant, {regions_of("p")} AS given, {regions_of("t")} AS wanted
    FROM live_proposals p JOIN runs r USING (run_id) JOIN truth t USING (item_id) LEFT JOIN labelled l USING (item_id)
    WHERE p.field = $field AND p.state = 'ok' AND {is_during("p.made_at")}
    QUALIFY row_number() OVER (PARTITION BY r.backend, r.revision, r.prompt, p.item_id
        ORDER BY counts DESC, p.proposal_id DESC) = 1)"""
_AGAINST_TRUTH = f"""{PAIRED},
counted AS (SELECT *, 2 * len(list_intersect(given, wanted)) AS hits, len(given) + len(wanted) AS size
    FROM paired WHERE counts),
sums AS (SELECT backend, revision, prompt, count(*) FILTER (same) AS same, {_RATIO_SUMS}
    FROM counted GROUP BY ALL),
leaks AS (SELECT backend, revision, prompt, count(*) FILTER (NOT counts) AS left_out FROM paired GROUP BY ALL)
SELECT backend, revision, prompt, coalesce(s.n, 0) AS n, coalesce(s.same, 0) AS same, o.left_out,
    s.hits, s.size, s.hits_hits, s.hits_size, s.size_size
FROM leaks o LEFT JOIN sums s USING (backend, revision, prompt) ORDER BY backend, revision, prompt"""
_ON_GOLD = f"WITH truth AS ({GOLD_TRUTH}), {_AGAINST_TRUTH}"
_ON_BLIND = f"WITH truth AS ({BLIND_TRUTH}), {_AGAINST_TRUTH}"

_ACCEPTANCE = f"""
WITH shown AS (SELECT s.reviewer, p.run_id, r.backend, coalesce(p.label, '') AS label, s.verdict,
    s.verdict = 'accept' OR (s.value IS NOT NULL
        AND CASE WHEN p.label IS NOT NULL THEN p.label = s.answer ELSE md5(p.value) = s.answer END) AS unchanged,
    s.value IS NOT NULL AS has_value
    FROM standing_reviews s JOIN proposals p USING (proposal_id) JOIN runs r ON r.run_id = p.run_id
    WHERE s.field = $field AND s.exposure IN ('suggested', 'revealed') AND s.import_id IS NULL AND s.action_id IS NULL
        AND {is_any("s.reviewer", "reviewer")} AND {is_any("p.label", "label")} AND {is_during("s.made_at")})
SELECT run_id, backend, label, reviewer, count(*) FILTER (has_value AND unchanged) AS unchanged,
    count(*) FILTER (has_value AND NOT unchanged) AS changed, count(*) FILTER (verdict = 'reject') AS rejected,
    count(*) FILTER (verdict = 'skip') AS skipped
FROM shown GROUP BY run_id, backend, label, reviewer ORDER BY run_id, label, reviewer"""

_SECONDS = f"""
SELECT x.reviewer, CASE WHEN x.exposure = 'blind' THEN 'blind' ELSE 'suggested' END AS shown,
    list(x.seconds ORDER BY x.seconds) AS seconds
FROM main.standing x WHERE x.field = $field AND x.seconds IS NOT NULL AND x.exposure IN ('blind', 'suggested')
    AND {is_any("x.reviewer", "reviewer")} AND {is_during("x.made_at")}
GROUP BY x.reviewer, shown ORDER BY x.reviewer, shown"""

_SAID_BY = ("field", "since", "until", "independent")

_CALIBRATING = """
SELECT count(*) AS labels, count(*) FILTER (calibrates) AS calibrating FROM annotations
WHERE field = $field AND state = 'agreed'"""

QUALITY_QUERIES = by_name(
    NamedQuery(
        "agreement_patterns",
        _PATTERNS,
        _SAID_BY,
        "reviewer",
        "Combinations of answers on items with several opinions, with the number of such items.",
    ),
    NamedQuery(
        "coincidences",
        _COINCIDENCES,
        _SAID_BY,
        "reviewer",
        "Krippendorff's coincidence matrix of a field, cell by cell.",
    ),
    NamedQuery(
        "pair_agreement",
        _PAIRS,
        _SAID_BY,
        "lead",
        "For each two reviewers: shared items, equal answers, and the share expected by chance.",
    ),
    NamedQuery(
        "region_agreement",
        _REGION_AGREEMENT,
        _SAID_BY,
        "reviewer",
        "Sums over items for the pairwise strict F1 of spans or relations.",
    ),
    NamedQuery(
        "region_pairs",
        _REGION_REVIEWERS,
        _SAID_BY,
        "lead",
        "For each two reviewers: regions in common and regions in all.",
    ),
    NamedQuery(
        "gold_reviewers",
        _GOLD_REVIEWERS,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Each person's labels on gold items: how many, how many right, how many left out as possible sources.",
    ),
    NamedQuery(
        "gold_proposals",
        _ON_GOLD,
        ("field", "since", "until"),
        "reviewer",
        "Each back-end's proposals on gold items: how many, how many right, how many left out as possibly trained on.",
        f"WHERE n >= {MANY}",
    ),
    NamedQuery(
        "blind_proposals",
        _ON_BLIND,
        ("field", "since", "until"),
        "reviewer",
        "The same against labels that people gave blind on items no model chose.",
        f"WHERE n >= {MANY}",
    ),
    NamedQuery(
        "acceptance",
        _ACCEPTANCE,
        ("field", "reviewer", "label", "since", "until"),
        "reviewer",
        "What became of suggestions that were shown: unchanged, changed, rejected, skipped.",
    ),
    NamedQuery(
        "decision_seconds",
        _SECONDS,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Measured seconds of each decision, ascending, by reviewer and by whether a suggestion was shown.",
    ),
    NamedQuery(
        "calibrating_labels",
        _CALIBRATING,
        ("field",),
        "reviewer",
        "Agreed labels of a field, and how many of them may calibrate: given blind on items no model chose.",
    ),
)
