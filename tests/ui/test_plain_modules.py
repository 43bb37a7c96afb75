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
        "base/offsets.js",
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
    assert run(modules, "base/offsets.js", "return new m.Offsets('\\ud83c🎧x').length;") == 3


def test_half_an_emoji_is_never_selected(modules: Any) -> None:
    found = run(modules, "base/offsets.js", "return new m.Offsets('a🎧b').fromSelection(2, 2 + 1);")
    assert found == {"start": 1, "end": 2}


def test_a_selection_is_cut_to_its_words_and_backwards_is_the_same(modules: Any) -> None:
    body = """const o = new m.Offsets('a  word  b');
    return [o.fromSelection(1, 9), o.fromSelection(9, 1), o.fromSelection(1, 3)];"""
    assert run(modules, "base/offsets.js", body) == [{"start": 3, "end": 7}, {"start": 3, "end": 7}, None]


def test_tokens_are_code_point_ranges_of_words_and_signs(modules: Any) -> None:
    text = "🎧 red lamp, 北京"
    tokens = run(modules, "base/offsets.js", "return new m.Offsets(given).tokens();", text)
    assert [text[one["start"] : one["end"]] for one in tokens] == ["🎧", "red", "lamp", ",", "北京"]


OUTBOX = """
const stored = {};
const real = {get length() { return Object.keys(stored).length; }, key: (at) => Object.keys(stored)[at] ?? null,
  getItem: (k) => stored[k] ?? null, setItem: (k, v) => { stored[k] = String(v); },
  removeItem: (k) => { delete stored[k]; }};
const {SteadyStorage} = await import("/base/steady_storage.js");
const storage = new SteadyStorage(() => real);
const log = [];
const passing = {isPassing: true, isSignedOut: false, message: "offline"};
const refusal = {isPassing: false, isSignedOut: false, kind: "InputError", message: "no"};
const defect = {isPassing: true, isSignedOut: false, kind: "Defect", message: "defect"};
const make = (send, more = {}) => new m.Outbox({storage, project: "P1", person: "ann", send,
  onSaved: (e) => log.push("saved " + e.key), onRefused: (e, p) => log.push("refused " + e.key),
  onChange: () => undefined, pause: () => Promise.resolve(), ...more});
const moment = () => new Promise((r) => setTimeout(r, 5));
"""


def outbox(modules: Any, body: str) -> Any:
    return run(modules, "card/outbox.js", OUTBOX + body)


def test_decisions_are_sent_in_order_and_one_at_a_time(modules: Any) -> None:
    body = """let busy = 0, most = 0;
    const box = make(async () => { most = Math.max(most, ++busy); await moment(); busy -= 1; });
    for (const key of ["a", "b", "c"]) box.add({key, item: 1, exposure: 1});
    await box.settled();
    return [log, most, stored];"""
    assert outbox(modules, body) == [["saved a", "saved b", "saved c"], 1, {}]


def test_a_passing_failure_is_tried_again_with_the_same_key(modules: Any) -> None:
    body = """const sent = [];
    const box = make(async (e) => { sent.push(e.key); if (sent.length < 3) throw passing; });
    box.add({key: "a", item: 1, exposure: 1});
    await box.settled();
    return [sent, log];"""
    assert outbox(modules, body) == [["a", "a", "a"], ["saved a"]]


SIGNED_OUT = """let open = false; const sent = [];
    const send = async (e) => { if (!open) throw {isPassing: false, isSignedOut: true}; sent.push(e.key); };
    for (const key of ["a", "b"]) make(send).add({key, item: 3, exposure: 7});
    await moment();
    const kept = Object.keys(stored);
    open = true;"""


def test_what_was_not_sent_is_found_by_the_next_page_of_this_person_and_project(modules: Any) -> None:
    body = SIGNED_OUT + "await make(send).settled(); return [kept, sent, stored];"
    kept = ["aa.outbox.P1.ann.3.a", "aa.outbox.P1.ann.3.b"]
    assert outbox(modules, body) == [kept, ["a", "b"], {}]


@pytest.mark.parametrize("other", ["project: 'P2'", "person: 'bob'", "person: 'ann.3'"])
def test_what_was_not_sent_is_not_found_by_another_project_or_person(modules: Any, other: str) -> None:
    body = SIGNED_OUT + f"const box = make(send, {{{other}}}); await box.settled(); return [box.size, sent.length];"
    assert outbox(modules, body) == [0, 0]


def test_an_entry_that_lies_under_the_name_of_another_project_is_not_sent(modules: Any) -> None:
    body = """stored["aa.outbox.P1.ann.3.a"] = JSON.stringify({project: "P2", person: "ann", item: 3, key: "a", at: 1});
    const sent = [], box = make(async (e) => sent.push(e.key));
    await box.settled();
    return [sent, box.aside.map((e) => e.kind)];"""
    assert outbox(modules, body) == [[], ["Unreadable"]]


def test_a_refused_decision_is_set_aside_and_does_not_block_the_next(modules: Any) -> None:
    body = """const box = make(async (e) => { if (e.key === "a") throw refusal; });
    box.add({key: "a", item: 1, exposure: 1, words: "chose x"}); box.add({key: "b", item: 2, exposure: 2});
    await box.settled();
    const again = make(async () => undefined);
    return [log, again.aside.map((e) => [e.key, e.words, e.problem]), Object.keys(stored)];"""
    set_aside = [["a", "chose x", "no"]]
    assert outbox(modules, body) == [["refused a", "saved b"], set_aside, ["aa.aside.P1.ann.1.a"]]


def test_what_was_set_aside_is_sent_again_or_forgotten_only_when_somebody_says_so(modules: Any) -> None:
    body = """let isOpen = false; const sent = [];
    const box = make(async (e) => { if (!isOpen) throw refusal; sent.push(e); });
    for (const key of ["a", "b"]) box.add({key, item: 1, exposure: 1});
    await box.settled();
    isOpen = true;
    box.sendAgain("a"); box.forget("b");
    await box.settled();
    return [sent.map((e) => [e.key, "problem" in e]), box.aside, stored];"""
    assert outbox(modules, body) == [[["a", False]], [], {}]


def test_a_server_that_fails_inside_over_one_decision_does_not_hold_up_the_others(modules: Any) -> None:
    body = """const sent = [];
    const box = make(async (e) => { sent.push(e.key); if (e.key === "a") throw defect; });
    for (const key of ["a", "b"]) box.add({key, item: 1, exposure: 1});
    await box.settled();
    return [sent, log];"""
    assert outbox(modules, body) == [["a", "a", "a", "b"], ["refused a", "saved b"]]


def test_an_answer_that_is_no_plain_value_is_set_aside_and_the_rest_goes_on(modules: Any) -> None:
    body = """const circle = {}; circle.self = circle;
    const box = make(async (e) => JSON.stringify(e.value));
    box.add({key: "a", item: 1, exposure: 1, value: circle}); box.add({key: "b", item: 1, exposure: 2, value: {}});
    await box.settled();
    return [log, box.aside.map((e) => e.key)];"""
    assert outbox(modules, body) == [["refused a", "saved b"], ["a"]]


def test_what_cannot_be_read_is_set_aside_and_the_rest_is_sent(modules: Any) -> None:
    body = """stored["aa.outbox.P1.ann.1.a"] = "{broken"; stored["aa.outbox.P1.ann.1.c"] = "7";
    stored["aa.outbox.P1.ann.1.b"] = JSON.stringify({project: "P1", person: "ann", item: 1, key: "b", at: 1});
    const box = make(async () => 1);
    await box.settled();
    const seen = box.aside.map((e) => [e.words, e.kind]);
    for (const e of [...box.aside]) box.forget(e.key);
    return [log, seen, stored];"""
    seen = [["{broken", "Unreadable"], ["7", "Unreadable"]]
    assert outbox(modules, body) == [["saved b"], seen, {}]


@pytest.mark.parametrize(
    "broken",
    [
        "() => { throw new Error('forbidden'); }",
        "() => null",
        "() => ({...real, setItem: () => { throw new Error('full'); }, length: 0})",
        "() => ({get length() { throw new Error('x'); }, getItem: () => { throw new Error('x'); }, "
        "setItem: () => { throw new Error('x'); }, removeItem: () => { throw new Error('x'); }})",
    ],
)
def test_a_broken_storage_costs_the_reload_and_never_the_decision(modules: Any, broken: str) -> None:
    body = f"""const box = make(async () => 1, {{storage: new SteadyStorage({broken})}});
    box.add({{key: "a", item: 1, exposure: 1}});
    const isKept = box.isKept;
    await box.settled();
    return [isKept, log];"""
    assert outbox(modules, body) == [False, ["saved a"]]


def test_a_decision_that_another_tab_sent_or_added_is_known_here(modules: Any) -> None:
    body = """let isOpen = false;
    const box = make(async () => { if (!isOpen) throw {isSignedOut: true}; });
    box.add({key: "a", item: 1, exposure: 1});
    await moment();
    const other = {project: "P1", person: "ann", item: 2, key: "b", exposure: 2, at: 1};
    box.changedElsewhere("aa.outbox.P1.ann.2.b", JSON.stringify(other));
    const both = box.exposures();
    box.changedElsewhere("aa.outbox.P1.ann.1.a", null);
    return [both, box.exposures(), log];"""
    assert outbox(modules, body) == [[1, 2], [2], ["saved a"]]


def test_two_tabs_with_the_same_decision_send_it_once_where_the_browser_has_locks(modules: Any) -> None:
    body = """const sent = [], held = new Set(), boxes = [];
    const locks = {request: async (name, _, act) => {
      if (held.has(name)) return act(null);
      held.add(name);
      try { return await act({}); } finally { held.delete(name); }
    }};
    const tell = {removeItem: real.removeItem};
    real.removeItem = (k) => { tell.removeItem(k); for (const box of boxes) box.changedElsewhere(k, null); };
    stored["aa.outbox.P1.ann.1.a"] = JSON.stringify({project: "P1", person: "ann", item: 1, key: "a", at: 1});
    const pause = () => new Promise((r) => setTimeout(r, 20));
    const send = async (e) => { sent.push(e.key); await moment(); return {}; };
    boxes.push(make(send, {locks, pause}), make(send, {locks, pause}));
    await Promise.all(boxes.map((box) => box.settled()));
    return [sent, stored, boxes.map((box) => box.size)];"""
    assert outbox(modules, body) == [["a"], {}, [0, 0]]


KEYS = """
const kept = {};
const storage = {getItem: (k) => kept[k] ?? null, setItem: (k, v) => (kept[k] = v)};
const map = new m.Keymap(storage);
const none = {code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false};
const press = (key, more = {}) => ({...none, key, ...more});
"""


def test_usual_keys_mean_their_commands(modules: Any) -> None:
    body = "return ['a', 'Enter', 'A', ' ', 'Backspace', '?', 'q'].map((key) => map.commandOf(press(key)));"
    assert run(modules, "base/keys.js", KEYS + body) == ["accept", "accept", "accept", "skip", "undo", "help", None]


TYPED = """const typed = new m.TypedText();
const none = {ctrlKey: false, metaKey: false, altKey: false, repeat: false};
const at = (pairs) => pairs.map(([key, time]) => typed.feed({...none, key}, time, "axz 12".includes(key)));
"""


@pytest.mark.parametrize(
    ("presses", "text"),
    [
        # One key after another, as fast as a practised person: all of them count.
        ([["a", 0], ["a", 200], ["a", 400], ["2", 600], ["a", 800], ["1", 850], ["2", 900]], [0, 0, 0, 0, 0, 0, 0]),
        ([["a", 0], ["x", 200], [" ", 400], ["a", 600]], [0, 0, 0, 0]),
        # A sentence: all but its first letter are text, its blanks and digits too, until a pause.
        ([["n", 0], ["o", 90], [" ", 180], ["w", 400], ["a", 520], ["1", 640]], [0, 1, 1, 1, 1, 1]),
        ([["n", 0], ["o", 90], ["a", 700]], [0, 1, 0]),
        # Two commands one right after the other may be meant, a third so fast is not.
        ([["a", 0], ["z", 50]], [0, 0]),
        ([["a", 0], ["z", 50], ["x", 100]], [0, 0, 1]),
        # Esc ends a sentence: what comes then is meant.
        ([["n", 0], ["o", 90], ["Escape", 180], ["1", 220], ["a", 400]], [0, 1, 0, 0, 0]),
    ],
)
def test_typed_text_is_told_from_keys(modules: Any, presses: Any, text: list[int]) -> None:
    found = run(modules, "editing/typed_text.js", TYPED + "return at(given).map(Number);", presses)
    assert found == text


def test_the_bar_shows_the_keys_that_still_work(modules: Any) -> None:
    body = "return ['reject', 'undo', 'accept', 'skip'].map((one) => map.shown(one, false, ['x', 'z', 'a']));"
    assert run(modules, "base/keys.js", KEYS + body) == ["Alt X", "⌫", "↵", "Space"]


def test_letters_are_text_while_they_filter_unless_alt_is_held(modules: Any) -> None:
    body = """return [map.commandOf(press("x"), true), map.commandOf(press("≈", {altKey: true, code: "KeyX"}), true),
      map.commandOf(press("Enter"), true), map.commandOf(press("x", {ctrlKey: true}))];"""
    assert run(modules, "base/keys.js", KEYS + body) == [None, "reject", "accept", None]


def test_a_key_that_is_taken_or_fixed_cannot_be_bound(modules: Any) -> None:
    body = """return [map.rebind("accept", "x") !== "", map.rebind("accept", "1") !== "", map.rebind("accept", "q"),
      map.commandOf(press("q")), map.commandOf(press("a")), new m.Keymap(storage).commandOf(press("q"))];"""
    assert run(modules, "base/keys.js", KEYS + body) == [True, True, "", "accept", None, "accept"]


def test_digits_are_found_on_keyboards_that_need_shift_for_them(modules: Any) -> None:
    body = """const digits = [press("3"), press("&", {code: "Digit1"}), press("!", {code: "Digit1", shiftKey: true}),
      press("1", {ctrlKey: true})];
    return digits.map(m.digitOf);"""
    assert run(modules, "base/keys.js", KEYS + body) == [3, 1, None, None]


def test_ink_on_any_label_colour_can_be_read(modules: Any) -> None:
    colours = ["#000000", "#ffffff", "#c2410c", "#1d4ed8", "#a16207", "#ffff00", "#808080"]
    inks = run(modules, "base/labels.js", "return given.map(m.inkOn);", colours)
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
    assert run(modules, "base/labels.js", "return m.colourOf({color: 'red; background: url(x)'});") == "#57534e"


def test_filtering_ignores_case_and_accents_and_prefers_beginnings(modules: Any) -> None:
    field = {"labels": [{"id": str(at), "name": name} for at, name in enumerate(["No refund", "Café", "Refund"])]}
    body = "return given.words.map((words) => m.matching(given.field, words).map((label) => label.name));"
    found = run(modules, "base/labels.js", body, {"field": field, "words": ["ref", "CAFE", "zzz", " "]})
    assert found == [["Refund", "No refund"], ["Café"], [], []]


def test_nine_labels_keep_their_digits_beside_none_of_these_and_cannot_tell(modules: Any) -> None:
    labels = [{"id": f"l{at}", "name": f"L{at}", "key": str(at)} for at in range(1, 10)]
    reserved = [{"id": "none_of_these", "name": "None", "key": "n"}, {"id": "cannot_tell", "name": "?", "key": "t"}]
    given = [{"labels": labels + reserved}, {"labels": [*labels, {"id": "l10", "name": "L10", "key": ""}]}]
    assert run(modules, "base/labels.js", "return given.map(m.digitsStay);", given) == [True, False]


def test_equal_answers_are_equal_whatever_their_ids_and_order(modules: Any) -> None:
    one = {"spans": [{"id": "a", "start": 0, "end": 2, "label": "x"}, {"id": "b", "start": 4, "end": 6, "label": "y"}]}
    other = {"spans": [{**span, "id": "z" + span["id"]} for span in reversed(one["spans"])]}
    changed = {"spans": [{**one["spans"][0], "end": 3}, one["spans"][1]]}
    body = (
        "return [[given[0], given[1]], [given[0], given[2]], [null, null]].map((two) => m.sameValue(given[3], ...two));"
    )
    given = [one, other, changed, {"kind": "spans", "key": "spans"}]
    assert run(modules, "card/answers.js", body, given) == [True, False, True]


def test_a_guideline_in_markdown_builds_elements_and_no_html(modules: Any) -> None:
    source = "# Head\nsome **bold** and order_id_x <img src=x onerror=1>\n\n- one\n- `two`\n[link](javascript:1)"
    found = run(modules, "base/markdown.js", "return m.markdown(given).outerHTML;", source)
    assert "<h4>Head</h4>" in found
    assert "<strong>bold</strong>" in found
    assert "<ul><li>one</li><li><code>two</code></li></ul>" in found
    assert "order_id_x" in found
    assert "&lt;img" in found
    assert "<a" not in found
