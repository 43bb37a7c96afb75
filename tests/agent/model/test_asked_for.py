"""A model begins only what the person's own last sentence asks for, and with that sentence's arguments."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assistant.agent.asked_for import NOT_ASKED, OFFERED, slash_of
from assistant.agent.planner.planner import plan
from assistant.agent.turn.conversation import Conversation
from assistant.review import Decision
from tests.agent.doubles import world
from tests.agent.model.test_model_loop import Turn, ran, talk, texts
from tests.agent.project import ANA, Project, suggest
from tests.openai_server import OpenAIServer, call, say
from tools.errors import InputError, NotAllowed
from tools.filters import ItemFilter

PAID = {"backend": "remote:X", "state": "any", "limit": 300}
BEN = replace(ANA, person="ben", role="reviewer")


def decide(project: Project, key: str, label: str) -> None:
    """Ben decides an item that ana has not decided."""
    card = project.desk.open_card(BEN, project.store.items.resolve([key])[0], "intent")
    project.desk.decide(BEN, Decision(card.exposure.exposure_id, key, "choose", {"label": label}))


def revealed(project: Project) -> int:
    rows = project.store.database.rows("SELECT count(*) FROM exposures WHERE kind = 'revealed' AND reviewer = 'ana'")
    return int(rows[0][0])


def options(events: Turn) -> list[str]:
    return [option for one in events if one.text == OFFERED for option in one.options]


@pytest.mark.parametrize(
    "words",
    ["do not suggest labels now", "what does the model think?", "what should I label next?", "hm, what else is there?"],
)
def test_what_nobody_asked_for_is_offered_and_not_begun(project: Project, words: str) -> None:
    events, _ = talk(project, [call("prelabel", PAID), say("I looked that up for you.")], words)
    assert project.jobs.recent() == []
    assert "prelabel" not in ran(events)
    assert options(events) == ["/prelabel backend=remote:X limit=300 state=any"]
    assert "I looked that up" not in texts(events) or "No tool ran" in texts(events)
    record = json.loads(project.store.database.rows("SELECT record FROM messages ORDER BY message_id DESC")[0][0])
    assert record["refused"] == options(events)


def test_a_run_that_was_asked_for_has_the_persons_own_arguments(project: Project) -> None:
    events, _ = talk(project, [call("prelabel", PAID), say("They come.")], "suggest labels for 5 items")
    given = [dict(one.arguments) for one in events if one.kind == "tool_started"]
    assert given == [{"limit": 5}]


def test_a_run_is_begun_at_most_once_in_a_turn(project: Project) -> None:
    script = [call("prelabel", {"limit": at}) for at in (1, 2, 3)]
    events, _ = talk(project, [*script, say("Three suggestions are there.")], "suggest labels for 2 items")
    assert len(project.jobs.recent()) == 1
    assert options(events) == ["/prelabel limit=2", "/prelabel limit=3"]
    assert "Three suggestions" not in texts(events)


def test_the_queue_is_filled_as_the_person_said(project: Project) -> None:
    talk(project, [call("sample", {"n": 12, "strategy": "random", "state": "any"}), say("Queued.")], "queue 3 items")
    assert project.store.database.rows("SELECT count(*) FROM queue_entries") == [(3,)]


def test_a_models_words_beside_a_refused_wish_are_not_told(project: Project) -> None:
    lie = "Suggestions for every item are on their way, as you wished."
    events, _ = talk(project, [call("project_status", {}), call("prelabel", PAID), say(lie)], "hm, what else is there?")
    assert lie not in texts(events)
    assert NOT_ASKED in texts(events)


def test_a_yes_to_an_offer_decides_nothing_on_the_card(project: Project) -> None:
    suggest(project)
    talk(project, [call("prelabel", PAID), say("Hm.")], "hm, what else is there?")
    card = project.desk.open_card(ANA, 1, "intent")
    events = list(Conversation(project).turn("ok", ANA, card.exposure.exposure_id))
    assert "decided" not in [one.kind for one in events]
    assert project.counts()["reviews"] == 0


def test_an_offer_says_the_call_outright() -> None:
    given: dict[str, Any] = {"words": 'late "my parcel"\n', "limit": 3, "items": ["M001", "M002"]}
    said = slash_of("find_items", given)
    (planned,) = plan(slash_of("prelabel", PAID), world()).calls
    assert said == "/find_items items=M001,M002 limit=3 words='late \"my parcel\"'"
    assert (planned.tool, dict(planned.arguments)) == ("prelabel", PAID)


def test_a_model_keeps_no_filter_that_nobody_asked_for(project: Project) -> None:
    project.store.talk.save_filter("parcels", ItemFilter(words="parcel"), ANA)
    script = [call("find_items", {"saved": "parcels", "state": "suggested"}), say("That is how far.")]
    with OpenAIServer(script) as server:
        list(Conversation(project, f"openai:m@{server.address}").turn("how far are we?", BEN))
    assert project.store.talk.saved_filter("parcels") == ItemFilter(words="parcel")
    assert project.store.database.rows("SELECT count(*) FROM saved_filters") == [(1,)]


def test_a_filter_is_replaced_only_by_who_keeps_it_or_a_lead(project: Project) -> None:
    save = project.store.talk.save_filter
    save("parcels", ItemFilter(words="parcel"), ANA)
    with pytest.raises(NotAllowed, match="The filter 'Parcels' is ana's"):
        save("Parcels", ItemFilter(state="suggested"), BEN)
    save("mine", ItemFilter(words="rug"), BEN)
    save("mine", ItemFilter(words="lamp"), BEN)
    save("mine", ItemFilter(words="toner"), ANA)
    assert project.store.talk.saved_filter("mine") == ItemFilter(words="toner")


def test_a_name_that_cannot_be_read_is_no_name_of_a_filter(project: Project) -> None:
    for name in ("late\x00", "a\nb", "x\u202ey"):
        with pytest.raises(InputError, match="letters that can be seen"):
            project.store.talk.save_filter(name, ItemFilter(words="late"), ANA)


def test_those_are_what_the_persons_own_words_showed(project: Project) -> None:
    suggest(project)
    list(Conversation(project).turn("show M001 and M002", ANA))
    talk(project, [call("find_items", {"state": "suggested"}), say("These have it.")], "hm, what else is there?")
    list(Conversation(project).turn("accept those", ANA))
    (waiting,) = project.executor.pending()
    assert waiting.actor.via == "chat"
    assert "2 suggestions" in waiting.change.sentence


def test_a_change_of_a_list_that_a_model_chose_waits_for_its_button(project: Project) -> None:
    suggest(project)
    talk(project, [call("find_items", {"state": "suggested"}), say("These have it.")], "hm, what else is there?")
    events = list(Conversation(project).turn("accept those", ANA))
    assert "The language model chose the list" in texts(events)
    list(Conversation(project).turn("yes, do it", ANA))
    (waiting,) = project.executor.pending()
    assert waiting.actor.via == "agent"
    assert project.counts()["reviews"] == 0


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("find_items", {"label": "delivery", "field": "intent", "reviewer": "ben"}),
        ("find_items", {"label": "delivery", "field": "intent"}),
        ("explain_item", {"item": "M002"}),
        ("mark_gold", {"count": 60, "field": "intent"}),
    ],
)
def test_a_model_reveals_nobodys_answers_unasked(project: Project, tool: str, given: dict[str, Any]) -> None:
    decide(project, "M002", "delivery")
    talk(project, [call(tool, given), say("Hello to you.")], "hello")
    assert revealed(project) == 0
    assert project.executor.pending() == []


def test_what_the_person_asked_to_see_is_shown_by_a_model_too(project: Project) -> None:
    decide(project, "M002", "delivery")
    script = [call("find_items", {"label": "delivery", "field": "intent", "reviewer": "ben"}), say("Here.")]
    events, _ = talk(project, script, "which messages did ben label as delivery?")
    (found,) = [one.result for one in events if one.kind == "tool_finished" and one.result is not None]
    assert project.store.items.keys(list(found.items)) == ["M002"]
    assert revealed(project) == 1
