"""What a person said not to do, and what they only asked about: neither starts or prepares anything.

"do not suggest labels" and "should we suggest labels?" hold every word of an order and are none. This is read before
a plan with effect is followed. Conditions that hold a "not" ("not yet labelled", "without a suggestion") stay
conditions, and polite requests ("could you …", "why don't you …") stay requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.agent.planner.plans import Plan, talk
from assistant.agent.words.phrases import phrases
from assistant.agent.words.sentence import NAMING, Sentence
from assistant.agent.words.world import PlannerWorld

_DEED = (
    r"(?:(?:suggest|propos|predict|pre-?label|pre-?annotat|auto-?label|label|annotat|classif|segment|detect|sampl|draw|"
    r"queu|export|accept|approv|confirm|undo|undone|redo|revert|withdraw|renam|relabel|describ|merg|remov|delet|"
    r"import)\w{0,5}|(?:tag|pick|choos|select|download|dump|mark|add|drop|sav|retir)(?:e|s|es|ed|ged|ped|ing"
    r"|ging|ping)?"
    r"|roll(?:ing)? back|tak(?:e|ing) (?:back|over|it back|that back)|sign(?:ing)? off|line up)"
)
_DONE = r"(?:\w{2,}ed|undone|chosen|drawn|taken back|withdrawn)"
"""Forms such as "labelled": behind a "not" they say a state, unless "be" stands before them."""
_START = r"(?:do|run|start|begin|launch|use|touch|change|spend|pay|go|create|generate|fill|build|call|proceed)"
_FILL = (
    r"(?:(?:want|wish|like|need|you|me|us|to|ever|even|yet|just|simply|please|now|again|let|have|having|going"
    r"|ready|any|"
    r"anything|more|the|a|an|new|try|trying|start|begin|run|use|using|make|making|get|getting|ask|asked|for"
    r"|allow|allowed|"
    r"intend|plan|planning|mean|be|being|of|with|in|favour|on|anyone|anybody|happy|willing|supposed|machine"
    r"|model|automatic|"
    r"remote|further|additional|off|go|keep|continue|all|those|them|these|bothered|bother|it) ){0,7}?"
)
_ADVERBS = r"(?:(?:ever|even|yet|just|simply|please|now|again|be|to|you|me|us|want|let|dare|have|the) ){0,4}?"
_NOT = (
    r"(?:(?<!not only )\bnot(?! (?:you|only|sure|certain|all)\b)|\bcannot\b|\bnever\b(?! mind)"
    r"|\b(?:must|need|ought|might|sha)n't\b)"
)
_BE = r"(?:be|get|being) (?:\w+ )?"
_DENIED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<past>\b(?:did|does|has|have|had) )?{_NOT} (?P<fill>{_FILL})(?:(?!{_DONE}\b){_DEED}\b|{_BE}{_DEED}\b)",
        rf"(?P<past>\b(?:did|does|has|have|had) )?{_NOT} {_ADVERBS}{_START}\b",
        rf"(?:^|\b(?:want|need|is|are|please|so) )no (?:\w+ ){{0,4}}?{_DEED}\b",
        rf"\bwithout (?:\w+ ){{0,2}}?(?=\w+ing\b){_DEED}\b",
        r"\b(?:avoid|refrain from|hold(?:ing)? off(?: on| with)?|instead of|rather than|stop|quit|cease"
        r"|forget(?: about)?|"
        r"against|under no circumstances|by no means|in no case|no need (?:to|for))"
        rf" {_FILL}{_DEED}\b",
        r"\b(?:nobody|no one|nothing|none of (?:\w+ ){1,3}?)\b ?"
        rf"(?:should|must|shall|may|can|could|ought to|is to|are to|needs to) {_FILL}{_DEED}\b",
        r"\bnot (?:now|yet|today|tonight|right now|just yet|at the moment|for now)\W*$",
    )
)
_MANNERS = (
    r"(?:please |just |only |now |first |also |rather |instead |ok |okay |so |then |can you |could you |would you |"
    r"will you |i want you to |i would like (?:you )?to |i want to |and )*"
)
_LOOKS = r"(?:show|list|find|search|open|give|get|tell|display)"
_ORDER = re.compile(rf"\s*{_MANNERS}(?:{_DEED}|{_LOOKS}|make|run|start|use|let)\b")
_MEANS = re.compile(r"\b(?:use|using|run|running|include|including|spend|pay|call|change|touch)\b")
_SUBORDINATE = re.compile(
    r"\b(?:that|which|who|whom|whose|where|when|because|since|as|if|unless|while|what|items?|messages?|texts?|ones|"
    r"everything|all|anything|those)(?: \w+){0,2} $"
)
_SAID_THAT = re.compile(
    r"\b(?:said|say|told|think|thought|sure|decided|agreed|agree|prefer|insist|know|hope|wish)(?: you| me| us)?"
    r" that \w* ?$"
)
_CLAUSES = re.compile(r"[,;:.!?–—]+(?=\s|$)|\s-\s|\b(?:and|but|so|then)\b")
_BREAKS = re.compile(r"[,;:.!?–—]+(?=\s|$)|\s-\s|\bbut\b")

_WORK = r"(?:it|that|this|there|i|we|you|one|they|people|anyone|anybody|everyone|everybody|someone|somebody|reviewers?)"
_AUXILIARY = r"(?:do|does|did|can|could|should|shall|would|will|may|might|must|is|are|was|were|has|have|had)"
_POLITE = re.compile(
    r"(?:(?:can|could|would|will)(?: not)? you|cannot you|why (?:do|would|will|can|could) not you|why cannot you)\b"
    r"(?! (?:recommend|advise)|(?: \w+)? ?suggest (?:that|i|we|me|us|\w+ing)\b)"
    r"|(?:can|could|may|might) (?:i|we) (?:please |just |also |perhaps |maybe |now )*(?:have|get|see)\b"
    r"|(?:what|which)(?: \w+){0,2} (?:would|do|can|could|will) you (?:suggest|propose|predict)\b"
    r"|(?:how|what) about\b|(?:would it be|is it) (?:possible|ok|okay|too much) for you\b"
)
_ASKS = re.compile(
    rf"how (?:to|come|much|expensive|long|safe|risky|dangerous|{_AUXILIARY})\b|what if\b|why\b"
    rf"|what (?:\w+ ){{0,3}}?{_AUXILIARY}\b|what happens\b|(?:which|when|where|who|whom|whose)\b.*?\b{_AUXILIARY}\b"
    rf"|(?:is|are|was|were|am|does|did|has|had|should|shall|must|might|may|ought) (?!not\b)\w+"
    rf"|(?:can|could|would|will|do|have|need) {_WORK}\b|(?:any|is there (?:a|any)|what is the (?:\w+ )?)(?:way"
    rf"|point|risk)\b"
    r"|(?:suppose|supposing|imagine|assume|assuming|hypothetically|let us say|say we|say i)\b"
)
_EMBEDDED = re.compile(
    r"\bhow (?:to|(?:do|can|could|should|would|does) (?:i|we|one|you|it)|(?:i|we|one|you) (?:can|could|should"
    r"|would|do))\b"
    r"|\b(?:wonder\w*|know|sure|tell me|ask\w*|see|unsure|check|decided?|idea|think\w*|understand|explain) (?:\w+ )?"
    r"(?:(?:whether|if) (?:i|we|it|one) (?:should|can|could|may|must|ought|is|would)|whether to)\b"
    r"|\bwhat (?:happens|would happen|will happen|if)\b|\bwhat (?:it|that|this) (?:costs?|would|does|will|means)\b"
    r"|\b(?:is|would) (?:it|that|this) (?:be )?(?:an? )?(?:wise|safe|possible|ok|okay|allowed|good|bad|better|sensible|"
    r"fine|right|wrong|worth|dangerous|risky|useful|necessary|too early)\b(?! for you)"
    r"|\b(?:thinking (?:about|of)|considering|curious (?:about|what|how|whether))\b"
)
_INTERJECTION = re.compile(
    r"^\s*(?:(?:and|so|but|ok|okay|well|hm+|hi|hello|hey|sorry|please|now|then|also|wait|no|yes|question|just"
    r" wondering|"
    r"i wonder|tell me|say|out of curiosity)[ ,:!-]+)*"
)
_STOPS = re.compile(
    r"^(?:please |now |ok(?:ay)?,? |and )*(?:stop|quit|cease|end|halt) (?:the |all |any |making |giving |me |with )*"
    r"(?:suggest\w*|pre-?label\w*|predict\w*|propos\w*)\b"
)
_SHORT = 14
_BEGINS_NOT = re.compile(
    r"(?:please )?(?:(?:i |we )?(?:do not|never|will not|must not)|no|nobody|nothing|avoid|hold off"
    r"|go on without)\b|.*\bnot now\W*$"
)
_BEGINS_ASKING = re.compile(
    r"(?:should|shall|can|may) (?:i|we)\b|(?:is|would) it\b|how (?:do|can|to)\b|what (?:if|happens|would happen)\b"
    r"|(?:why|when) (?:should|would|did) (?:i|we)\b|who may\b"
)
_BY_WORD = (
    ("prelabel", re.compile(r"\b(?:suggest|propos|predict|pre-?label|pre-?annotat|auto-?label)\w*")),
    ("export_data", re.compile(r"\bexport\w*")),
    ("bulk_accept", re.compile(r"\b(?:accept|approv)\w*")),
    ("mark_gold", re.compile(r"\bgold\b")),
    ("undo", re.compile(r"\b(?:undo|undone|revert)\w*")),
    ("sample", re.compile(r"\bqueu\w*|\bsampl(?:e|ing)\b")),
    ("change_schema", re.compile(r"\brenam\w*")),
)
_HOW = {
    "prelabel": "“Suggest labels for 50 items” starts suggestions in the background. They touch no label: "
    "people confirm "
    "or correct each of them, and “undo run N” takes a batch back. A model that is paid for says first how many tokens "
    "it takes at most.",
    "segment": "“Draw masks” starts suggested outlines in the background. They touch no label: people confirm "
    "or correct "
    "each of them, and “undo run N” takes a batch back.",
    "sample": "“Draw 20 random items” puts items at the front of the queue. No label is touched, and “undo run "
    "N” takes "
    "them out again.",
    "export_data": "“Export as csv” first shows what would be written and what the format cannot hold; the file "
    "is made "
    "when you confirm that. No label is touched.",
    "bulk_accept": "“Accept all refunds above 0.9” first shows which items it would touch, with examples; nothing is "
    "accepted until you confirm that, and it can be undone.",
    "mark_gold": "“Mark M008 as gold” first shows which values become gold; nothing is marked until you confirm "
    "that, and "
    "it can be undone. Gold is what people and models are measured against.",
    "undo": "“Undo run 12” takes back one batch of suggestions, “undo action 4” one confirmed change. What "
    "others did is "
    "taken back only when you confirm it.",
    "change_schema": "“Rename OLD to NEW” first shows what changes; nothing does until you confirm that. Stored "
    "answers "
    "are never rewritten.",
    "find_items": "“Save this as NAME” keeps the conditions of the last search under a name.",
}
_HELD = "You said not to, so nothing was started and nothing was prepared."
_ONLY_ASKED = "You asked about it, so nothing was started and nothing was prepared."


@dataclass(frozen=True, slots=True)
class Denial:
    """Something was said not to be done; ``rest`` is what was ordered instead, empty where nothing was."""

    rest: str = ""


def read_stop(sentence: Sentence) -> Plan | None:
    """ "Stop suggesting" ends the work that runs."""
    if not _STOPS.match(sentence.low):
        return None
    return Plan("jobs", text="cancel", intent="stop_job")


def read_denial(sentence: Sentence) -> Denial | None:
    """What is said not to be done, and what shall be done instead."""
    low = _own_words(sentence)
    spans = [span for span in _clauses(low, _CLAUSES) if _is_denied(low, *span)]
    if not spans:
        return None
    parts = list(_clauses(low, _BREAKS))
    kept = [part for part in parts if not any(part[0] <= start < part[1] for start, _ in spans)]
    # Who says first what not, and then what instead, gave an order; what follows an order says how it is meant.
    is_instead = bool(kept) and kept[0][0] > spans[-1][0] and _ORDER.match(low[kept[0][0] : kept[0][1]]) is not None
    if not is_instead or any(_MEANS.search(low[start:end]) for start, end in spans):
        return Denial()
    return Denial(sentence.text[kept[0][0] :].strip(" ,;.:-"))


def is_asked_about(sentence: Sentence, tool: str = "") -> bool:
    """Whether the sentence asks about doing something instead of ordering it."""
    low = _own_words(sentence)
    for start, end in _clauses(low, _CLAUSES):
        clause = low[start:end]
        if _EMBEDDED.search(clause):
            return True
        clause = clause[_INTERJECTION.match(clause).end() :].lstrip()  # type: ignore[union-attr]
        # "What should I label next?" is how people ask for the next items.
        if tool != "sample" and not _POLITE.match(clause) and _ASKS.match(clause):
            return True
        if tool == "sample" and re.match(r"(?:should|shall|must|why|how (?!about)|what (?:if|happens))\b", clause):
            return True
    return False


def held_back(sentence: Sentence, found: Plan, world: PlannerWorld) -> Plan:
    """The plan, or the sentence that says why nothing of it is done."""
    tool = _effect(found, world)
    # What nobody understands is answered here only where it begins so: a story may hold a "not" too.
    is_open = found.kind in ("help", "question", "talk") and len(sentence.tokens) <= _SHORT
    is_plainly_not = is_open and found.intent != "help" and _BEGINS_NOT.match(sentence.low) is not None
    if (tool or is_plainly_not) and read_denial(sentence) is not None:
        more = " “Stop the job” ends suggestions that are being made." if tool in ("prelabel", "segment") else ""
        return replace(talk(_HELD + more), intent="held_back", score=found.score)
    if is_open and found.kind != "talk" and _BEGINS_ASKING.match(sentence.low):
        tool = tool or _named_tool(sentence)
    if tool in _HOW and tool in world.tools and is_asked_about(sentence, tool):
        return replace(talk(f"{_ONLY_ASKED} {_HOW[tool]}"), intent="asked_about", score=found.score)
    return found


def has_effect(tool: str, arguments: object, world: PlannerWorld) -> bool:
    """Whether a call does more than look something up."""
    spec = world.tools.get(tool)
    return spec is not None and (spec.effect != "read" or saves_filter(tool, arguments))


def saves_filter(tool: str, arguments: object) -> bool:
    """Whether a search keeps its conditions under a name, instead of using such a name."""
    given = dict(arguments) if isinstance(arguments, dict) else {}
    named = any(given.get(one) for one in ("words", "field", "label", "reviewer")) or given.get("state", "any") != "any"
    return tool == "find_items" and bool(given.get("saved")) and named


def _effect(found: Plan, world: PlannerWorld) -> str:
    """The first tool of the plan, or of what it offers, that does more than look something up."""
    planned = (*found.calls, *(call for choice in found.choices for call in choice.calls))
    return next((one.tool for one in planned if has_effect(one.tool, dict(one.arguments), world)), "")


def _named_tool(sentence: Sentence) -> str:
    low = _own_words(sentence)
    return next((tool for tool, pattern in _BY_WORD if pattern.search(low)), "")


def _own_words(sentence: Sentence) -> str:
    """The sentence in lower case; quotes, names that the person makes up and words to search for are blank."""
    low = re.sub(r'"[^"]*"', lambda match: " " * len(match.group()), sentence.low)
    ends = [len(low)]
    if naming := NAMING.search(low):
        ends.append(naming.end())
    if cue := phrases().search("words_cue", low):
        ends.append(cue.end())
    return low[: min(ends)].ljust(len(low))


def _clauses(low: str, cuts: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for cut in cuts.finditer(low):
        if low[start : cut.start()].strip():
            yield start, cut.start()
        start = cut.end()
    if low[start:].strip():
        yield start, len(low)


def _is_denied(low: str, start: int, end: int) -> bool:
    clause = low[start:end].strip()
    if _POLITE.match(clause):
        return False
    return any(_counts(clause, found) for pattern in _DENIED for found in pattern.finditer(clause))


def _counts(clause: str, found: re.Match[str]) -> bool:
    """Whether the negation is over what is ordered, and not inside a condition or a report of what was."""
    before = clause[: found.start()]
    groups = found.groupdict()
    if groups.get("past") and not groups.get("fill"):
        return False
    if _SUBORDINATE.search(before) and not _SAID_THAT.search(before):
        return False
    is_at_end = re.match(r"not (?:now|yet)", found.group()) is not None
    return is_at_end or not re.match(rf"{_MANNERS}(?!suggest (?:we|i|that)\b){_DEED}\b", before)
