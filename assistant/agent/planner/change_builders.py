"""Arguments of the tools that change something. Whatever is built here waits for a person in the executor."""

from __future__ import annotations

import re
from typing import Any

from assistant.agent.decisions.decision_records import BulkWords
from assistant.agent.decisions.grammar import read_decision
from assistant.agent.planner.pictures import said_places, said_splits
from assistant.agent.planner.plans import Choice, Plan, PlannedCall, question, talk
from assistant.agent.planner.request import Request
from assistant.agent.render import listing
from assistant.agent.words.mentions import Mention
from tools.exchange.formats.writers import BY_NAME

Built = Plan | PlannedCall
_PATH = re.compile(
    r"\"(?P<quoted>[^\"]+\.\w{2,8})\""
    r"|(?P<plain>[\w./~\\-]+\.(?:csv|tsv|json|jsonl|ndjson|xlsx|txt|conll|parquet|zip|ann))\b",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"\b(?:rename|name of|call|remove|delete|drop|retire|get rid of|hide)(?: the)?(?: label| class| category| option)? "
    r"(?P<word>(?!the\b|label\b|a\b)[^,;]+?)(?: (?:to|into|as|called|be|from|in|of)\b.*)?$",
    re.IGNORECASE,
)
_NAME = r"(?P<name>\"[^\"]+\"|[^\"]+?)"


def build_bulk_accept(request: Request, is_chained: bool) -> Built:
    """Several suggestions at once, by label and score, or from the list shown last."""
    words = read_decision(request.sentence.text, None, request.world.schema)
    if isinstance(words, BulkWords):
        return bulk_call(words, request.world.last.shown if request.world.last else (), is_chained)
    arguments = _suggested(request)
    if keys := request.said.parts.get("keys"):
        return PlannedCall("bulk_accept", arguments, items=tuple(keys))
    if request.refers_back:
        return PlannedCall("bulk_accept", arguments, on_last="items")
    if not arguments:
        return question(
            "Which suggestions? Name a label and a lowest score, as in “accept all refunds above 0.9”.",
            Choice("show what is suggested", (PlannedCall("find_items", {"state": "suggested"}),)),
        )
    return PlannedCall("bulk_accept", arguments)


def _suggested(request: Request) -> dict[str, Any]:
    """The conditions of a bulk acceptance."""
    parts = request.said.parts
    arguments: dict[str, Any] = {
        name: parts[name] for name in ("field", "label", "words", "score_min") if parts.get(name)
    }
    if saved := request.first("FILTER"):
        arguments["saved"] = saved
    if request.count:
        arguments["limit"] = request.count
    return arguments


def bulk_call(words: BulkWords, shown: tuple[int, ...], is_chained: bool = False) -> Built:
    """The call for bulk words; places count in the list shown last."""
    places = (*words.places, *words.but_places)
    if places and is_chained:
        return talk("Places are counted in a list that was shown: show the items first, then say which of them.")
    if places and max(places) > len(shown):
        told = f"The list shown last has {len(shown)} items" if shown else "No list was shown"
        return talk(f"{told}, so I do not know which are meant. Show the items first, or name them by key.")
    arguments: dict[str, Any] = {}
    if words.label:
        arguments |= {"field": words.field, "label": words.label}
    if words.score_min is not None:
        arguments["score_min"] = words.score_min
    left_out = [*(f"#{shown[place - 1 if place > 0 else place]}" for place in words.but_places), *words.but_names]
    if left_out:
        arguments["except_items"] = left_out
    if words.but_label or words.score_max is not None:
        return talk("Suggestions are accepted by label, lowest score and names of items; say which labels are meant.")
    named = (*(f"#{shown[place - 1 if place > 0 else place]}" for place in words.places), *words.names)
    # Places to leave out are places of the list shown last, so that list is what is meant.
    is_list = words.those or bool(words.but_places) or (words.first is not None and not words.label)
    if not named and is_list and shown:
        named = tuple(f"#{one}" for one in shown[: words.first or len(shown)])
    elif words.first:
        arguments["limit"] = words.first
    return PlannedCall("bulk_accept", arguments, items=named)


def build_export(request: Request, is_chained: bool) -> Built:
    """An export in a format, to a place of the host's choosing."""
    wanted = request.first("FORMAT")
    known = request.choices("export_data", "format")
    named = format_name(wanted, known) if wanted else ""
    fields = ", ".join(dict.fromkeys(one.key for one in request.named("FIELD")))
    if said_splits(request.low) is None:
        return question("Which shares shall the splits have? They add up to 100, as in “split 80/10/10”.")
    if not named:
        offered = _offered(request, known)
        told = (
            f"There is no export as {wanted.replace('_', ' ')}. Which format instead?" if wanted else "In which format?"
        )
        return question(
            told, *(Choice(f"export as {one}", (export_call(request, one, fields),)) for one in offered[:9])
        )
    return export_call(request, named, fields)


def _offered(request: Request, known: tuple[str, ...]) -> tuple[str, ...]:
    """Formats that can hold the items of the project, those made for such files first where the items are files."""
    items = request.world.schema.modality
    fit = [one for one in known if one in BY_NAME and BY_NAME[one].is_for(items.content)]
    return tuple(sorted(fit, key=lambda one: not (items.has_file and BY_NAME[one].is_made_for(items.content))))


def export_target(place: str, format_: str) -> str:
    """The file of an export in a format, or its folder."""
    written = BY_NAME.get(format_)
    return place + (f".{format_}" if written is None else written.suffix)


def export_call(request: Request, format_: str, fields: str = "") -> PlannedCall:
    """The call of an export."""
    arguments = {"format": format_, "target": export_target(request.world.export_place, format_)}
    if options := "; ".join(part for part in (said_places(request.low), said_splits(request.low)) if part):
        arguments["options"] = options
    if re.search(
        r"\b(?:unreviewed|undecided|unconfirmed|with (?:the )?suggestions|suggestions too|proposals too)\b", request.low
    ):
        return PlannedCall("export_data", {**arguments, "fields": fields, "include_unreviewed": True})
    return PlannedCall("export_data", {**arguments, "fields": fields} if fields else arguments)


def format_name(wanted: str, known: tuple[str, ...]) -> str:
    """The tool's own name of a format."""
    if not known or wanted in known:
        return wanted
    return next((one for one in known if one.startswith(wanted) or wanted.startswith(one)), "")


def build_gold(request: Request, is_chained: bool) -> Built:
    """Gold marks for named items, those shown last, or the item in hand."""
    items = list(request.said.parts.get("keys", ()))
    field = request.first("FIELD") or (request.world.field_in_hand if not items else "")
    arguments: dict[str, Any] = {"field": field} if field else {}
    if re.search(r"\b(?:un-?mark|remove|not gold|no longer)\b|\btake\b.*\b(?:from|off|out of)\b", request.low):
        return talk("Gold is taken back by undoing the action that marked it, as in “undo action 4”.")
    if re.search(r"\b(?:my own|what i said|as i (?:labell?ed|decided))\b", request.low):
        arguments["source"] = "own"
    if items:
        return PlannedCall("mark_gold", {**arguments, "items": items})
    if saved := request.first("FILTER"):
        return PlannedCall("mark_gold", {**arguments, "saved": saved})
    if request.refers_back or is_chained:
        return PlannedCall("mark_gold", arguments, on_last="items")
    is_this = re.search(r"\b(?:this|it|this one|this item)\b", request.low)
    if is_this and request.world.item_in_hand:
        return PlannedCall("mark_gold", {**arguments, "items": [request.world.item_in_hand]})
    return question("Which items shall be gold? Name them, or show a list first and say “mark those as gold”.")


def build_import(request: Request, is_chained: bool) -> Built:
    """How a file comes in: the chat reads no paths, so that nobody opens a file of the server by its name."""
    found = _PATH.search(request.sentence.text)
    name = (found.group("quoted") or found.group("plain")) if found else "FILE"
    how = request.world.schema.modality.how_imported.replace("{file}", name)
    return talk(
        f"{how} You see what would come in and what would be left out, with reasons, before anything is taken over."
    )


def schema_rename(request: Request, is_chained: bool) -> Built:
    """Another display name for a label; its id stays."""
    text = request.sentence.text.rstrip(" .!")
    label = request.labels[0] if request.labels else None
    if label is None:
        return question(f"{_unknown(request)}Which label shall be renamed? Say “rename LABEL to NEW NAME”.")
    behind = text[label.end :]
    target = re.search(rf"\b(?:to|into|as|called|be) {_NAME}$", behind, re.IGNORECASE)
    if target is None:  # "call fault broken thing from now on"
        target = re.search(rf"^\W? {_NAME} (?:from now on|instead)$", behind, re.IGNORECASE)
    return _renamed(label, typed_name(target.group("name"))) if target else _ask_name(request, label)


def typed_name(text: str) -> str:
    """A new name as it was typed, without the quotes around it."""
    text = text.strip()
    is_quoted = len(text) > 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _unknown(request: Request) -> str:
    """The word that should have been a label, said back with the labels there are; empty where none can be told."""
    found = _MEANT.search(request.sentence.text.strip(" .!?"))
    word = found.group("word").strip(" \"'“”") if found else ""
    if not word:
        return ""
    fields = [one for one in request.world.schema.fields if one.labels]
    wanted = request.first("FIELD") or request.world.field_in_hand
    shown = [one for one in fields if one.id == wanted] or fields
    names = "; ".join(f"{one.name} has {listing([label.name for label in one.labels], 12)}" for one in shown)
    return f"There is no label “{word}”: {names}. "


def _renamed(label: Mention, name: str) -> PlannedCall:
    arguments = {"operation": "rename_label", "field": label.field, "label": label.key, "value": name}
    return PlannedCall("change_schema", arguments)


def _ask_name(request: Request, label: Mention) -> Plan:
    name = request.world.schema.field(label.field).label(label.key).name
    return question(f"What shall {name} be called? Say “rename {name} to NEW NAME”.")


def schema_add(request: Request, is_chained: bool) -> Built:
    """A new label for a field with labels."""
    text = request.sentence.text.rstrip(" .!")
    found = re.search(
        r"\b(?:add|make) (?!(?:an?|another|one|the)(?: new)? (?:label|class|category)\b)"
        rf"{_NAME} (?:as )?(?:a |another )?(?:new )?(?:label|class|category)\b",
        text,
        re.I,
    )
    found = found or re.search(
        rf"\b(?:label|class|category|option)s?(?: (?:called|named|for))?:? {_NAME}"
        r"(?: (?:to|in|for|under|of) (?:the )?(?:field )?[\w ]+)?$",
        text,
        re.IGNORECASE,
    )
    found = found or re.search(rf"\badd {_NAME} (?:to|as a label) ", text, re.IGNORECASE)
    name = typed_name(found.group("name")) if found else ""
    if name.lower() in ("", "to", "in", "called", "named", "for"):
        return question(
            "What shall the new label be called? Say “add label NAME”, with “to FIELD” where there are several."
        )
    fields = [one for one in request.world.schema.fields if one.labels]
    named = request.first("FIELD")
    if not named and len(fields) > 1 and not request.world.field_in_hand:
        options = (Choice(f"add label {name} to {one.name}", (_add(one.id, name),)) for one in fields)
        return question(f"To which field shall {name!r} be added?", *options)
    return _add(named or request.world.field_in_hand or fields[0].id, name)


def _add(field: str, name: str) -> PlannedCall:
    return PlannedCall("change_schema", {"operation": "add_label", "field": field, "label": name})


def schema_remove(request: Request, is_chained: bool) -> Built:
    """Take a label out of use."""
    if not request.labels:
        return question(f"{_unknown(request)}Which label shall go? Say “remove the label LABEL”.")
    label = request.labels[0]
    return PlannedCall("change_schema", {"operation": "remove_label", "field": label.field, "label": label.key})


def schema_merge(request: Request, is_chained: bool) -> Built:
    """Labels cannot be merged yet, and that is said."""
    return talk(
        "Labels cannot be merged yet. A label can be renamed, described, added, or removed while nothing uses it."
    )


def schema_describe(request: Request, is_chained: bool) -> Built:
    """When a label is to be used, or its key."""
    text = request.sentence.text.rstrip(" .!")
    label = request.labels[0] if request.labels else None
    behind = text[label.end :] if label is not None and label.end < len(text) else text
    told = re.search(rf"\b(?:as|to|is|with):? {_NAME}$|: ?(?P<told>.+?)$", behind, re.IGNORECASE)
    value = typed_name(told.group("name") or told.group("told")) if told else ""
    if label is None or not value:
        return question("Say “describe LABEL as WHEN TO USE IT”, or “set the key of LABEL to 7”.")
    operation = "set_hotkey" if re.search(r"\b(?:hot)?key\b", request.low) else "describe_label"
    return PlannedCall(
        "change_schema", {"operation": operation, "field": label.field, "label": label.key, "value": value}
    )
