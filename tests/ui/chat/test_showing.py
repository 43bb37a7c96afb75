"""Numbers, tables and charts as the page shows them."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ui.chat.chart import axis, chart_image, chart_svg
from assistant.ui.chat.chat_text import cell_text, plain, table_text
from assistant.ui.chat.showing import fact_words, interval_words
from tools.results import Fact, Figure, Table

SVG = "{http://www.w3.org/2000/svg}"


def drawn(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(chart_svg(figure))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_an_axis_holds_zero_and_every_value_in_few_round_steps(values: list[float]) -> None:
    low, high, step = axis(values)
    slack = step * 1e-6
    assert low <= min(0.0, *values) + slack
    assert high >= max(0.0, *values) - slack
    assert step > 0
    assert (high - low) / step <= 8


def test_bars_start_at_zero_and_are_as_long_as_their_values() -> None:
    root = drawn(Figure("Items", "bar", ("a", "b"), {"items": (10.0, 5.0)}))
    bars = [float(bar.attrib["height"]) for bar in root.iter(f"{SVG}rect")]
    assert bars[0] == pytest.approx(2 * bars[1], rel=0.01)


def test_a_line_has_a_point_for_every_value_and_a_band_round_it() -> None:
    bands = {"share": ((0.1, 0.3), (0.2, 0.4), (0.3, 0.6))}
    root = drawn(Figure("Share", "line", (1, 2, 3), {"share": (0.2, 0.3, 0.5)}, bands=bands))
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    assert len(list(root.iter(f"{SVG}polygon"))) == 1


def test_what_is_not_a_number_leaves_a_gap() -> None:
    root = drawn(Figure("Share", "bar", ("a", "b"), {"share": (float("nan"), 1.0)}))
    assert len(list(root.iter(f"{SVG}rect"))) == 1


def test_an_empty_chart_is_still_a_chart() -> None:
    assert drawn(Figure("Nothing", "bar", (), {})).tag == f"{SVG}svg"


def test_names_in_a_chart_stay_names() -> None:
    hostile = '</text><script>alert(1)</script>"&'
    root = drawn(Figure(hostile, "bar", (hostile,), {hostile: (1.0,), "b": (2.0,)}, hostile, hostile))
    assert not list(root.iter(f"{SVG}script"))
    assert any(hostile[:5] in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_a_chart_travels_as_an_image() -> None:
    image = chart_image(Figure("Items", "bar", ("a",), {"items": (1.0,)}))
    assert base64.b64decode(image.split(",")[1]).startswith(b"<svg")


@pytest.mark.parametrize(
    ("fact", "value", "interval"),
    [
        (Fact("a", 0.256, "share", low=0.2, high=0.31), "25.6 %", "20.0 % – 31.0 %"),
        (Fact("a", 1234.0), "1,234", ""),
        (Fact("a", 2.5, "seconds"), "2.5 s", ""),
        (Fact("a", 120.0, "per_hour"), "120 / h", ""),
        (Fact("a", 0.8123, "score"), "0.812", ""),
        (Fact("a", None, "score", note="too few"), "undefined", ""),
    ],
)
def test_a_number_is_said_with_its_unit(fact: Fact, value: str, interval: str) -> None:
    assert (fact_words(fact), interval_words(fact)) == (value, interval)


@given(st.text(max_size=60))
def test_no_sign_with_a_meaning_in_markdown_is_left_as_it_was(text: str) -> None:
    written = plain(text)
    bare = written
    for number in sorted({ord(one) for one in text} | {ord(one) for one in "-."}, reverse=True):
        bare = bare.replace(f"&#{number};", "")
    assert not set("\\`*_{}[]()#+<>|~&$!^=:@\"'") & set(bare)


def test_a_cell_is_one_short_line() -> None:
    assert cell_text("a\n| b") == "a &#124; b"
    assert len(cell_text("x" * 500)) <= 120
    assert cell_text(None) == ""
    assert cell_text(0.5) == "0.5"


def test_a_long_table_says_how_much_of_it_is_shown() -> None:
    table = Table("Items", ("key",), tuple((f"M{number}",) for number in range(50)))
    assert "of 50 rows" in table_text(table)
