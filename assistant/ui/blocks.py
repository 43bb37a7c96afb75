"""The page's layout and the chat's wiring. The only module that builds gradio components."""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from assistant.ui.ports import ConversationFactory, OpenProject, Talker
from assistant.ui.privacy import switch_off_telemetry
from assistant.ui.problems import NotSignedIn
from assistant.ui.static_routes import PREFIX
from assistant.ui.transcript import Transcript
from assistant.ui.who import Who
from tools.errors import AssistantError
from tools.records import Actor

switch_off_telemetry()
import gradio as gr  # noqa: E402  the switches must be set before

_LOG = logging.getLogger(__name__)
_MOST_CHATS = 200
_MOST_LETTERS = 8000
CONCURRENCY = 32
MOST_TURNS = 3
_TOO_QUICK = (
    f"{MOST_TURNS} of your sentences are still being answered, so this one was not taken; it is in the box below. "
    "Send it again when an answer is there."
)
# Constant: names of projects are set by the card as text, never written into the document by a template.
TITLE = "Annotation assistant"
_TABS = (("Quality", "aa-quality"), ("Data", "aa-files"), ("Runs", "aa-runs"), ("People", "aa-people"))
_STYLES = ("page", "card", "text", "image", "regions", "panels", "tabs", "saving")
HEAD = "".join(f'<link rel="stylesheet" href="{PREFIX}/{name}.css">' for name in _STYLES)
HEAD += f'<script type="module" src="{PREFIX}/card.js"></script>'
# What was said is sent with the card in hand, after decisions on their way have arrived.
_WITH_CARD = "async (text, ..._) => [text, ...(await window.reviewCard.inHand())]"
_CARD_ONLY = "async (..._) => await window.reviewCard.inHand()"
_TELL_CARD = "(said) => { window.reviewCard.signal(said); }"


class Chats:
    """One conversation and transcript a login, kept in memory; the oldest are forgotten."""

    def __init__(self, session: OpenProject, factory: ConversationFactory) -> None:
        """Keep how conversations are made."""
        self._session, self._factory = session, factory
        self._open: OrderedDict[str, tuple[Talker, Transcript, threading.Lock]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: Counter[str] = Counter()

    def enter(self, person: str) -> bool:
        """Take a place for a turn of somebody, running or waiting; ``False`` where they have all of theirs.

        Without that, one person's hundred sentences would stand before another one's first.
        """
        with self._lock:
            has_room = self._turns[person] < MOST_TURNS
            self._turns[person] += has_room
            return has_room

    def leave(self, person: str) -> None:
        """Give the place back."""
        with self._lock:
            self._turns[person] -= 1
            self._turns += Counter()  # forgets whoever has none

    def of(self, login: str) -> tuple[Talker, Transcript, threading.Lock]:
        """Conversation, transcript and the lock that keeps turns apart."""
        with self._lock:
            if login not in self._open:
                self._open[login] = (self._factory(self._session), Transcript(self._locate), threading.Lock())
            self._open.move_to_end(login)
            while len(self._open) > _MOST_CHATS:
                self._open.popitem(last=False)
            return self._open[login]

    def _locate(self, exposure_id: int) -> tuple[int, str]:
        exposure = self._session.store.reviews.exposure(exposure_id)
        return exposure.item_id, exposure.field


def theme() -> gr.themes.Base:
    """Calm and neutral, with the fonts of the system: nothing is fetched."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    return gr.themes.Base(
        primary_hue="blue", neutral_hue="zinc", radius_size="md", text_size="md", font=fonts, font_mono=mono
    )


def build_blocks(session: OpenProject, factory: ConversationFactory, who: Who) -> gr.Blocks:
    """Top bar and tabs; the card and the panels fill empty containers, the chat is gradio's."""
    blocks: gr.Blocks
    with gr.Blocks(title=TITLE, fill_height=True, fill_width=True, analytics_enabled=False) as blocks:
        _container("aa-top")
        with gr.Tabs(elem_id="aa-tabs"):
            with gr.Tab("Review", id="review"), gr.Row(elem_id="aa-columns", equal_height=True):
                with gr.Column(scale=6, min_width=320, elem_id="aa-card-column"):
                    _container("aa-review")
                with gr.Column(scale=4, min_width=300, elem_id="aa-chat-column"):
                    _slot()
                    _container("aa-found")
                    parts = _chat_parts()
            for name, place in _TABS:
                with gr.Tab(name, id=name.casefold(), render_children=True):
                    _slot("aa-tab-slot")
                    _container(place)
        _wire(blocks, parts, Chats(session, factory), who)
    blocks.queue(default_concurrency_limit=CONCURRENCY)
    return blocks


def mount(app: FastAPI, blocks: gr.Blocks, who: Who) -> None:
    """Put the page at the root of the app, with everything switched off that it does not use."""
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        auth_dependency=who.name,
        allowed_paths=[],
        show_error=False,
        max_file_size="1kb",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
        head=HEAD,
    )


def _container(place: str) -> None:
    gr.HTML(html_template=f'<div id="{place}"></div>', js_on_load="", apply_default_css=False, elem_classes="aa-host")


def _slot(*classes: str) -> None:
    template = '<div class="aa-confirm-slot"></div>'
    gr.HTML(html_template=template, js_on_load="", apply_default_css=False, elem_classes=["aa-host", *classes])


def _chat_parts() -> tuple[gr.Chatbot, gr.Textbox, gr.Button, list[gr.Number], gr.Textbox]:
    chat = gr.Chatbot(
        elem_id="aa-chat",
        show_label=False,
        container=False,
        height="100%",
        min_height=160,
        layout="bubble",
        buttons=[],
        feedback_options=None,
        allow_tags=False,
        sanitize_html=True,
        latex_delimiters=[],
        allow_file_downloads=False,
        group_consecutive_messages=True,
    )
    with gr.Row(elem_id="aa-say"):
        box = gr.Textbox(
            elem_id="aa-chat-box",
            show_label=False,
            container=False,
            placeholder="Say it in your own words",
            lines=1,
            max_lines=6,
            max_length=_MOST_LETTERS,
            scale=8,
        )
        send = gr.Button("Send", elem_id="aa-send", variant="secondary", scale=1, min_width=72)
    # The exposure of the card in hand, and 1 where the card shows changes that were not saved.
    in_hand = [gr.Number(visible="hidden", elem_id=name) for name in ("aa-exposure", "aa-changed")]
    signal = gr.Textbox(visible="hidden", elem_id="aa-signal")
    return chat, box, send, in_hand, signal


def _wire(blocks: gr.Blocks, parts: tuple[Any, ...], chats: Chats, who: Who) -> None:
    chat, box, send, in_hand, signal = parts

    def say(
        text: str, exposure: float | None, changed: float | None, request: gr.Request
    ) -> Iterator[tuple[Any, str, str]]:
        yield from _turn(chats, who, text, (exposure, changed), request)

    def pick(
        exposure: float | None, changed: float | None, chosen: gr.SelectData, request: gr.Request
    ) -> Iterator[tuple[Any, str, str]]:
        yield from _turn(chats, who, str(chosen.value), (exposure, changed), request)

    def restore(request: gr.Request) -> list[dict[str, Any]]:
        actor = who.by_chat(_cookie(request, who))
        return list(chats.of(actor.session)[1].messages)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": CONCURRENCY}
    outputs = [chat, box, signal]
    for trigger in (box.submit, send.click):
        said = trigger(say, [box, *in_hand], outputs, js=_WITH_CARD, **quiet)
        said.then(None, [signal], None, js=_TELL_CARD, api_visibility="private")
    picked = chat.option_select(pick, in_hand, outputs, js=_CARD_ONLY, **quiet)
    picked.then(None, [signal], None, js=_TELL_CARD, api_visibility="private")
    blocks.load(restore, None, [chat], api_visibility="private", show_progress="hidden")


def _turn(
    chats: Chats, who: Who, text: str, in_hand: tuple[float | None, float | None], request: gr.Request
) -> Iterator[tuple[Any, str, str]]:
    """One turn: every event shows at once; whatever happens ends in a sentence."""
    actor = who.by_chat(_cookie(request, who))
    talker, transcript, lock = chats.of(actor.session)
    words = (text or "").strip()[:_MOST_LETTERS]
    if not words:
        yield list(transcript.messages), "", ""
        return
    if not chats.enter(actor.person):
        yield [*transcript.messages, {"role": "assistant", "content": _TOO_QUICK}], words, ""
        return
    try:
        yield from _answered((talker, transcript, lock), words, actor, in_hand)
    finally:
        chats.leave(actor.person)


def _answered(
    chat: tuple[Talker, Transcript, threading.Lock],
    words: str,
    actor: Actor,
    in_hand: tuple[float | None, float | None],
) -> Iterator[tuple[Any, str, str]]:
    talker, transcript, lock = chat
    with lock:
        transcript.ask(words)
        yield list(transcript.messages), "", ""
        try:
            for event in talker.turn(words, actor, _exposure(in_hand[0]), in_hand[1] == 1):
                transcript.hear(event)
                yield list(transcript.messages), "", ""
        except AssistantError as error:
            transcript.fail(str(error))
        except Exception:  # noqa: BLE001  a defect must not end the chat without a word
            _LOG.exception("a turn of the chat failed")
            transcript.fail("Something went wrong inside, and it was logged. Nothing was changed by this sentence.")
        transcript.end()
        yield list(transcript.messages), "", transcript.signal


def _exposure(shown: float | None) -> int | None:
    return int(shown) if isinstance(shown, (int, float)) and shown >= 1 else None


def _cookie(request: gr.Request, who: Who) -> str:
    raw = request.request
    cookie = who.cookie(raw) if raw is not None else None
    if not cookie:
        raise NotSignedIn("You are not signed in.")
    return cookie
