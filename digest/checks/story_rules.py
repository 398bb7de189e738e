"""Hints about stories: headlines, dates, ids, excerpts, leads, and two files for one story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from digest import urls
from digest.checks import markdown_rules
from digest.content import excerpt, ledger, paths
from digest.content.history import History
from digest.content.identity import CLAIM
from digest.content.ledger import Record
from digest.errors import Problem
from digest.model import Story
from digest.week import Week

LineOf = Callable[[str, str], int]
"""Returns the line of a key in a file's front matter."""

_hint = partial(Problem, hint=True)

_LONG_TITLE = 40
"""Characters. Feeds cut long headlines; a short one may well end in three dots."""
_UNSURE = "delete one of them"
_DISTINCTIVE = 5
"""An excerpt with fewer words than this may be that of several stories."""


def of_each(
    stories: Sequence[Story], history: History, zone: ZoneInfo, line_of: LineOf
) -> Iterator[Problem]:
    """Yields the hints about each story by itself, except those about folder and excerpt."""
    for rule in (_tracked, _truncated, _altered_ids):
        yield from rule(stories, history, line_of)
    yield from _misdated(stories, history, zone, line_of)


def _tracked(stories: Iterable[Story], _: History, line_of: LineOf) -> Iterator[Problem]:
    for story in stories:
        cleaned = markdown_rules.untracked(story.link)
        if cleaned:
            line = line_of(story.file, "link")
            yield _hint(story.file, line, "the link tracks its readers", f"write {cleaned}")


def _truncated(stories: Iterable[Story], history: History, line_of: LineOf) -> Iterator[Problem]:
    """Finds headlines that are missing or cut off, unless the editor has written a `headline`."""
    for story in stories:
        if story.headline:
            continue
        titles = [record.title for _, record in history.of(story)]
        longer = [title for title in titles if _is_cut(story.title, title)]
        if longer:
            what, cure = "the title is cut off", f"the feed says: {longer[0]}"
        elif story.title == urls.host(story.link):
            what = "it has no headline, only the name of its site"
            cure = "write one of your own as headline:"
        elif story.title.endswith(("…", "...")) and len(story.title) >= _LONG_TITLE:
            what = "the title is cut off"
            cure = "find the whole headline at the link, and write it as headline:"
        else:
            continue
        yield _hint(story.file, line_of(story.file, "title"), what, cure)


def _is_cut(title: str, longer: str) -> bool:
    """True if `longer` goes on after `title` with another word, not with ` - ` or ` | `."""
    bare = title.rstrip("….").rstrip()
    rest = longer[len(bare) :]
    return bool(bare) and longer.startswith(bare) and rest[:1] == " " and rest[1:2].isalnum()


def in_another_week(
    stories: Iterable[Story], history: History, been: Collection[tuple[str, Week]] = ()
) -> Iterator[Problem]:
    """Finds stories written into a folder that is not that of their date's week.

    Stories that were pulled or moved there are not meant. `been` are the weeks in which stories are
    or were, by file.
    """
    for story in stories:
        own = Week.of(story.day)
        if own != story.week and not (history.of(story) or (story.file, own) in been):
            what = f"is in the folder of {story.week}, but its date, {story.day}, belongs to {own}"
            cure = f"move it to content/{own.folder}/, unless you want it in this edition"
            yield _hint(story.file, 0, what, cure)


def _misdated(
    stories: Iterable[Story], history: History, zone: ZoneInfo, line_of: LineOf
) -> Iterator[Problem]:
    """Finds file names with another day than `published`, unless the publisher changed it."""
    for story in stories:
        place = paths.PLACE.fullmatch(story.file)
        days = {story.published.date(), story.published.astimezone(zone).date()}
        if place is None or place[2] is None or story.day in days:
            continue
        said = ledger.hash_of_value(story.published)
        if not any(record.wrote.get("published") == said for _, record in history.of(story)):
            what = f"published says {story.published.date()}, but the file's name says {story.day}"
            line = line_of(story.file, "published")
            yield _hint(story.file, line, what, "correct the one that is wrong")


def _altered_ids(stories: Iterable[Story], history: History, line_of: LineOf) -> Iterator[Problem]:
    """Finds pulled stories whose `id`, or the feed in which it is valid, was removed or changed."""
    for story in stories:
        published = ledger.hash_of_value(story.published)
        written = [
            (feed, record)
            for feed, record in history.of_file(history.altered.get(story.file, ""))
            if not ledger.is_adopted(record)
            if story.file == record.file or record.wrote.get("published") == published
        ]
        if not written:
            continue
        feed, record = min(written, key=lambda one: (one[1].since or one[1].at, not one[1].made))
        if not (story.id or ledger.has_guid(record)):
            continue
        key, cure = "id", "put it back"
        what = f"its `id` is not the one that feed '{feed}' gave it: {record.id}"
        if not ledger.has_guid(record):
            what, cure = f"feed '{feed}' gave this story no `id`, but the file has one", "remove it"
        elif story.id == record.id and feed in story.feeds:
            continue  # only the order of its feeds is another; its Atom id is the same
        elif story.id == record.id:
            key, cure = "feeds", f"add {feed} to them"
            what = f"its `feeds` do not name '{feed}', which its `id` is from"
        yield _hint(story.file, line_of(story.file, key), what, cure)


def requoted(story: Story, history: History) -> Iterator[Problem]:
    """Finds a quotation that is shown as the editor's, but may be the excerpt that pull wrote."""
    if story.excerpt or ">" not in story.note:
        return
    records = [*(record for _, record in history.of(story)), *history.added(story)]
    hashes = {hash for record in records for hash in record.excerpts}
    moved, line = excerpt.below(story.note, hashes)
    if moved:
        what = (
            "the publisher's excerpt is below your note, so readers see it as a quotation of yours"
        )
        yield _hint(story.file, story.line + line, what, "move it to the top, above your note")
    elif excerpt.opening(story.note)[0] and ledger.wrote_excerpt(records):
        what = "the opening quotation is not the excerpt that Digest wrote, so it is shown as yours"
        cure = (
            "if it is yours, put a line of your own above it; "
            "if it is the publisher's, restore it from git"
        )
        yield _hint(story.file, story.line, what, cure)


def second_leads(stories: Iterable[Story], line_of: LineOf) -> Iterator[Problem]:
    """Finds weeks with more than one lead story."""
    by_week: dict[Week, list[Story]] = defaultdict(list)
    for story in stories:
        if story.lead:
            by_week[story.week].append(story)
    for week, leads in by_week.items():
        first, *others = sorted(leads, key=lambda story: story.file)
        for story in others:
            what = f"is a second lead story of {week}, beside {first.file}"
            line = line_of(story.file, "lead")
            yield _hint(story.file, line, what, "keep lead: true in only one of them")


def same_articles(stories: Iterable[Story], line_of: LineOf) -> Iterator[Problem]:
    """Finds stories that link to the same article. With the same id too it is an error."""
    seen: dict[str, Story] = {}
    for story in sorted(stories, key=lambda story: (story.published, story.file)):
        names = _article_names(story)
        first = next((seen[name] for name in names if name in seen), None)
        if first and (story.id or story.link) != (first.id or first.link):
            what = f"links to the same article as {first.file}"
            yield _hint(story.file, line_of(story.file, "link"), what, _UNSURE)
        for name in names:
            seen.setdefault(name, story)


def hidden_but_shown(stories: Sequence[Story], line_of: LineOf) -> Iterator[Problem]:
    """Finds hidden stories that another file publishes.

    It has the same article, or the same headline with the same day or excerpt.
    """
    names_of: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for story in stories:
        title = story.title.casefold()
        names = [*_article_names(story), f"{story.day} {title}"]
        if len(story.excerpt.split()) >= _DISTINCTIVE:
            names.append(f"{story.excerpt} {title}")
        names_of[story.file] = names
        if not story.hide:
            shown.update(dict.fromkeys(names, story.file))
    for story in stories:
        published = [shown[name] for name in names_of[story.file] if name in shown]
        if story.hide and published:
            what = f"is hidden, but {published[0]} seems to be the same story and is not"
            line = line_of(story.file, "hide")
            yield _hint(story.file, line, what, "hide that one too, or delete this file")


def _article_names(story: Story) -> list[str]:
    """Returns the names by which links to the same article are recognised."""
    number, link = urls.article_number(story.link), urls.canonical(story.link)
    names = [f"article:{number}"] if number else []
    if "/" in link or "?" in link:  # otherwise it is a site's front page
        names.append(f"link:{link}")
    return names


def shared_guids(stories: Iterable[Story], history: History) -> Iterator[Problem]:
    """Finds stories of different feeds with the same guid, if it is an absolute URI."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for story in sorted(stories, key=lambda story: (story.published, story.file)):
        for feed, record in history.of(story):
            for guid in _uris(record):
                found[guid][story.file].add(feed)
    for guid, by_file in found.items():
        (first, first_feeds), *others = by_file.items()
        for file, feeds in others:
            if feeds != first_feeds:
                what = f"has the same guid as {first}, from another feed: {guid}"
                yield _hint(file, 0, what, _UNSURE)


def _uris(record: Record) -> Iterator[str]:
    """Yields the guids of a record that are absolute URIs, its own and those that it claims."""
    for alias in record.aliases:
        kind, _, guid = alias.partition(":")
        if f"{kind}:" in {"guid:", CLAIM} and urls.is_absolute(guid):
            yield guid
