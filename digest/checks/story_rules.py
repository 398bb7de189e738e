"""Hints about stories: headlines, dates, ids, excerpts, leads, and two files for one story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from digest import urls
from digest.checks import markdown_rules
from digest.checks.hint import Hint
from digest.content import excerpt, ledger, paths
from digest.content.history import History
from digest.content.identity import CLAIM
from digest.model import Story
from digest.week import Week

_MIN_CUT_LENGTH = 40
"""Characters. Feeds cut long headlines; a short one may well end in three dots."""
_DELETE_ONE = "delete one of them"
_MIN_DISTINCTIVE_WORDS = 5
"""An excerpt with fewer words than this may be that of several stories."""


def of_story(story: Story, history: History, zone: ZoneInfo) -> Iterator[Hint]:
    """Yields the hints about a story by itself, except those about folder and excerpt."""
    if cleaned := markdown_rules.untracked(story.link):
        yield Hint(story.file, "the link tracks its readers", f"write {cleaned}", key="link")
    if not story.headline:
        yield from _poor_title(story, history)
    yield from _altered_id(story, history)
    yield from _misdated(story, history, zone)


def _poor_title(story: Story, history: History) -> Iterator[Hint]:
    """Finds a title that is missing or cut off."""
    titles = [record.title for record in history.of(story)]
    longer = [title for title in titles if _is_cut(story.title, title)]
    if longer:
        yield Hint(story.file, "the title is cut off", f"the feed says: {longer[0]}", key="title")
    elif story.title == urls.host_of(story.link):
        what = "it has no headline, only the name of its site"
        yield Hint(story.file, what, "write one of your own as headline:", key="title")
    elif story.title.endswith(("…", "...")) and len(story.title) >= _MIN_CUT_LENGTH:
        cure = "find the whole headline at the link, and write it as headline:"
        yield Hint(story.file, "the title is cut off", cure, key="title")


def _is_cut(title: str, longer: str) -> bool:
    """True if `longer` goes on after `title` with another word, not with ` - ` or ` | `."""
    bare = title.rstrip("….").rstrip()
    rest = longer[len(bare) :]
    return bool(bare) and longer.startswith(bare) and rest[:1] == " " and rest[1:2].isalnum()


def _altered_id(story: Story, history: History) -> Iterator[Hint]:
    """Finds a pulled story whose `id`, or the feed in which it is valid, was removed or changed."""
    published = ledger.hash_of_value(story.published)
    written = []
    for record in history.of_file(history.altered.get(story.file, "")):
        is_this_file = story.file == record.file or record.wrote.get("published") == published
        if is_this_file and not ledger.is_adopted(record):
            written.append(record)
    if not written:
        return
    first = min(written, key=lambda record: (record.since or record.at, not record.wrote_file))
    feed, has_guid = first.feed, ledger.has_guid(first)
    if not (story.id or has_guid):
        return
    if not has_guid:
        what = f"feed '{feed}' gave this story no `id`, but the file has one"
        yield Hint(story.file, what, "remove it", key="id")
    elif story.id != first.id:
        what = f"its `id` is not the one that feed '{feed}' gave it: {first.id}"
        yield Hint(story.file, what, "put it back", key="id")
    elif feed not in story.feeds:
        what = f"its `feeds` do not name '{feed}', which its `id` is from"
        yield Hint(story.file, what, f"add {feed} to them", key="feeds")
    # Otherwise only the order of its feeds is another; its Atom id is the same.


def _misdated(story: Story, history: History, zone: ZoneInfo) -> Iterator[Hint]:
    """Finds a file name with another day than `published`, unless the publisher changed it."""
    path = paths.parse(story.file)
    days = {story.published.date(), story.published.astimezone(zone).date()}
    if path is None or not path.day or story.day in days:
        return
    published = ledger.hash_of_value(story.published)
    if not any(record.wrote.get("published") == published for record in history.of(story)):
        what = f"published says {story.published.date()}, but the file's name says {story.day}"
        yield Hint(story.file, what, "correct the one that is wrong", key="published")


def in_another_week(
    story: Story, history: History, former_weeks: Collection[tuple[str, Week]] = ()
) -> Iterator[Hint]:
    """Finds a story written into a folder that is not that of its date's week.

    Stories that were pulled or moved there are left out; `former_weeks` has files of stories with
    the weeks in which they are or were.
    """
    own = Week.of(story.day)
    if own != story.week and not (history.of(story) or (story.file, own) in former_weeks):
        what = f"is in the folder of {story.week}, but its date, {story.day}, belongs to {own}"
        cure = f"move it to content/{own.folder}/, unless you want it in this edition"
        yield Hint(story.file, what, cure)


def requoted(story: Story, history: History) -> Iterator[Hint]:
    """Finds a quotation that is shown as the editor's, but may be the excerpt that pull wrote."""
    if story.excerpt or ">" not in story.note:
        return
    records = history.of(story) + history.from_pages(story)
    hashes = set[str]()
    for record in records:
        hashes.update(record.excerpts)
    moved, line = excerpt.find_moved(story.note, hashes)
    if moved:
        what = (
            "the publisher's excerpt is below your note, so readers see it as a quotation of yours"
        )
        yield Hint(story.file, what, "move it to the top, above your note", line=story.line + line)
    elif excerpt.first_quotation(story.note)[0] and ledger.wrote_excerpt(records):
        what = "the opening quotation is not the excerpt that Digest wrote, so it is shown as yours"
        cure = (
            "if it is yours, put a line of your own above it; "
            "if it is the publisher's, restore it from git"
        )
        yield Hint(story.file, what, cure, line=story.line)


def leads_by_week(stories: Iterable[Story]) -> dict[Week, list[Story]]:
    """Returns the lead stories of each week, first the one that readers see on top."""
    by_week: dict[Week, list[Story]] = defaultdict(list)
    for story in stories:
        if story.lead:
            by_week[story.week].append(story)
    for leads in by_week.values():
        leads.sort(key=lambda story: (not story.draft, story.published, story.file), reverse=True)
    return by_week


def second_leads(stories: Iterable[Story]) -> Iterator[Hint]:
    """Finds lead stories beside the one of their week that readers see on top."""
    for week, (first, *others) in leads_by_week(stories).items():
        for story in others:
            what = f"is a second lead story of {week}, beside {first.file}, which is on top"
            yield Hint(story.file, what, "keep lead: true in only one of them", key="lead")


def same_articles(stories: Iterable[Story]) -> Iterator[Hint]:
    """Finds stories that link to the same article. With the same id too it is an error."""
    seen: dict[str, Story] = {}
    for story in sorted(stories, key=lambda story: (story.published, story.file)):
        names = _article_names(story)
        first = next((seen[name] for name in names if name in seen), None)
        if first and (story.id or story.link) != (first.id or first.link):
            what = f"links to the same article as {first.file}"
            yield Hint(story.file, what, _DELETE_ONE, key="link")
        for name in names:
            seen.setdefault(name, story)


def hidden_but_shown(stories: Sequence[Story]) -> Iterator[Hint]:
    """Finds hidden stories that another file publishes.

    It has the same article, or the same headline with the same day or excerpt.
    """
    names_of: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for story in stories:
        title = story.title.casefold()
        names = [*_article_names(story), f"{story.day} {title}"]
        if len(story.excerpt.split()) >= _MIN_DISTINCTIVE_WORDS:
            names.append(f"{story.excerpt} {title}")
        names_of[story.file] = names
        if not story.hide:
            shown.update(dict.fromkeys(names, story.file))
    for story in stories:
        published = [shown[name] for name in names_of[story.file] if name in shown]
        if story.hide and published:
            what = f"is hidden, but {published[0]} seems to be the same story and is not"
            yield Hint(story.file, what, "hide that one too, or delete this file", key="hide")


def _article_names(story: Story) -> list[str]:
    """Returns the names by which links to the same article are recognised."""
    number, link = urls.article_number(story.link), urls.canonical(story.link)
    names = [f"article:{number}"] if number else []
    if "/" in link or "?" in link:  # otherwise it is a site's front page
        names.append(f"link:{link}")
    return names


def shared_guids(stories: Iterable[Story], history: History) -> Iterator[Hint]:
    """Finds stories of different feeds with the same guid, if it is an absolute URI."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for story in sorted(stories, key=lambda story: (story.published, story.file)):
        for record in history.of(story):
            for alias in record.aliases:
                kind, _, guid = alias.partition(":")
                if f"{kind}:" in {"guid:", CLAIM} and urls.is_absolute(guid):
                    found[guid][story.file].add(record.feed)
    for guid, by_file in found.items():
        (first, first_feeds), *others = by_file.items()
        for file, feeds in others:
            if feeds != first_feeds:
                what = f"has the same guid as {first}, from another feed: {guid}"
                yield Hint(file, what, _DELETE_ONE)
