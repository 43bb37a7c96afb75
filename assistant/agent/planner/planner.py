"""The built-in planner: an everyday request becomes calls of tools, one question, or help. Pure and without a model.

Steps: one sentence or several → names, numbers, times → the intent by cues and likeness → arguments → what to do about
it. Tools that read or propose run; tools that change something end as pending actions in the executor whatever is
planned here. What is not understood well enough is asked about; what is out of reach is answered with examples.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.agent.planner.call_builders import BUILDERS, Built
from assistant.agent.planner.follow_up import read_follow_up
from assistant.agent.planner.held_back import held_back, read_denial, read_stop
from assistant.agent.planner.pictures import as_items
from assistant.agent.planner.plans import Choice, Plan, PlannedCall, question, talk
from assistant.agent.planner.request import Request
from assistant.agent.planner.slash import read_slash
from assistant.agent.planner.unapplied import checked
from assistant.agent.words.intents import Scored, known_words, mend_spelling, nearest_examples, score_intents
from assistant.agent.words.mentions import mask, read_mentions
from assistant.agent.words.phrases import phrases
from assistant.agent.words.quantities import read_quantities
from assistant.agent.words.said_filter import read_filter
from assistant.agent.words.sentence import LONGEST, NAMING, Sentence, read_sentence, sentence_of
from assistant.agent.words.times import read_time
from assistant.agent.words.world import PlannerWorld
from tools.modalities.registry import MODALITIES

RUN_FROM = 0.62
"""From this score on, an intent is acted upon."""
SURE_ENOUGH = {"read": (0.42, 0.10), "propose": (0.52, 0.14)}
"""Score and lead over the second intent from which tools without harm run although the intent is not certain."""
ASK_FROM = 0.40
"""From this score on, it is asked about; below, help is offered."""
MARGIN = 1.25
"""How much more doubt the second intent must leave than the first."""
MOST_STEPS = 4
_MAY_NEED = 0.3
_VERBS = (
    "show|list|find|search|suggest|propose|predict|pre-?label|label|annotate|sample|draw|pick|choose|give|export|"
    "download|accept|approve|mark|undo|revert|explain|measure|tell|save|rename|add|merge|queue|open|import|segment|tighten|detect|"
    "transcribe|write down"
)
_STEPS = re.compile(
    r"(?:,? (?:and )?then,? |;\s*|,? (?:and )?after(?:wards| that),? |\. (?=\w)"
    rf"|,? and (?=(?:please |also )?(?:{_VERBS})\b)|, (?=(?:please )?(?:{_VERBS})\b))"
)
_STRONG_STEP = re.compile(r"\bthen\b|;|\bafter(?:wards| that)\b|\. \w")
_ORDER = re.compile(rf"(?:please |can you |could you |first |now )*(?:{_VERBS})\b")
_ALL_MARKS = frozenset({"LABEL", "FIELD", "PERSON", "ITEM", "STRATEGY", "FORMAT", "MODEL", "FILTER"})
_SURE_MARKS = frozenset({"PERSON", "ITEM", "STRATEGY", "FORMAT", "MODEL"})
_FEW_MARKS = frozenset({"PERSON", "ITEM", "MODEL"})
_TALK = {
    "hello": "Hello. Ask how far the project is, what is next, or for suggestions; or decide on the card.",
    "thanks": "You are welcome.",
    "bye": "Goodbye. Everything that was acknowledged is saved.",
    "reject_many": "Suggestions are rejected one by one, with x on the card; a whole batch goes by “undo batch 12”.",
    "label_as": "I never write labels myself: decide on the card, or accept suggestions of one label in one go.",
    "schema_other": "I can add, rename and remove labels; for everything else edit the schema on the Data tab.",
}
_COUNTING = ("prelabel", "sample", "find", "segment", "transcribe", "detect", "boxes")
_HELP = (
    "I can say how far the project is, find and explain items, measure how good the labels are, suggest labels, choose "
    "what to label next, accept several suggestions at once, mark gold, change labels of the schema, export, and undo. "
    "Try one of these:"
)


def plan(text: str, world: PlannerWorld) -> Plan:
    """What to do about ``text``."""
    sentence = read_sentence(text)
    if len(text) > LONGEST:
        told = f"I read sentences of up to {LONGEST:,} letters, and this one has {len(text):,}, so nothing was done."
        return talk(f"{told} Say in a few words what you want; what belongs to the data comes in on the Data tab.")
    if not sentence.text.strip(" .!?"):
        return _help((), world)
    if sentence.text.startswith("/"):
        return read_slash(sentence.text, world)
    if stopped := read_stop(sentence):
        return stopped
    denial = read_denial(sentence)
    if denial is not None and denial.rest:
        sentence = sentence_of(denial.rest)
    return held_back(sentence, _plan_whole(sentence, world), world)


def _plan_whole(sentence: Sentence, world: PlannerWorld) -> Plan:
    whole_request = _request(sentence, world)
    follow_up = read_follow_up(whole_request)
    if follow_up is not None:
        return checked(follow_up, whole_request)
    steps = [sentence_of(part) for part in _split(sentence)]
    if len(steps) == 1:
        return _plan_one(steps[0], world)
    planned = [_plan_one(step, world, is_chained=at > 0) for at, step in enumerate(steps)]
    if all(one.kind == "calls" for one in planned):
        return _joined(planned)
    whole = None if _STRONG_STEP.search(sentence.low) else _plan_one(sentence, world)
    return whole if whole is not None and whole.kind == "calls" else _half_understood(steps, planned)


def likely_tools(text: str, world: PlannerWorld) -> tuple[str, ...] | None:
    """The tools that the sentence may need, likeliest first; ``None`` where the planner has no idea what it is about.

    It is what a language model is offered of the catalogue.
    """
    request = _request(read_sentence(text), world)
    scored = score_intents(_variants(request), world.schema.modality.content)
    if not scored or scored[0].score < ASK_FROM:
        return None
    found: dict[str, None] = {}
    for one in scored:
        if one.score >= _MAY_NEED:
            found |= dict.fromkeys(call.tool for call in _act(one, request, False).calls)
    return tuple(found)


def _split(sentence: Sentence) -> list[str]:
    """The steps of a request, at most four; what stands in quotes is never cut."""
    quoted = [(token.start, token.end) for token in sentence.tokens if token.text.startswith('"')]
    parts: list[str] = []
    at = 0
    for match in _STEPS.finditer(sentence.low):
        is_quoted = any(start < match.end() and match.start() < end for start, end in quoted)
        # Before a bare comma or "and" there must be an order too: "I made a mistake, undo that" is one step.
        is_weak = match.group().strip() in (",", "and", ", and") and not _ORDER.match(sentence.low[at : match.start()])
        if is_quoted or is_weak or len(parts) == MOST_STEPS - 1:
            continue
        parts.append(sentence.text[at : match.start()])
        at = match.end()
    return [part.strip(" ,") for part in (*parts, sentence.text[at:]) if part.strip(" ,.!?")]


def _request(sentence: Sentence, world: PlannerWorld) -> Request:
    mended = sentence_of(_mended(sentence, world))
    mentions = read_mentions(mended, world, known_words(world.schema.modality.content))
    return Request(mended, mentions, read_filter(mended, mentions, world), world)


def _mended(sentence: Sentence, world: PlannerWorld) -> str:
    """The sentence with the planner's own words spelled right; search words, quotes and names stay as they are."""
    cue = phrases().search("words_cue", sentence.low)
    quote = sentence.text.find('"')
    names, modality = _name_words(world), world.schema.modality
    items = modality.content
    until = min(
        cue.end() if cue else len(sentence.text),
        quote if quote >= 0 else len(sentence.text),
        _new_name_from(sentence, mend_spelling(sentence, names, items)),
    )
    mended = mend_spelling(sentence_of(sentence.text[:until]), names, items)
    return as_items(mended, modality, names) + sentence.text[until:]


def _new_name_from(sentence: Sentence, mended: str) -> int:
    """From where on a name may stand that the person makes up, which no spelling and no other word mends."""
    naming = NAMING.search(mended)
    if naming is None:
        return len(sentence.text)
    before = sum(token.start < naming.end() for token in sentence_of(mended).tokens)
    return sentence.tokens[before - 1].end


def _name_words(world: PlannerWorld) -> frozenset[str]:
    names = [*world.people, *world.filters, *world.items]
    for field in world.schema.fields:
        names += [field.name, field.id, *(text for label in field.answers for text in (label.name, label.id))]
    return frozenset(word for name in names for word in re.split(r"[\s_-]+", name.lower()))


def _variants(request: Request) -> tuple[str, ...]:
    """The sentence with more and fewer of its names masked, and with numbers and times as marks in all."""
    masked = (mask(request.sentence, request.mentions, kinds) for kinds in (_ALL_MARKS, _SURE_MARKS, _FEW_MARKS))
    return tuple(dict.fromkeys(_mask_numbers(text, request) for text in masked))


def _mask_numbers(text: str, request: Request) -> str:
    time = read_time(text, request.world.now)
    if time is not None:
        text = f"{text[: time.start]}TIME{text[time.end :]}"
    for one in reversed(read_quantities(text)):
        digits = text[one.start : one.end]
        marked = re.sub(r"[\d.,]+k?|\b(?:a |half a )?(?:dozen|hundred|thousand|couple of|few)\b", "N", digits, count=1)
        text = f"{text[: one.start]}{marked if 'N' in marked else 'N'}{text[one.end :]}"
    return text


def _plan_one(sentence: Sentence, world: PlannerWorld, *, is_chained: bool = False) -> Plan:
    """The plan of one step; a call that would drop a condition is not made."""
    request = _request(sentence, world)
    return checked(_read_one(request, is_chained), request)


def _read_one(request: Request, is_chained: bool) -> Plan:
    world = request.world
    scored = score_intents(_variants(request), world.schema.modality.content)
    if not scored or scored[0].score < ASK_FROM or scored[0].intent.name == "other":
        return _help(
            tuple(nearest_examples(_variants(request)[0], items=world.schema.modality.content)) if scored else (), world
        )
    best = scored[0]
    rivals = [one for one in scored[1:] if (1 - one.score) < MARGIN * (1 - best.score) and one.score >= ASK_FROM]
    if best.score >= RUN_FROM and not rivals:
        return _act(best, request, is_chained)
    if best.score < RUN_FROM and _is_sure_enough(scored, found := _act(best, request, is_chained), world):
        return found
    same = _act(best, request, is_chained)
    if rivals and best.score >= RUN_FROM and all(_same_calls(same, _act(one, request, is_chained)) for one in rivals):
        return same
    return _did_you_mean([best, *rivals, *scored[1:]], request, is_chained)


def _is_sure_enough(scored: list[Scored], found: Plan, world: PlannerWorld) -> bool:
    """Whether a likely reading may run: what it calls does no harm, and nothing else is nearly as likely."""
    effects = {world.tools[one.tool].effect for one in found.calls if one.tool in world.tools}
    if found.kind != "calls" or not effects or "change" in effects:
        return False
    least, lead = SURE_ENOUGH["propose" if "propose" in effects else "read"]
    second = scored[1].score if len(scored) > 1 else 0.0
    return scored[0].score >= least and scored[0].score - second >= lead


def _act(scored: Scored, request: Request, is_chained: bool) -> Plan:
    """The plan of one intent, with the intent noted on it."""
    name = scored.intent.name
    if name in _TALK:
        found = talk(_TALK[name])
    elif name == "help":
        found = _help((), request.world)
    elif name.startswith("absent_"):
        found = _absent(name.removeprefix("absent_"), scored.intent.said_as, request.world)
    elif name in _COUNTING and request.no_amount:
        found = talk(f"Items are counted from 1 on; {request.no_amount} is not a number of items, so nothing was done.")
    elif name in BUILDERS:
        built: Built = BUILDERS[name](request, is_chained)
        found = built if isinstance(built, Plan) else Plan("calls", (built,))
    else:
        found = _help((), request.world)
    if found.kind == "calls":
        found = _permitted(found, request.world)
    said = (*request.said.notes, *_which(found, request)) if found.kind == "calls" else ()
    notes = tuple(dict.fromkeys((*found.notes, *said)))
    return replace(found, notes=notes, intent=name, score=scored.score)


def _which(found: Plan, request: Request) -> tuple[str, ...]:
    """What "these" are taken for where nothing was listed: said before it runs, as "stop" ends it."""
    is_open = all(not (one.on_last or one.items or one.arguments.get("items")) for one in found.calls)
    if not (is_open and request.refers_back and found.calls[0].tool in ("prelabel", "segment", "transcribe")):
        return ()
    many = request.world.schema.modality.many
    return (f"No list was shown, so these are the {many} of the project; show some first to mean only those.",)


def _absent(tool: str, said_as: str, world: PlannerWorld) -> Plan:
    """Tools that other kinds of data need: in one sentence, unless the catalogue has them by now."""
    spec, modality = world.tools.get(tool), world.schema.modality
    if spec is not None and not spec.is_for(modality.content):
        fitting = " and ".join(one.many for one in MODALITIES.values() if spec.is_for(one.content))
        return talk(f"I can {said_as} where the items are {fitting}; here they are {modality.many}.")
    if spec is not None:
        return Plan("calls", (PlannedCall(tool),))
    return talk(f"I cannot {said_as} yet: the tool {tool} is not there.")


def _permitted(found: Plan, world: PlannerWorld) -> Plan:
    missing = next((one.tool for one in found.calls if world.tools and one.tool not in world.tools), None)
    if missing is None:
        return found
    return talk(f"That is for a lead to do, and you are {world.role} in this project ({missing}).")


def _same_calls(one: Plan, other: Plan) -> bool:
    return one.kind == other.kind == "calls" and one.calls == other.calls


def _did_you_mean(candidates: list[Scored], request: Request, is_chained: bool) -> Plan:
    """At most three readings that lead somewhere, as quick replies."""
    choices: dict[str, Choice] = {}
    for one in candidates:
        if one.score < ASK_FROM or one.intent.name == "other" or len(choices) == 3:
            continue
        found = _act(one, request, is_chained)
        if found.kind == "calls":
            choices.setdefault(one.intent.said_as, Choice(one.intent.said_as, found.calls))
    if not choices:
        return _act(candidates[0], request, is_chained) if candidates[0].score >= RUN_FROM else _help((), request.world)
    asked = question("Did you mean one of these?", *choices.values())
    return replace(asked, intent=candidates[0].intent.name, score=candidates[0].score)


def _help(examples: tuple[str, ...], world: PlannerWorld) -> Plan:
    """What can be said, with the examples nearest to what was said."""
    offered = tuple(dict.fromkeys((*examples, *world.schema.modality.examples)))[:4]
    text = "I did not understand that. The nearest things I know are:" if examples else _HELP
    return Plan("help", text=text, choices=tuple(Choice(one) for one in offered))


def _joined(planned: list[Plan]) -> Plan:
    notes = tuple(dict.fromkeys(note for one in planned for note in one.notes))
    joined = tuple(call for one in planned for call in one.calls)
    return Plan(
        "calls",
        joined,
        notes=notes,
        intent=" then ".join(one.intent for one in planned),
        score=min(one.score for one in planned),
    )


def _half_understood(steps: list[Sentence], planned: list[Plan]) -> Plan:
    """Nothing runs while a step is open: half a request carried out is worse than one question."""
    at = next(index for index, one in enumerate(planned) if one.kind != "calls")
    before = tuple(call for one in planned[:at] for call in one.calls)
    if not before:
        return planned[at]
    text = f"I understood “{steps[0].text}”, but not “{steps[at].text}”. Shall I do the first part?"
    if planned[at].kind == "talk" and planned[at].text:
        text = f"{planned[at].text} Shall I do only “{steps[0].text}”?"
    return question(text, Choice(f"only {steps[0].text}", before))
