"""What the ledger stores of a feed's words for the editor, and reads back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.content import pending

NAMES = st.text(st.sampled_from("ab,;&. é")).map(lambda text: " ".join(text.split()))


@given(st.lists(NAMES.filter(len)))
def test_authors_are_read_back_as_the_feed_named_them_unless_they_are_cut(names: list[str]) -> None:
    authors = tuple(names)

    words = pending.stored("authors", authors)

    assert pending.is_cut(words) or pending.value_of("authors", words) == authors


def test_authors_stored_by_early_versions_are_still_read() -> None:
    assert pending.value_of("authors", "Jo Writer, Ann Ray") == ("Jo Writer", "Ann Ray")
    assert pending.value_of("authors", "") == ()


def test_a_headline_too_long_for_the_ledger_is_stored_as_cut() -> None:
    words = [pending.stored("title", "x" * length) for length in (299, 300, 301)]

    assert list(map(pending.is_cut, words)) == [False, True, True]


def test_the_words_of_an_excerpt_are_not_stored() -> None:
    assert pending.stored("excerpt", "Their words.") == ""
