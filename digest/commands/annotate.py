"""Annotations for the preview: what an editor wants to know about each story and text on a page.

    permalink ──▶ story ──▶ its themes' evidence, what `check` would say of it, the publisher's summary ──▶ Annotation

Made when a page is requested, and kept until the file, a ledger or digest.toml changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from digest.cache import FILE as CACHE_FILE
from digest.cache import Cache
from digest.checks import content_rules
from digest.content import paths, store, summaries
from digest.content.history import History
from digest.content.identity import aliases_of_link
from digest.content.ledger import Record
from digest.errors import DigestError, Problem
from digest.model import CONFIG_FILE, Config, Content, FreePage, Letter, Story
from digest.preview.annotations import Annotation
from digest.site import addresses, arrange
from digest.site.archive import Archive
from digest.themes.reapply import judge
from digest.themes.reasons import reasons
from digest.themes.suggest import Index, Suggestion

_AT_ONCE = 200  # stories: more would make a page wait


@dataclass(slots=True)
class _Kept:
    """What outlives a build: annotations by file, the index for suggestions, the ledgers' history,
    each feed's summaries, as they were when the cache was written last.

    `links` has the files of the stories under each name of their links, `linked` the names by file;
    of `pending` stories, None for all of them, these are still to be noted. `suggested` has
    by file which themes a story may have: an edit of one story hardly changes that of others.
    """

    made: dict[str, Annotation] = field(default_factory=dict)
    index: Index | None = None
    suggested: dict[str, tuple[Suggestion, ...]] = field(default_factory=dict)
    history: History | None = None
    summaries: dict[str, dict[str, str]] = field(default_factory=dict)
    cache_written: int = 0
    links: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    linked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pending: list[str] | None = None


class Annotations:
    """The annotations of one build; `after` gives those of the next, which keep what still holds."""

    def __init__(self, root: Path, config: Config, content: Content, archive: Archive) -> None:
        self._root, self._config, self._content, self._archive = root, config, content, archive
        self._stories = {story.file: story for story in content.stories}
        self._kept = _Kept()
        self._anchors: dict[str, dict[str, str]] = {}
        self._editions = {addresses.week(edition.week): edition for edition in archive.editions}
        self._read = partial(store.read_text, root)

    def after(
        self, changed: frozenset[str], config: Config, content: Content, archive: Archive
    ) -> Annotations:
        """Returns the annotations of the next build, before which these files have changed."""
        following = Annotations(self._root, config, content, archive)
        kept = following._kept = self._kept
        is_read_anew = CONFIG_FILE in changed or any(
            one.startswith(paths.LEDGERS) for one in changed
        )
        if is_read_anew:
            kept.made, kept.history = {}, None
        if is_read_anew or following._stories.keys() != self._stories.keys():
            kept.index, kept.suggested = None, {}
        kept.suggested = {file: one for file, one in kept.suggested.items() if file not in changed}
        kept.made = {
            file: annotation for file, annotation in kept.made.items() if file not in changed
        }
        for file in changed & kept.linked.keys():
            for name in kept.linked.pop(file):
                kept.links[name].discard(file)
        if kept.pending is not None:
            kept.pending += filter(paths.is_story, changed)
        return following

    def of_story(self, place: str) -> tuple[Annotation, ...]:
        """Returns the annotations of the story at a permalink, () if there is none."""
        page, _, anchor = place.partition("#")
        file = self._anchored(page).get(anchor)
        with suppress(
            DigestError, LookupError
        ):  # a file that was broken or deleted since the build
            return (self._annotation(file),) if file else ()
        return ()

    def of_file(self, file: str) -> Annotation:
        """Returns the annotation of a story by its file; an empty one if the build had none."""
        with suppress(DigestError, LookupError):
            return self._annotation(file)
        return Annotation(file=file)

    def likely(self, file: str) -> dict[str, str]:
        """Returns the themes that a story may have, and why: by the stories that it is like."""
        story = self._stories.get(file)
        suggested = self._suggestions(story) if story else ()
        found = [replace(one, like=one.like[:1]) for one in suggested]
        return {one.theme: one.likeness.removeprefix(": ") for one in found}

    def records(self, story: Story) -> list[Record]:
        """Returns what the ledgers have about a story."""
        return [record for _, record in self._history().of(story)]

    def _anchored(self, page: str) -> dict[str, str]:
        """Returns the files of a week's stories by their anchors, put together once for the many on
        its page."""
        if page not in self._anchors:
            edition, anchors = self._editions.get(page), self._archive.anchors
            self._anchors[page] = {
                anchors.of(story): story.file for story in (edition.stories if edition else ())
            }
        return self._anchors[page]

    def of_page(self, place: str) -> tuple[Annotation, ...]:
        """Returns the annotations of the letters, pages and introductions that a page shows."""
        return tuple(
            Annotation(
                file=text.file,
                line=text.line,
                draft=text.draft,
                hints=content_rules.of_text(text, self._read),
            )
            for text in self._texts(place)
        )

    def _texts(self, place: str) -> Iterator[Letter | FreePage]:
        front = arrange.front(self._archive)
        edition = self._editions.get(place) or (front if place == addresses.HOME else None)
        if edition and edition.letter:
            yield edition.letter
        for line in self._archive.storylines:
            if line.introduction and place == addresses.theme(line.theme.id):
                yield line.introduction
        yield from (page for page in self._archive.pages if place == addresses.free_page(page.name))

    def prepare(self) -> bool:
        """Does a little of what takes long in a large archive, once; tells whether there is more to
        do."""
        if self._kept.history is None:
            self._kept.history = self._read_history()
            return True
        if self._kept.index is None and self._config.themes:
            self._kept.index = Index(self._content.stories, self._config.themes)
            return True
        return not self._link()

    def _annotation(self, file: str) -> Annotation:
        """Returns a story's annotation: what follows from the story alone is kept, the rest may be
        another at any time."""
        made = self._kept.made
        story = self._stories[file]
        if file not in made:
            made[file] = self._make(story)
        own = made[file]
        return replace(
            own,
            why=(*own.why, *self._suggested(story)),
            hints=(*own.hints, *self._beside(story)),
            summary=self._summary(story),
        )

    def _suggested(self, story: Story) -> Iterator[str]:
        """Yields the themes that a story without one may have, and what it is like."""
        if story.themes or not self._config.themes:
            return
        titles = {theme.id: theme.title for theme in self._config.themes}
        yield "No theme"
        for one in self._suggestions(story):
            yield f"perhaps {titles[one.theme]}{one.likeness}"

    def _suggestions(self, story: Story) -> tuple[Suggestion, ...]:
        """Returns the themes that a story may have, the likeliest first."""
        kept, themes = self._kept, self._config.themes
        if story.file not in kept.suggested and themes:
            kept.index = kept.index or Index(self._content.stories, themes)
            kept.suggested[story.file] = kept.index.suggest(story)
        return kept.suggested.get(story.file, ())

    def _make(self, story: Story) -> Annotation:
        themes, history = self._config.themes, self._history()
        verdict = judge(
            story,
            history.of(story),
            themes,
            summaries=tuple(self._summaries(story)),
            feeds=self._config.feeds,
        )
        titles = {theme.id: theme.title for theme in themes}
        found = [one for one in reasons(verdict, themes) if one.theme in titles]
        return Annotation(
            file=story.file,
            line=story.line,
            draft=story.draft,
            why=tuple(f"{titles[one.theme]}: {one.why}" for one in found),
            reasons={one.theme: one.why for one in found},
            hints=content_rules.of_story(story, history, self._config, self._read),
        )

    def _beside(self, story: Story) -> Iterator[Problem]:
        """Yields hints about duplicates among the stories whose links have been indexed so far."""
        if len(self._pending()) <= _AT_ONCE:
            self._link()
        files = {
            file
            for name in aliases_of_link(story.link)
            for file in tuple(self._kept.links.get(name, ()))
        }
        files |= {other.file for other in self._leads(story)} | {story.file}
        if len(files) == 1:
            return
        others = [self._stories[file] for file in sorted(files)]
        yield from (
            hint for hint in content_rules.among(others, self._read) if hint.file == story.file
        )

    def _leads(self, story: Story) -> Iterable[Story]:
        edition = self._editions.get(addresses.week(story.week)) if story.lead else None
        return [self._stories[one.file] for one in (edition.stories if edition else ()) if one.lead]

    def _history(self) -> History:
        kept = self._kept
        kept.history = kept.history or self._read_history()
        return kept.history.with_altered(self._content.altered)

    def _read_history(self) -> History:
        return History(store.read_ledgers(self._root)[0], added=store.read_added(self._root)[0])

    def _link(self) -> bool:
        """Notes the names of links that are not noted yet, of a few hundred stories at once; tells
        whether all are."""
        pending = self._pending()
        for _ in range(min(_AT_ONCE, len(pending))):
            self._note(pending.pop())
        return not pending

    def _pending(self) -> list[str]:
        kept = self._kept
        if kept.pending is None:
            kept.pending = [story.file for story in self._content.stories if not story.hide]
        return kept.pending

    def _note(self, file: str) -> None:
        """Indexes the link of one story, if it still exists."""
        with suppress(DigestError, LookupError):
            names = aliases_of_link(self._stories[file].link)
            self._kept.linked[file] = names
            for name in names:
                self._kept.links[name].add(file)

    def _summary(self, story: Story) -> str:
        """Returns the publisher's whole summary as a pull has kept it; a pull may run at any
        time."""
        return next(self._summaries(story), "")

    def _summaries(self, story: Story) -> Iterator[str]:
        return filter(
            None, (summaries.of_story(story, self._of_feed(feed)) for feed in story.feeds)
        )

    def _of_feed(self, feed: str) -> dict[str, str]:
        kept = self._kept
        try:
            written = (self._root / CACHE_FILE).stat().st_mtime_ns
        except OSError:
            return {}
        if written != kept.cache_written:
            kept.summaries, kept.cache_written = {}, written
        if feed not in kept.summaries:
            with Cache(self._root) as cache:
                stored = cache.get(summaries.KIND, feed, b"", summaries.Stored) or []
            kept.summaries[feed] = summaries.by_name(stored)
        return kept.summaries[feed]
