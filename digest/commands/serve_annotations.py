"""Annotations for the preview: what an editor wants to know about each story and text on a page.

    permalink ──▶ story ──▶ its themes' evidence, what `check` would say of it, the publisher's summary ──▶ Annotation

Made when a page is requested, and kept until the file, a ledger or digest.toml changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from digest.cache import FILE as CACHE_FILE
from digest.checks import content_rules
from digest.content import paths, store, summaries
from digest.content.history import History
from digest.content.identity import aliases_of_link
from digest.content.ledger import Record
from digest.errors import DigestError, Problem
from digest.model import CONFIG_FILE, Config, Content, FreePage, Letter, Story
from digest.preview.annotations import Annotation
from digest.site import addresses
from digest.site.archive import Archive
from digest.themes.reapply import evaluate_rules
from digest.themes.reasons import reasons
from digest.themes.suggest import Index, Suggestion

T = TypeVar("T")

_MAX_INDEXED = 200  # stories: more would make a page wait


@dataclass(slots=True)
class _Caches:
    """What outlives a build: annotations by file, the index for suggestions, the ledgers' history,
    each feed's summaries, as they were when the cache was written last.

    `files_by_alias` and `aliases_by_file` are about the links of stories; those of the stories in
    `unindexed` (None for all) are still to be added. `suggestions` has by file which themes a story
    may have: an edit of one story hardly changes that of others.

    `lock` is held while they are read and changed: pages are served, the desk answers and the next
    build takes over in a thread each. Only `prepare` sets `history` and `index` without it, so that
    no page waits: it runs in the thread of the builds, and only a build takes them away.
    """

    annotations: dict[str, Annotation] = field(default_factory=dict)
    index: Index | None = None
    suggestions: dict[str, tuple[Suggestion, ...]] = field(default_factory=dict)
    history: History | None = None
    summaries: dict[str, dict[str, str]] = field(default_factory=dict)
    cache_written: int = 0
    files_by_alias: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    aliases_by_file: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unindexed: list[str] | None = None
    lock: Lock = field(default_factory=Lock)


class Annotations:
    """The annotations of one build; `after` gives those of the next, which keep what still holds."""

    def __init__(self, root: Path, config: Config, content: Content, archive: Archive) -> None:
        self._root, self._config, self._content, self._archive = root, config, content, archive
        self._stories = {story.file: story for story in content.stories}
        self._titles = {theme.id: theme.title for theme in config.themes}
        self._caches = _Caches()
        self._anchored: dict[str, dict[str, str]] = {}
        self._editions = {addresses.week(edition.week): edition for edition in archive.editions}
        self._read = partial(store.read_text, root)

    def after(
        self, changed: frozenset[str], config: Config, content: Content, archive: Archive
    ) -> Annotations:
        """Returns the annotations of the next build, before which these files have changed."""
        following = Annotations(self._root, config, content, archive)
        caches = following._caches = self._caches
        with caches.lock:
            caches.annotations = _without(caches.annotations, changed)
            caches.suggestions = _without(caches.suggestions, changed)
            if following._stories.keys() != self._stories.keys():
                caches.index, caches.suggestions = None, {}
            if CONFIG_FILE in changed or any(file.startswith(paths.LEDGERS) for file in changed):
                caches.annotations, caches.history = {}, None
                caches.index, caches.suggestions = None, {}
            for file in changed & caches.aliases_by_file.keys():
                for alias in caches.aliases_by_file.pop(file):
                    caches.files_by_alias[alias].discard(file)
            if caches.unindexed is not None:
                caches.unindexed += filter(paths.is_story, changed)
        return following

    def prepare(self) -> bool:
        """Does a little of what takes long in a large archive, once; True if there is more to do."""
        if self._caches.history is None:
            self._caches.history = self._read_history()
            return True
        if self._caches.index is None and self._config.themes:
            self._caches.index = Index(self._content.stories, self._config.themes)
            return True
        with self._caches.lock:
            return not self._index_links()

    def of_story(self, place: str) -> tuple[Annotation, ...]:
        """Returns the annotations of the story at a permalink, () if there is none."""
        page, _, anchor = place.partition("#")
        if page not in self._anchored:  # the files of a week by anchor: its page asks for many
            edition, anchors = self._editions.get(page), self._archive.anchors
            stories = edition.stories if edition else ()
            self._anchored[page] = {anchors.of(story): story.file for story in stories}
        file = self._anchored[page].get(anchor)
        # a file may have been broken or deleted since the build
        with suppress(DigestError, LookupError), self._caches.lock:
            return (self._annotation(file),) if file else ()
        return ()

    def of_file(self, file: str) -> Annotation:
        """Returns the annotation of a story by its file; an empty one if the build had none."""
        with suppress(DigestError, LookupError), self._caches.lock:
            return self._annotation(file)
        return Annotation(file=file)

    def of_page(self, place: str) -> tuple[Annotation, ...]:
        """Returns the annotations of the letters, pages and introductions that a page shows."""
        texts: list[Letter | FreePage] = []
        edition = self._editions.get(place)
        if edition is None and place == addresses.HOME:
            edition = self._archive.home_edition
        if edition and edition.letter:
            texts.append(edition.letter)
        for theme, _, introduction in self._archive.by_theme:
            if introduction and place == addresses.theme(theme.id):
                texts.append(introduction)
        texts += (page for page in self._archive.pages if place == addresses.free_page(page.name))
        found = []
        for text in texts:
            hints = content_rules.of_text(text, self._read)
            found.append(Annotation(file=text.file, line=text.line, draft=text.draft, hints=hints))
        return tuple(found)

    def likely(self, file: str) -> dict[str, str]:
        """Returns the themes that a story may have, and why: by the stories that it is like."""
        story = self._stories.get(file)
        reasons_by_theme = {}
        with self._caches.lock:
            suggestions = self._suggest(story) if story else ()
        for suggestion in suggestions:
            reasons_by_theme[suggestion.theme] = replace(suggestion, like=suggestion.like[:1]).why
        return reasons_by_theme

    def records(self, story: Story) -> list[Record]:
        """Returns what the ledgers have about a story."""
        return self.history().of(story)

    def history(self) -> History:
        """Returns what the ledgers have about all stories."""
        with self._caches.lock:
            return self._history()

    def _annotation(self, file: str) -> Annotation:
        """Returns a story's annotation: what follows from the story alone is cached, the rest may
        change at any time."""
        caches, story = self._caches.annotations, self._stories[file]
        if file not in caches:
            caches[file] = self._annotation_alone(story)
        own = caches[file]
        why = list(own.why)
        if self._config.themes and not story.themes:
            why.append("No theme")
            for suggestion in self._suggest(story):
                why.append(f"perhaps {self._titles[suggestion.theme]}: {suggestion.why}")
        return replace(
            own,
            why=tuple(why),
            hints=(*own.hints, *self._hints_beside(story)),
            summary=next(self._summaries(story), ""),
        )

    def _annotation_alone(self, story: Story) -> Annotation:
        """Returns what is known of a story without looking at others."""
        themes, history = self._config.themes, self._history()
        result = evaluate_rules(
            story, history.of(story), tuple(self._summaries(story)), self._config
        )
        why, why_by_theme = [], {}
        for reason in reasons(result, themes):
            if reason.theme in self._titles:
                why.append(f"{self._titles[reason.theme]}: {reason.why}")
                why_by_theme[reason.theme] = reason.why
        return Annotation(
            file=story.file,
            line=story.line,
            draft=story.draft,
            why=tuple(why),
            reasons=why_by_theme,
            hints=content_rules.of_story(story, history, self._config, self._read),
        )

    def _suggest(self, story: Story) -> tuple[Suggestion, ...]:
        """Returns the themes that a story may have, the likeliest first."""
        caches, themes = self._caches, self._config.themes
        if story.file not in caches.suggestions and themes:
            caches.index = caches.index or Index(self._content.stories, themes)
            caches.suggestions[story.file] = caches.index.suggest(story)
        return caches.suggestions.get(story.file, ())

    def _hints_beside(self, story: Story) -> Iterator[Problem]:
        """Yields hints about duplicates among the stories whose links have been indexed so far, and
        about a second lead."""
        if len(self._unindexed()) <= _MAX_INDEXED:
            self._index_links()
        files = {story.file}
        for alias in aliases_of_link(story.link):
            files |= self._caches.files_by_alias.get(alias, set())
        edition = self._editions.get(addresses.week(story.week))
        if story.lead and edition:
            files |= {other.file for other in edition.stories if other.lead}
        if len(files) > 1:
            stories = [self._stories[file] for file in sorted(files)]
            for hint in content_rules.duplicate_hints(stories, self._read):
                if hint.file == story.file:
                    yield hint

    def _history(self) -> History:
        caches = self._caches
        caches.history = caches.history or self._read_history()
        return caches.history.with_altered(self._content.altered)

    def _read_history(self) -> History:
        return History(
            store.read_ledgers(self._root)[0], from_pages=store.read_from_pages(self._root)[0]
        )

    def _unindexed(self) -> list[str]:
        caches = self._caches
        if caches.unindexed is None:
            caches.unindexed = [story.file for story in self._content.stories if not story.hide]
        return caches.unindexed

    def _index_links(self) -> bool:
        """Indexes the links of a few hundred stories; True if no more are left."""
        unindexed = self._unindexed()
        for _ in range(min(_MAX_INDEXED, len(unindexed))):
            file = unindexed.pop()
            with suppress(DigestError, LookupError):  # it may have been deleted
                aliases = aliases_of_link(self._stories[file].link)
                self._caches.aliases_by_file[file] = aliases
                for alias in aliases:
                    self._caches.files_by_alias[alias].add(file)
        return not unindexed

    def _summaries(self, story: Story) -> Iterator[str]:
        """Yields the publishers' whole summaries of a story; a pull may change them at any time."""
        for feed in story.feeds:
            if summary := summaries.of_story(story, self._summaries_of_feed(feed)):
                yield summary

    def _summaries_of_feed(self, feed: str) -> dict[str, str]:
        caches = self._caches
        try:
            written = (self._root / CACHE_FILE).stat().st_mtime_ns
        except OSError:
            return {}
        if written != caches.cache_written:
            caches.summaries, caches.cache_written = {}, written
        if feed not in caches.summaries:
            caches.summaries[feed] = store.summaries_of_feed(self._root, feed)
        return caches.summaries[feed]


def _without(values: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    return {name: value for name, value in values.items() if name not in names}
