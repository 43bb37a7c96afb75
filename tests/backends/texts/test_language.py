"""Which texts an English-only model should not be alone with."""

from __future__ import annotations

import pytest

from tools.backends.texts.language import foreign_share, is_foreign


@pytest.mark.parametrize(
    "text",
    [
        "Où est mon colis ?",
        "Wo ist mein Paket?",
        "Kann ich mein Geld zurück haben",
        "quiero devolver el pedido",
        "Меня зовут Иван",
        "注文が届きません",
        "الطلب لم يصل",
    ],
)
def test_other_languages_are_noticed(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize("text", ["Where is my parcel?", "refund please", "iPhone 15 Pro", "12345 !!", "", "ok 👍"])
def test_english_and_texts_that_say_nothing_about_language_are_not(text: str) -> None:
    assert not is_foreign(text)


def test_the_share_counts_texts() -> None:
    assert foreign_share(["the cat is here", "wo ist das Buch", "what is it", "это кот"]) == 0.5
    assert foreign_share([]) == 0.0


@pytest.mark.data
def test_real_english_texts_are_hardly_ever_taken_for_foreign(shared_data) -> None:  # type: ignore[no-untyped-def]
    import csv

    with (shared_data / "text" / "clinc150.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert foreign_share(texts) < 0.001
