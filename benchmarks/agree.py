"""Compares the content of two sites: `python -m benchmarks.agree SITE OTHER`.

    pages ──parse──▶ stories by week and group, by theme, by feed ──compare──▶ differences

A story is its headline, link, and the words of its excerpt; in a feed, headline, permalink, words.
Week pages must agree group by group, and feeds entry by entry. A theme's pages are compared
together, since generators paginate differently. Order and all other words may differ.
"""

from __future__ import annotations

import html
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import click

Seen = tuple[str, ...]
Pages = dict[str, Counter[Seen]]

_WEEK = re.compile(r"\d{4}/w\d\d")
_THEME = re.compile(r"(themes/[a-z0-9-]+)/(?:page/\d+/)?index\.html")
_ATOM = "{http://www.w3.org/2005/Atom}"
_MOST = 20
_NEWEST = 50  # entries of a feed


class _Stories(HTMLParser):
    """Finds the stories of a page, each with the heading above it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Seen] = []
        self._group: list[str] = []
        self._title: list[str] = []
        self._excerpt: list[str] = []
        self._link = ""
        self._into: list[str] | None = None
        self._inside = self._aside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self._inside, self._link, self._title, self._excerpt = True, "", [], []
        elif tag == "h2" and not self._inside:
            self._group = self._into = []
        elif tag == "h3" and self._inside:
            self._into = self._title
        elif tag == "a" and self._into is self._title and self._inside:
            self._link = dict(attrs).get("href") or ""
        elif tag == "blockquote" and self._inside:
            self._into = self._excerpt
        elif tag == "small":
            self._aside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._inside = False
            self.found.append(
                (folded(self._group), folded(self._title), self._link, folded(self._excerpt))
            )
        elif tag in {"h2", "h3", "blockquote"}:
            self._into = None
        elif tag == "small":
            self._aside = False

    def handle_data(self, data: str) -> None:
        if self._into is not None and not self._aside:
            self._into.append(data)


def folded(words: list[str]) -> str:
    """Returns the words on one line, with single spaces."""
    return " ".join("".join(words).split())


@dataclass(frozen=True, slots=True)
class Site:
    """The stories of a site by week and theme, and the entries of its feeds, by place."""

    name: str
    weeks: Pages
    themes: Pages
    feeds: Pages

    def __str__(self) -> str:
        stories = sum(map(Counter.total, self.weeks.values()))
        return f"{stories:,} stories in {len(self.weeks)} weeks, {len(self.themes)} themes and {len(self.feeds)} feeds"


def read(folder: Path) -> Site:
    """Returns the content of the site in a folder."""
    return Site(
        name=str(folder), weeks=_weeks(folder), themes=_themes(folder), feeds=_feeds(folder)
    )


def differences(site: Site, other: Site) -> list[str]:
    """Returns the differences between two sites, in words."""
    found = []
    for kind in ("weeks", "themes", "feeds"):
        ours, theirs = getattr(site, kind), getattr(other, kind)
        found += [
            f"{kind}: {place} is only in {site.name}"
            for place in sorted(ours.keys() - theirs.keys())
        ]
        found += [
            f"{kind}: {place} is only in {other.name}"
            for place in sorted(theirs.keys() - ours.keys())
        ]
        for place in sorted(ours.keys() & theirs.keys()):
            found += [
                f"{kind}: {place}: only in {site.name}: {' | '.join(one)}"
                for one in ours[place] - theirs[place]
            ]
            found += [
                f"{kind}: {place}: only in {other.name}: {' | '.join(one)}"
                for one in theirs[place] - ours[place]
            ]
    return found


def _weeks(site: Path) -> Pages:
    """Returns the stories of each week's page, each with its group."""
    pages = site.glob("[0-9][0-9][0-9][0-9]/w[0-9][0-9]/index.html")
    return {path.parent.relative_to(site).as_posix(): Counter(_stories(path)) for path in pages}


def _themes(site: Path) -> Pages:
    """Returns the stories of each theme, over all of its pages."""
    found: Pages = {}
    for path in sorted((site / "themes").rglob("index.html")):
        place = _THEME.fullmatch(path.relative_to(site).as_posix())
        if place:
            found.setdefault(place[1], Counter()).update(story[1:] for story in _stories(path))
    return found


def _feeds(site: Path) -> Pages:
    """Returns the entries of the feeds of the whole, of each theme and of each closed week.

    Of the feed of all stories only the newest, since ours has the whole open week, which not every peer can do.
    """
    closed = sorted(site.glob("[0-9]*/w[0-9][0-9]/index.html"))[
        :-1
    ]  # the newest week is open: we have no feed of it
    whole = site / "feed.atom"
    parts = [*site.glob("themes/*/feed.atom"), *(path.with_name("feed.atom") for path in closed)]
    found = {
        path.relative_to(site).as_posix(): Counter(_entries(path))
        for path in parts
        if path.exists()
    }
    return found | (
        {whole.name: Counter(islice(_entries(whole), _NEWEST))} if whole.exists() else {}
    )


def _stories(path: Path) -> list[Seen]:
    parser = _Stories()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.close()
    return parser.found


def _entries(path: Path) -> Iterator[Seen]:
    for entry in ET.parse(path).getroot().iter(f"{_ATOM}entry"):
        places = [link.get("href", "") for link in entry.iter(f"{_ATOM}link")]
        permalink = next((place for place in places if _WEEK.search(place) and "#" in place), "")
        content = entry.findtext(f"{_ATOM}content", "")
        quoted = re.search(r"<blockquote[^>]*>(.*?)</blockquote>", content, re.DOTALL)
        words = html.unescape(re.sub(r"<[^>]*>", " ", quoted[1])) if quoted else ""
        yield entry.findtext(f"{_ATOM}title", ""), permalink, folded([words])


@click.command()
@click.argument("site", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("other", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(site: Path, other: Path) -> None:
    """Compares the stories of two sites; exit code 1 where they differ."""
    ours, theirs = read(site), read(other)
    found = differences(ours, theirs)
    for line in found[:_MOST]:
        click.echo(line)
    if found:
        click.echo(f"{len(found)} differences")
        sys.exit(1)
    click.echo(f"The same: {ours}.")


if __name__ == "__main__":
    main()
