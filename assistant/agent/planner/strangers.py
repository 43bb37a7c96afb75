"""Words where a person is named and that nobody here is called: such a question is answered about nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.agent.planner.request import Request
from assistant.agent.words.intents import known_words

_DID = (
    r"(?:labell?(?:ed)?|tag(?:ged)?|do|done|decided?|mark(?:ed)?|accept(?:ed)?|correct(?:ed)?|chang(?:e|ed)|finish(?:ed)?|"
    r"reject(?:ed)?|skip(?:ped)?|flag(?:ged)?|sa(?:y|id)|(?:dis)?agree[ds]?|answer(?:ed)?|work(?:ed)?|annotated?)"
)
_OWN = r"(?:labels?|decisions?|answers?|work|accuracy|agreement|pace|speed|mistakes?|errors?|items?|quality|numbers?)"
_DEEDS = r"(?:labell?ed|tagged|decided|annotated|accepted|rejected|skipped|flagged|corrected|answered|did|done|made)"
_THINGS = r"(?:items?|messages?|texts?|ones?|pictures?|photos?|images?|labels?|cards?|rows?|those|these)"
_NAME = r"(?P<name>[^\W\d_][\w.-]*)"
_OTHER = r"(?P<other>[^\W\d_][\w.-]*)"
_PLACES = tuple(
    re.compile(rf"\b{pattern}\b")
    for pattern in (
        r"how (?:good|well|fast|slow|quick|quickly|accurate|reliable|careful|consistent|far) (?:is|was|does|did|has) "
        rf"{_NAME}",
        rf"(?:did|has|does|had) {_NAME} (?:ever |already |so far |really )?{_DID}",
        rf"(?:{_THINGS}|what|that|which|where|when) {_NAME} (?:has )?{_DEEDS}",
        rf"(?:do|did|does|between|have) {_NAME} and {_OTHER}",
        rf"{_NAME}(?:'s|s') {_OWN}",
        rf"{_DEEDS} by {_NAME}",
    )
)
_NOBODY = frozenset(
    re.findall(
        r"\w+",
        "i me we us you they them he she it one who that which what this these those everybody everyone anybody anyone "
        "somebody someone nobody people others other all both each many most much team person model machine program "
        "today yesterday tomorrow be been get got not never ever really just only still already also was were is are",
    )
)


def strangers(request: Request, *, of_deeds: bool = False) -> Iterator[tuple[int, int]]:
    """The places of names that are nobody's; ``of_deeds`` only those of whom it is asked what they did."""
    known = known_words(request.world.schema.modality.content) | _NOBODY
    said = [(one.start, one.end) for one in request.mentions] + [request.said.span]
    said += [(request.said.time.start, request.said.time.end)] if request.said.time else []
    for pattern in _PLACES[1:2] if of_deeds else _PLACES:
        for match in pattern.finditer(request.low):
            for group in ("name", "other"):
                word = match.groupdict().get(group) or ""
                start, end = match.span(group) if word else (0, 0)
                is_read = any(first < end and start < last for first, last in said)
                if word and not is_read and word not in known and word.rstrip("s") not in known:
                    yield start, end
