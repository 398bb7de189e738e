"""`digest export`: all stories and texts as JSON records, for analysis, backup or moving elsewhere.

    survey ──▶ anchors ──▶ the digest │ its stories │ letters │ introductions │ pages │ every other file, by name

Hidden stories and drafts are included and marked. Never gives half an archive: if a file cannot be
read, all problems are raised before the first record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from digest import redact
from digest.content import load, publishable
from digest.errors import Faults
from digest.model import Config, Content, FreePage, Letter, Story
from digest.names import current_ids
from digest.site import addresses, attachments
from digest.site.addresses import SiteUrl
from digest.site.arrange import arrange
from digest.site.feeds import atom
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer

VERSION = 1
"""Incremented when a field changes its meaning or is removed; new fields may be added at any
time."""

ExportRecord = dict[str, object]


def run(root: Path, config: Config) -> Iterator[ExportRecord]:
    """Returns the records of the digest at `root`: the digest itself, then each kind in the order
    of its files' names.

    Raises Faults with every problem in its content.
    """
    survey = load.survey(root, config)
    if survey.problems:
        raise Faults(survey.problems)
    return _records(survey.content, survey.files, config)


def _records(content: Content, files: Iterable[str], config: Config) -> Iterator[ExportRecord]:
    content = publishable.without_secrets(content)
    exporter = _Exporter(content, config)
    yield exporter.digest()
    yield from map(exporter.story, content.stories)
    yield from map(exporter.letter, content.letters)
    yield from map(exporter.introduction, content.introductions)
    yield from map(exporter.page, content.pages)
    exported = {item.file for item in (*content.stories, *content.texts)}
    yield from (exporter.other(file) for file in files if file not in exported)


class _Exporter:
    """Makes the records of one digest; an address is None if the site has none, as for drafts."""

    def __init__(self, content: Content, config: Config) -> None:
        self._config, self._earlier = config, content.earlier_headlines
        self._lasting_names, self._writers = content.lasting_names, content.excerpt_writers
        archive = arrange(content, config)
        self._anchors = archive.anchors
        self._themes = current_ids(config.themes)
        self._base = SiteUrl(config.site.url)
        published = attachments.published_files(
            archive, MarkdownRenderer(Targets(archive, self._base))
        )
        self._copied = {one.file: one.path for one in published}

    def digest(self) -> ExportRecord:
        config = self._config
        return {
            "kind": "digest",
            "version": VERSION,
            **config.site._asdict(),
            "close": config.close,
            "feeds": [
                feed._asdict() | {"url": redact.strip_feed(feed.url)} for feed in config.feeds
            ],
            "themes": [theme._asdict() for theme in config.themes],
        }

    def story(self, story: Story) -> ExportRecord:
        place = addresses.permalink(story.week, self._anchors.of(story))
        known = {feed.id for feed in self._config.feeds}
        first = next((feed for feed in story.feeds if feed in known), None)
        return {
            "kind": "story",
            "file": story.file,
            "week": str(story.week),
            "slug": story.slug,
            "permalink": None if story.hide or story.draft else self._base.absolute(place),
            "atom_id": atom.entry_id(story, self._lasting_names),
            "title": story.title,
            "headline": story.headline,
            "link": story.link,
            "published": story.published.isoformat(),
            "updated": _iso(story.updated),
            "authors": story.authors,
            "source": story.source,
            "feeds": story.feeds,
            "themes": story.themes,
            "image": story.image,
            "id": redact.strip_text(story.id),
            "lead": story.lead,
            "hide": story.hide,
            "draft": story.draft,
            "also": story.also,
            "corrections": [{"day": str(one.day), "text": one.text} for one in story.corrections],
            "ahead": [asdict(one) for one in story.ahead],
            "saved": story.saved,
            "excerpt": story.excerpt,
            "excerpt_feed": self._writers.get(story.file, first) if story.excerpt else None,
            "note": story.note,
            "earlier": story.earlier,
            "earlier_titles": self._earlier.get(story.file, ()) if story.earlier else (),
        }

    def letter(self, letter: Letter) -> ExportRecord:
        return {
            "kind": "letter",
            "file": letter.file,
            "week": str(letter.week),
            "address": None if letter.draft else self._base.absolute(addresses.week(letter.week)),
            "title": letter.title,
            "draft": letter.draft,
            "published": _iso(letter.published),
            "updated": _iso(letter.updated),
            "ahead": [asdict(one) for one in letter.ahead],
            "body": letter.body,
        }

    def introduction(self, page: FreePage) -> ExportRecord:
        theme = self._themes.get(page.name, page.name)
        return {"kind": "introduction", "theme": theme, **self._page(page, addresses.theme(theme))}

    def page(self, page: FreePage) -> ExportRecord:
        place = addresses.free_page(page.name)
        return {"kind": "page", "name": page.name, **self._page(page, place)}

    def _page(self, page: FreePage, place: str) -> ExportRecord:
        return {
            "file": page.file,
            "address": None if page.draft else self._base.absolute(place),
            "title": page.title,
            "draft": page.draft,
            "body": page.body,
        }

    def other(self, file: str) -> ExportRecord:
        path = self._copied.get(file)
        return {
            "kind": "file",
            "file": file,
            "address": None if path is None else self._base.absolute(path),
        }


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
