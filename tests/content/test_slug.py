"""Slugs: the same on every machine, and never empty."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.content.slug import slug_of
from digest.names import free_name


@pytest.mark.parametrize(
    ("headline", "slug"),
    [
        ("ASML’s outlook", "asmls-outlook"),
        ("ASML's outlook", "asmls-outlook"),
        ("R&D at US$8 billion: 3.5%", "r-d-at-us-8-billion-3-5"),
        ("中国芯片", "zhong-guo-xin-pian"),
        ("AT&amp;T", "at-amp-t"),
        ("word " * 30, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("x" * 100, "x" * 60),
        ("../../etc/passwd", "etc-passwd"),
        ("🎉", "story-ca978112"),
    ],
)
def test_a_headline_has_this_slug(headline: str, slug: str) -> None:
    assert slug_of(headline, "a") == slug


@given(headline=st.text(), identity=st.text())
def test_every_headline_has_a_slug_that_is_valid_in_a_url(headline: str, identity: str) -> None:
    slug = slug_of(headline, identity.replace("\ud800", ""))

    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", slug)


@given(headline=st.text())
def test_the_slug_of_a_slug_is_itself(headline: str) -> None:
    slug = slug_of(headline, "a")

    assert slug_of(slug, "b") == slug


def test_a_taken_slug_gets_the_first_free_number() -> None:
    assert free_name("a", set()) == "a"
    assert free_name("a", {"a", "a-2"}) == "a-3"
