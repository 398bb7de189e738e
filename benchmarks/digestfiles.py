"""Writes the files of a generated digest: digest.toml, letters, introductions, a page, and feeds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from digest.model import Config, Entry, Feed, Letter


def put(path: Path, text: str) -> None:
    """Writes a file, and its folder where that is not there yet."""
    data = text.encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(handle, data)
    os.close(handle)


def append(path: Path, text: str) -> None:
    """Adds to the end of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_frame(folder: Path, config: Config) -> None:
    """Writes digest.toml, what git has to know, the themes' introductions and a free page."""
    put(folder / "digest.toml", _toml(config))
    put(folder / ".gitignore", ".digest/\nsite/\n")
    put(folder / ".gitattributes", "content/ledger/*.jsonl merge=union text eol=lf\n")
    put(
        folder / "content/pages/about.md",
        "---\ntitle: About\n---\n\nA made-up digest, *to be measured*.\n",
    )
    for theme in config.themes:
        words = f"**{theme.title}**: what we follow under this name, and why it matters.\n\nBegin with the newest.\n"
        put(folder / f"content/themes/{theme.id}.md", words)


def write_letter(folder: Path, letter: Letter) -> None:
    """Writes a week's letter."""
    put(folder / letter.file, f"---\ntitle: {letter.title}\n---\n\n{letter.body}\n")


def write_feed(folder: Path, feed: Feed, entries: Sequence[Entry]) -> None:
    """Writes a feed as its publisher would serve it, the newest entry first, as RSS 2.0."""
    entries = sorted(entries, key=lambda entry: str(entry.published), reverse=True)
    head = f"<title>{escape(feed.title)}</title><link>https://quayside.example/</link><description>News</description>"
    body = "\n".join(map(_rss, entries))
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel>{head}\n{body}\n</channel>\n</rss>\n"
    )
    put(folder / feed.url, text)


def _rss(entry: Entry) -> str:
    summary = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in entry.summary.split("\n\n"))
    fields = [
        f'<guid isPermaLink="false">{escape(entry.id)}</guid>',
        f"<title>{escape(entry.title)}</title>",
        f"<link>{escape(entry.id)}</link>",
        *(f"<dc:creator>{escape(name)}</dc:creator>" for name in entry.authors),
        f"<description>{escape(summary)}</description>",
    ]
    if entry.published:
        fields.append(f"<pubDate>{format_datetime(entry.published)}</pubDate>")
    return f"<item>{''.join(fields)}</item>"


def _toml(config: Config) -> str:
    site = config.site
    names = ("title", "url", "id", "description", "language", "timezone", "editor")
    lines = ["[site]", *(f"{name} = {_quoted(getattr(site, name))}" for name in names)]
    for feed in config.feeds:
        lines += [
            "",
            "[[feeds]]",
            *(f"{name} = {_quoted(getattr(feed, name))}" for name in ("id", "url", "title")),
        ]
        lines += [f"publisher = {_quoted(feed.publisher)}", f"excerpt = {feed.excerpt}"]
    for theme in config.themes:
        match = ", ".join(map(_quoted, theme.match))
        lines += [
            "",
            "[[themes]]",
            f"id = {_quoted(theme.id)}",
            f"title = {_quoted(theme.title)}",
            f"match = [{match}]",
        ]
    return "\n".join(lines) + "\n"


def _quoted(words: str) -> str:
    return f'"{words}"'
