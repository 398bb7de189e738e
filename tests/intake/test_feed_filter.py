"""`themes`, `match` and `ignore` of a feed: what all its stories have, and which entries become stories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import invoke
from test_themes_command import applied, content, line_of, pulled, rss

from digest import config
from digest.errors import Faults

ENTRIES = (
    ("1", "Ferries go electric", "Quietly."),
    ("2", "Soup recipe of the week", "For ferry crews."),
    ("3", "Teapots", "On shelves."),
)
FILES = {
    word: f"content/2026/w20/2026-05-15-{slug}.md"
    for word, slug in (
        ("ferries", "ferries-go-electric"),
        ("soup", "soup-recipe-of-the-week"),
        ("teapots", "teapots"),
    )
}


def settings(root: Path, first: str = "", second: str = "") -> None:
    text = '[site]\ntitle = "T"\nurl = "https://example.org/"\n'
    for feed, more in (("first", first), ("second", second)):
        text += f'[[feeds]]\nid = "{feed}"\nurl = "{feed}.xml"\n{more}\n'
    for theme in ("harbour", "boats"):
        text += f'[[themes]]\nid = "{theme}"\ntitle = "{theme}"\nmatch = ["{theme}", "ferr*"]\n'
    (root / "digest.toml").write_text(text.replace('["harbour", "ferr*"]', '["harbour"]'))


def begin(root: Path, first: str = "", second: str = "") -> None:
    settings(root, first, second)
    (root / "first.xml").write_text(rss(ENTRIES))
    (root / "second.xml").write_text(rss([]))
    pulled(root)


def pull(root: Path, *words: str) -> str:
    return invoke(root, *words).output


def there(root: Path) -> set[str]:
    return {word for word, file in FILES.items() if (root / file).exists()}


def test_every_story_of_a_feed_has_the_feeds_themes_after_those_found_by_phrases(
    tmp_path: Path,
) -> None:
    begin(tmp_path, 'themes = ["harbour"]')

    assert line_of(tmp_path, FILES["ferries"]) == "themes: [boats, harbour]"
    assert line_of(tmp_path, FILES["teapots"]) == "themes: [harbour]"
    assert applied(tmp_path).changed == ()
    before = content(tmp_path)
    pulled(tmp_path)
    assert content(tmp_path) == before


def test_a_story_that_two_feeds_bring_at_once_has_the_themes_of_both(tmp_path: Path) -> None:
    settings(tmp_path, second='themes = ["harbour"]')
    (tmp_path / "first.xml").write_text(rss(ENTRIES))
    (tmp_path / "second.xml").write_text(rss(ENTRIES[2:]))
    pulled(tmp_path)

    assert line_of(tmp_path, FILES["teapots"]) == "themes: [harbour]"
    assert applied(tmp_path).changed == ()
    before = content(tmp_path)
    pulled(tmp_path)
    assert content(tmp_path) == before


def test_themes_added_to_a_feed_later_are_added_and_removed_by_apply(tmp_path: Path) -> None:
    begin(tmp_path)
    settings(tmp_path, 'themes = ["harbour"]')
    pulled(tmp_path)
    assert line_of(tmp_path, FILES["teapots"]) == "themes: []"

    applied(tmp_path)
    assert line_of(tmp_path, FILES["ferries"]) == "themes: [boats, harbour]"

    settings(tmp_path)
    applied(tmp_path)
    assert line_of(tmp_path, FILES["ferries"]) == "themes: [boats]"


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        ('match = ["ferr*"]', {"ferries", "soup"}),
        ('ignore = ["recipe*"]', {"ferries", "teapots"}),
        ('match = ["ferr*"]\nignore = ["recipe*"]', {"ferries"}),
        ("match = []", {"ferries", "soup", "teapots"}),
    ],
)
def test_only_matching_entries_become_stories(tmp_path: Path, keys: str, taken: set[str]) -> None:
    begin(tmp_path, keys)

    assert there(tmp_path) == taken


def test_skipped_entries_are_counted_and_listed_on_request(tmp_path: Path) -> None:
    settings(tmp_path, 'match = ["ferr*"]')
    (tmp_path / "first.xml").write_text(rss(ENTRIES))
    (tmp_path / "second.xml").write_text(rss([]))

    assert "first   3 entries, 2 new, 1 passed over\n" in pull(tmp_path, "pull", "--dry-run")
    assert "  passed over: Teapots\n" in pull(tmp_path, "--verbose", "pull", "--dry-run")
    rows = json.loads(pull(tmp_path, "pull", "--json"))["rows"]
    assert [row["passed_over"] for row in rows] == [["Teapots"], []]
    again = pull(tmp_path, "--verbose", "pull")
    assert "0 new stories added" in again
    assert "gap" not in again


def test_wider_phrases_add_skipped_entries_of_an_unchanged_feed(
    tmp_path: Path,
) -> None:
    begin(tmp_path, 'match = ["ferr*"]')
    settings(tmp_path, 'match = ["ferr*", "teapot*"]')

    pulled(tmp_path)

    assert there(tmp_path) == {"ferries", "soup", "teapots"}


def test_an_existing_story_stays_and_is_corrected_whatever_the_phrases(
    tmp_path: Path,
) -> None:
    begin(tmp_path)
    settings(tmp_path, 'match = ["nothing"]')
    (tmp_path / "first.xml").write_text(rss([(*ENTRIES[2][:2], "On many shelves.")]))

    pulled(tmp_path)

    assert "> On many shelves." in (tmp_path / FILES["teapots"]).read_text()


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('themes = ["harbor"]', "themes of feed 1: unknown theme 'harbor'; did you mean 'harbour'"),
        ('match = ["a *"]', "match of feed 1: the phrase 'a *' has a '*' that ends no word"),
        ('ignore = "x"', "ignore of feed 1 is not a list of texts in quotes"),
    ],
)
def test_an_invalid_filter_is_an_error_with_its_line(
    tmp_path: Path, keys: str, problem: str
) -> None:
    settings(tmp_path, keys)

    with pytest.raises(Faults) as caught:
        config.load(tmp_path)

    assert f"digest.toml:7: {problem}" in str(caught.value)
