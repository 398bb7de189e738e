"""The page and the feed of corrections: the editor's, and headlines that publishers changed."""

from __future__ import annotations

from datetime import date, datetime
from xml.etree import ElementTree

from builders import HONG_KONG, make_config, make_content, make_story
from sites import find, parse, rendered, text

from digest.model import Correction

ATOM = "{http://www.w3.org/2005/Atom}"


def test_corrections_and_changed_headlines_are_listed_newest_first() -> None:
    wrong = make_story(
        "a",
        corrections=(
            Correction(date(2026, 5, 17), "It was <b>less</b>."),
            Correction(date(2026, 5, 20), "It was more."),
        ),
    )
    renamed = make_story("b", updated=datetime(2026, 5, 18, 9, tzinfo=HONG_KONG))
    silent = make_story("c", earlier=False)
    hidden = make_story("d", hide=True, corrections=(Correction(date(2026, 5, 17), "Unseen."),))
    earlier = {renamed.file: ("B was bold",), silent.file: ("Not told",)}

    site = rendered(
        make_content(wrong, renamed, silent, hidden, earlier_headlines=earlier), make_config()
    )

    (listed,) = [
        one
        for one in find(parse(site["corrections/index.html"]), "ol")
        if one.get("class") == "events c0"
    ]
    assert [text(one) for one in find(listed, "li")] == [
        "20 May 2026 A It was more.",
        "18 May 2026 B The headline was: B was bold",
        "17 May 2026 A It was <b>less</b>.",
    ]
    assert [link.get("href") for link in find(listed, "a")][:2] == ["/2026/w20/#a", "/2026/w20/#b"]
    feed = ElementTree.fromstring(site["corrections/feed.atom"])
    assert [
        (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}content"))
        for entry in feed.iter(f"{ATOM}entry")
    ] == [
        ("A", "It was more."),
        ("B", "The headline was: B was bold"),
        ("A", "It was &lt;b&gt;less&lt;/b&gt;."),
    ]
    assert len({entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")}) == 3
    assert b'href="/corrections/"' in site["index.html"]


def test_the_page_says_if_there_are_no_corrections() -> None:
    site = rendered(make_content(make_story()), make_config())

    assert "Nothing has been corrected so far." in text(parse(site["corrections/index.html"]))
    assert ElementTree.fromstring(site["corrections/feed.atom"]).findtext(f"{ATOM}updated")


def test_a_correction_keeps_its_id_when_others_are_added() -> None:
    one = Correction(date(2026, 5, 17), "It was less.")

    def ids(*corrections: Correction) -> list[str]:
        site = rendered(make_content(make_story(corrections=corrections)), make_config())
        feed = ElementTree.fromstring(site["corrections/feed.atom"])
        return [entry.findtext(f"{ATOM}id", "") for entry in feed.iter(f"{ATOM}entry")]

    assert ids(one)[0] == ids(one, Correction(date(2026, 5, 20), "It was more."))[1]
