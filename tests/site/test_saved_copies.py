"""A saved copy of a story's article: shown beside the permalink, on pages, in feeds and for programs."""

from __future__ import annotations

import json

from builders import make_config, make_content, make_story
from sites import find, parse, rendered, text

COPY = "https://saved.example/web/2026/https://news.example/a"


def test_a_saved_copy_is_beside_the_permalink_wherever_a_story_is_shown() -> None:
    story = make_story("a", note="A note.", saved=COPY, themes=("memory-crunch",))

    made = rendered(make_content(story, make_story("b")), make_config())

    for path in ("index.html", "2026/w20/index.html", "themes/memory-crunch/index.html"):
        links = [one for one in find(parse(made[path]), "a") if one.get("href") == COPY]
        assert [text(one) for one in links] == ["Saved copy of A"]
    for path in ("feed.atom", "weeks.atom", "themes/memory-crunch/feed.atom", "feed.json"):
        assert made[path].count(COPY.encode()) == ("weeks" not in path), path
    assert f"[Saved copy](<{COPY}>) · [Permalink]" in made["2026/w20/index.md"].decode()
    (first, second) = sorted(json.loads(made["feed.json"])["items"], key=lambda one: one["title"])
    assert ("Saved copy" in first["content_html"], "Saved copy" in second["content_html"]) == (
        True,
        False,
    )


def test_secrets_in_the_url_of_a_saved_copy_are_not_published() -> None:
    story = make_story(saved="https://ann:s3cr3tWord@saved.example/a")

    made = rendered(make_content(story), make_config())

    assert b'href="https://saved.example/a"' in made["index.html"]
    assert [path for path, content in made.items() if b"s3cr3tWord" in content] == []
