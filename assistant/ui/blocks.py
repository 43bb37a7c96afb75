"""The page's layout and the chat's wiring. The only module that builds gradio components."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from assistant.agent.running import job_line
from assistant.ui.chat.chats import Chats, Sentence
from assistant.ui.door.privacy import switch_off_telemetry
from assistant.ui.door.who import Who
from assistant.ui.ports import OpenProject
from assistant.ui.problems import NotSignedIn
from assistant.ui.routes.static_routes import PREFIX

switch_off_telemetry()
import gradio as gr  # noqa: E402  the switches must be set before

CONCURRENCY = 32
_LOOK_SECONDS = 0.02
"""How often gradio looks for something to do while nobody asks; of itself it does a thousand times a second."""
# Constant: names of projects are set by the card as text, never written into the document by a template.
TITLE = "Annotation assistant"
_TABS = (("Quality", "aa-quality"), ("Data", "aa-files"), ("Runs", "aa-runs"), ("People", "aa-people"))
_STYLES = ("page", "card", "text", "image", "regions", "audio", "ranking", "panels", "tabs", "saving")
HEAD = "".join(f'<link rel="stylesheet" href="{PREFIX}/{name}.css">' for name in _STYLES)
HEAD += f'<script type="module" src="{PREFIX}/card.js"></script>'
# What was said is sent with the card in hand, after decisions on their way have arrived.
_CARD_ONLY = "async (..._) => await window.reviewCard.inHand()"
_FOLLOW = "() => { window.reviewCard.followChat(); }"


def theme() -> gr.themes.Base:
    """Calm and neutral, with the fonts of the system: nothing is fetched."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    return gr.themes.Base(
        primary_hue="blue", neutral_hue="zinc", radius_size="md", text_size="md", font=fonts, font_mono=mono
    )


def build_blocks(session: OpenProject, chats: Chats, who: Who) -> gr.Blocks:
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
        _wire(blocks, parts, session, chats, who)
    blocks.queue(default_concurrency_limit=CONCURRENCY)
    blocks._queue.sleep_when_free = _LOOK_SECONDS
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


def _chat_parts() -> tuple[gr.Chatbot, list[gr.Number], gr.Button]:
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
    _container("aa-chat-now")
    with gr.Row(elem_id="aa-say"):
        gr.Textbox(
            elem_id="aa-chat-box",
            show_label=False,
            container=False,
            placeholder="Say it in your own words",
            lines=1,
            max_lines=6,
            scale=8,
        )
        gr.Button("Send", elem_id="aa-send", variant="secondary", scale=1, min_width=72)
    # The exposure of the card in hand, and 1 where the card shows changes that were not saved.
    in_hand = [gr.Number(visible="hidden", elem_id=name) for name in ("aa-exposure", "aa-changed")]
    again = gr.Button("Again", visible="hidden", elem_id="aa-refresh")
    return chat, in_hand, again


def _wire(blocks: gr.Blocks, parts: tuple[Any, ...], session: OpenProject, chats: Chats, who: Who) -> None:
    """What is said goes through routes of our own (``chat_box.js``); gradio shows the messages."""
    chat, in_hand, again = parts

    def line(job_id: int) -> tuple[str, bool]:
        status = session.jobs.status(job_id)
        return job_line(status), status.is_over

    def shown(request: gr.Request) -> list[dict[str, Any]]:
        actor = who.by_chat(_cookie(request, who))
        return chats.of(actor.person, actor.role).messages(line)

    def pick(
        exposure: float | None, changed: float | None, chosen: gr.SelectData, request: gr.Request
    ) -> list[dict[str, Any]]:
        actor = who.by_chat(_cookie(request, who))
        talk = chats.of(actor.person, actor.role)
        talk.say(Sentence(str(chosen.value), actor, _exposure(exposure), changed == 1))
        return talk.messages(line)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": CONCURRENCY}
    picked = chat.option_select(pick, in_hand, [chat], js=_CARD_ONLY, trigger_mode="multiple", **quiet)
    picked.then(None, None, None, js=_FOLLOW, api_visibility="private")
    # A change that comes while the last one is being fetched is fetched after it.
    again.click(shown, None, [chat], trigger_mode="always_last", **quiet)
    blocks.load(shown, None, [chat], **quiet)


def _exposure(shown: float | None) -> int | None:
    return int(shown) if isinstance(shown, (int, float)) and shown >= 1 else None


def _cookie(request: gr.Request, who: Who) -> str:
    raw = request.request
    cookie = who.cookie(raw) if raw is not None else None
    if not cookie:
        raise NotSignedIn("You are not signed in.")
    return cookie
