"""Whatever is in a feed, a pull writes only inside the digest, only once, and only portable
names.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import caches
import judges
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from many import many

from digest import config
from digest.commands import build, pull
from digest.errors import DigestError

ODD = ["../x", "/etc/passwd", "..", "con", "nul.txt", "a\\b", "\0", "\ud800", "{{ 6*7 }}", "---", "letter", "", " ",
       "-", "x" * 400, "&#0;", "<b>b</b>", "[a](b)", "\u202e", ": #", "~", "1e3"]  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=60),
    st.text(alphabet="ab&;<>[]()*_`#:-'\"\\\n. {}%|!~", max_size=60),
)
PATHS = st.one_of(st.sampled_from("abc"), st.text(max_size=20))
LINKS = st.one_of(
    st.builds("https://news.example/{}".format, PATHS), st.builds("http://{}/".format, PATHS), WORDS
)  # fmt: skip
DATES = st.one_of(st.datetimes().map(lambda moment: moment.isoformat() + "Z"), WORDS)
VALUES = st.one_of(WORDS, st.none(), st.integers(), st.lists(WORDS, max_size=2))
ENTRY = st.fixed_dictionaries(
    {"url": LINKS},
    optional={
        "id": st.one_of(LINKS, VALUES),
        "title": VALUES,
        "content_text": VALUES,
        "content_html": VALUES,
        "date_published": DATES,
        "authors": st.lists(st.fixed_dictionaries({"name": VALUES}), max_size=2),
        "image": st.one_of(LINKS, VALUES),
    },
)
FEED = st.lists(ENTRY, max_size=4).map(
    lambda entries: json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "Any", "items": entries}
    )
)
USUAL: dict[str, Any] = {"suppress_health_check": [HealthCheck.too_slow]}


def pulled(root: Path, body: str, other: str) -> None:
    """Pulls two feeds into a digest, and checks every name that this makes."""
    (root / "digest.toml").write_text(judges.settings({"one": "one.json", "other": "other.json"}))
    (root / "one.json").write_text(body)
    (root / "other.json").write_text(other)
    settings_ = config.load(root)
    try:
        pull.run(root, settings_, settings_.feeds, now=judges.NOW)
    except DigestError as error:  # all dates of a feed lie ahead
        assert str(error).startswith("this machine's clock says")

    assert [path.name for path in root.parent.iterdir()] == [root.name]
    assert {path.name for path in root.iterdir()} <= {
        "digest.toml",
        "one.json",
        "other.json",
        "content",
        ".digest",
    }
    for path in (root / "content").rglob("*"):
        assert judges.PORTABLE.fullmatch(path.name), path.name
        assert not judges.RESERVED.match(path.name), path.name
        assert len(path.name) <= 255


TWINS = [{"url": "https://news.example/a", "id": "http://\n0"}, {"url": "../x", "id": "http://\n0"}]


@settings(max_examples=many(80), **USUAL)
@given(body=FEED, other=FEED)
@example(
    body=json.dumps({"items": []}),
    other=json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": TWINS}),
)
def test_a_pull_of_any_feed_writes_only_inside_the_digest_and_a_second_one_nothing(
    body: str, other: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "digest"
        root.mkdir()
        pulled(root, body, other)
        before = judges.content(root)
        caches.forget(root, "feed")
        pulled(root, body, other)

        assert judges.content(root) == before


@settings(max_examples=many(12), **USUAL)
@given(body=FEED, other=FEED, later=FEED)
def test_a_digest_of_any_feed_can_be_built_twice(body: str, other: str, later: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "digest"
        root.mkdir()
        pulled(root, body, other)
        pulled(root, later, body)
        whole = config.load(root)

        first = build.run(root, whole, output=root / "site", base_url=None)
        second = build.run(root, whole, output=root / "site", base_url=None)

        assert first.stories == len(list((root / "content").glob("[0-9]*/w*/*.md")))
        assert (second.written, second.removed) == (0, 0)
