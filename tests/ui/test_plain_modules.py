"""The page's modules without a DOM, run in the browser: offsets, outbox, keys, labels, answers, Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.modules import module_page, run

pytestmark = pytest.mark.browser

TEXTS = ("", "plain", "👍🏽 hi 👨‍👩‍👧", "a🎧b🎧", "שלום 🎧 עולם", "我在北京🎧", "e\u0301 combining", "\ud83c lone")


@pytest.fixture(scope="module")
def modules(chromium: Any) -> Iterator[Any]:
    page = module_page(chromium)
    yield page
    page.context.close()


@pytest.mark.parametrize("text", TEXTS[:-1])
def test_offsets_count_as_python_counts(modules: Any, text: str) -> None:
    found = run(
        modules,
        "offsets.js",
        """const o = new m.Offsets(given);
        const points = [...Array(o.length + 1).keys()];
        const back = points.map((p) => o.toPoint(o.toUnit(p)));
        return {length: o.length, pieces: points.map((p) => o.slice(0, p)), back};""",
        text,
    )
    assert found["length"] == len(text)
    assert found["pieces"] == [text[:point] for point in range(len(text) + 1)]
    assert found["back"] == list(range(len(text) + 1))


def test_a_lone_surrogate_counts_as_one(modules: Any) -> None:
    assert run(modules, "offsets.js", "return new m.Offsets('\\ud83c🎧x').length;") == 3


def test_half_an_emoji_is_never_selected(modules: Any) -> None:
    found = run(modules, "offsets.js", "return new m.Offsets('a🎧b').fromSelection(2, 2 + 1);")
    assert found == {"start": 1, "end": 2}


def test_a_selection_is_cut_to_its_words_and_backwards_is_the_same(modules: Any) -> None:
    body = """const o = new m.Offsets('a  word  b');
    return [o.fromSelection(1, 9), o.fromSelection(9, 1), o.fromSelection(1, 3)];"""
    assert run(modules, "offsets.js", body) == [{"start": 3, "end": 7}, {"start": 3, "end": 7}, None]


def test_tokens_are_code_point_ranges_of_words_and_signs(modules: Any) -> None:
    text = "🎧 red lamp, 北京"
    tokens = run(modules, "offsets.js", "return new m.Offsets(given).tokens();", text)
    assert [text[one["start"] : one["end"]] for one in tokens] == ["🎧", "red", "lamp", ",", "北京"]


OUTBOX = """
const stored = {};
const storage = {getItem: (k) => stored[k] ?? null, setItem: (k, v) => (stored[k] = v),
  removeItem: (k) => delete stored[k]};
const log = [];
const passing = {isPassing: true, isSignedOut: false, message: "offline"};
const make = (send) => new m.Outbox({storage, name: "box", send, onSaved: (e) => log.push("saved " + e.key),
  onRefused: (e, p) => log.push("refused " + e.key), onChange: () => undefined, pause: () => Promise.resolve()});
"""


def test_decisions_are_sent_in_order_and_one_at_a_time(modules: Any) -> None:
    body = """let busy = 0, most = 0;
    const slow = () => new Promise((r) => setTimeout(r, 5));
    const box = make(async () => { most = Math.max(most, ++busy); await slow(); busy -= 1; });
    for (const key of ["a", "b", "c"]) box.add({key, exposure: 1});
    await box.settled();
    return [log, most, stored];"""
    assert run(modules, "outbox.js", OUTBOX + body) == [["saved a", "saved b", "saved c"], 1, {}]


def test_a_passing_failure_is_tried_again_with_the_same_key(modules: Any) -> None:
    body = """const sent = [];
    const box = make(async (e) => { sent.push(e.key); if (sent.length < 3) throw passing; });
    box.add({key: "a", exposure: 1});
    await box.settled();
    return [sent, log];"""
    assert run(modules, "outbox.js", OUTBOX + body) == [["a", "a", "a"], ["saved a"]]


def test_what_was_not_sent_is_found_by_the_next_page(modules: Any) -> None:
    body = """let open = false;
    const send = async () => { if (!open) throw {isPassing: false, isSignedOut: true, message: "signed out"}; };
    make(send).add({key: "a", exposure: 7});
    await new Promise((r) => setTimeout(r, 5));
    const kept = JSON.parse(stored.box).map((e) => e.key);
    open = true;
    const next = make(send);
    await next.settled();
    return [kept, log, stored];"""
    assert run(modules, "outbox.js", OUTBOX + body) == [["a"], ["saved a"], {}]


def test_a_refused_decision_is_reported_and_does_not_block_the_next(modules: Any) -> None:
    body = """const box = make(async (e) => { if (e.key === "a") throw {isPassing: false, isSignedOut: false}; });
    box.add({key: "a", exposure: 1}); box.add({key: "b", exposure: 2});
    await box.settled();
    return log;"""
    assert run(modules, "outbox.js", OUTBOX + body) == ["refused a", "saved b"]


def test_a_damaged_storage_is_an_empty_outbox(modules: Any) -> None:
    assert run(modules, "outbox.js", OUTBOX + "stored.box = '{broken'; return make(async () => 1).size;") == 0


KEYS = """
const kept = {};
const storage = {getItem: (k) => kept[k] ?? null, setItem: (k, v) => (kept[k] = v)};
const map = new m.Keymap(storage);
const none = {code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false};
const press = (key, more = {}) => ({...none, key, ...more});
"""


def test_usual_keys_mean_their_commands(modules: Any) -> None:
    body = "return ['a', 'Enter', 'A', ' ', 'Backspace', '?', 'q'].map((key) => map.commandOf(press(key)));"
    assert run(modules, "keys.js", KEYS + body) == ["accept", "accept", "accept", "skip", "undo", "help", None]


def test_letters_are_text_while_they_filter_unless_alt_is_held(modules: Any) -> None:
    body = """return [map.commandOf(press("x"), true), map.commandOf(press("≈", {altKey: true, code: "KeyX"}), true),
      map.commandOf(press("Enter"), true), map.commandOf(press("x", {ctrlKey: true}))];"""
    assert run(modules, "keys.js", KEYS + body) == [None, "reject", "accept", None]


def test_a_key_that_is_taken_or_fixed_cannot_be_bound(modules: Any) -> None:
    body = """return [map.rebind("accept", "x") !== "", map.rebind("accept", "1") !== "", map.rebind("accept", "q"),
      map.commandOf(press("q")), map.commandOf(press("a")), new m.Keymap(storage).commandOf(press("q"))];"""
    assert run(modules, "keys.js", KEYS + body) == [True, True, "", "accept", None, "accept"]


def test_digits_are_found_on_keyboards_that_need_shift_for_them(modules: Any) -> None:
    body = """const digits = [press("3"), press("&", {code: "Digit1"}), press("!", {code: "Digit1", shiftKey: true}),
      press("1", {ctrlKey: true})];
    return digits.map(m.digitOf);"""
    assert run(modules, "keys.js", KEYS + body) == [3, 1, None, None]


def test_ink_on_any_label_colour_can_be_read(modules: Any) -> None:
    colours = ["#000000", "#ffffff", "#c2410c", "#1d4ed8", "#a16207", "#ffff00", "#808080"]
    inks = run(modules, "labels.js", "return given.map(m.inkOn);", colours)
    for colour, ink in zip(colours, inks, strict=True):
        assert contrast(colour, ink) >= 4.5, colour


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_colour_that_is_none_is_replaced(modules: Any) -> None:
    assert run(modules, "labels.js", "return m.colourOf({color: 'red; background: url(x)'});") == "#57534e"


def test_filtering_ignores_case_and_accents_and_prefers_beginnings(modules: Any) -> None:
    field = {"labels": [{"id": str(at), "name": name} for at, name in enumerate(["No refund", "Café", "Refund"])]}
    body = "return given.words.map((words) => m.matching(given.field, words).map((label) => label.name));"
    found = run(modules, "labels.js", body, {"field": field, "words": ["ref", "CAFE", "zzz", " "]})
    assert found == [["Refund", "No refund"], ["Café"], [], []]


def test_nine_labels_keep_their_digits_beside_none_of_these_and_cannot_tell(modules: Any) -> None:
    labels = [{"id": f"l{at}", "name": f"L{at}", "key": str(at)} for at in range(1, 10)]
    reserved = [{"id": "none_of_these", "name": "None", "key": "n"}, {"id": "cannot_tell", "name": "?", "key": "t"}]
    given = [{"labels": labels + reserved}, {"labels": [*labels, {"id": "l10", "name": "L10", "key": ""}]}]
    assert run(modules, "labels.js", "return given.map(m.digitsStay);", given) == [True, False]


def test_equal_answers_are_equal_whatever_their_ids_and_order(modules: Any) -> None:
    one = {"spans": [{"id": "a", "start": 0, "end": 2, "label": "x"}, {"id": "b", "start": 4, "end": 6, "label": "y"}]}
    other = {"spans": [{**span, "id": "z" + span["id"]} for span in reversed(one["spans"])]}
    changed = {"spans": [{**one["spans"][0], "end": 3}, one["spans"][1]]}
    body = "return [m.sameValue(given[0], given[1]), m.sameValue(given[0], given[2]), m.sameValue(null, null)];"
    assert run(modules, "answers.js", body, [one, other, changed]) == [True, False, True]


def test_a_guideline_in_markdown_builds_elements_and_no_html(modules: Any) -> None:
    source = "# Head\nsome **bold** and order_id_x <img src=x onerror=1>\n\n- one\n- `two`\n[link](javascript:1)"
    found = run(modules, "markdown.js", "return m.markdown(given).outerHTML;", source)
    assert "<h4>Head</h4>" in found
    assert "<strong>bold</strong>" in found
    assert "<ul><li>one</li><li><code>two</code></li></ul>" in found
    assert "order_id_x" in found
    assert "&lt;img" in found
    assert "<a" not in found
