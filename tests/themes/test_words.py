"""Words by which stories are compared: which say something, in any script, and what their forms share."""

from __future__ import annotations

import pytest

from digest.phrases import fold
from digest.themes.words import is_telling, stem_of, words_of


@pytest.mark.parametrize(
    "word",
    ["tide", "H200", "G20", "항구", "제주", "जल", "नदी", "ቤት", "ᎣᏏ", "море", "בית", "مرفأ", "船", "ท่าเรือ"],
)  # fmt: skip
def test_content_words_of_any_script_are_found(word: str) -> None:
    assert any(map(is_telling, words_of(word)))


@pytest.mark.parametrize(
    "word", ["as", "EU", "2026", "2026년", "5월", "10일", "배", "का", "में", "the", "на", "5G", "½"]
)
def test_short_common_and_numeric_words_are_left_out(word: str) -> None:
    assert not any(map(is_telling, words_of(word)))


@pytest.mark.parametrize(
    ("forms", "stem"),
    [
        ("항구가 항구를 항구에서 항구", "항구"),
        ("prices price priced pricing", "pric"),
        ("ferry ferries", "ferr"),
        ("subway subways", "subway"),
        ("로로 배가", ""),
        ("船が", "船が"),
    ],
)
def test_all_forms_of_a_word_have_the_same_stem(forms: str, stem: str) -> None:
    for form in fold(forms).split():
        assert stem_of(form) == (stem or form)
