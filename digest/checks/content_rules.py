"""What an editor may want to look at in a digest that can be read: stories, letters, ledgers, seen side by side.

    survey ──▶ a hint for each thing that is allowed and yet is mostly a slip

Refuses to call anything here an error, and to hint at what a pull did of its own accord: nobody could cure that.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from digest import urls
from digest.checks import ignored_keys, markdown_rules
from digest.checks.markdown_scan import Prose
from digest.content import excerpt, file_names, ledger, paths, pending
from digest.content.history import History
from digest.content.identity import CLAIM, scoped
from digest.content.ledger import Record
from digest.content.load import ContentReport
from digest.errors import Problem, suggestion
from digest.model import Config, Copied, FreePage, Letter, Story
from digest.week import Week

LineOf = Callable[[str, str], int]
"""Gives the line of a file in which a key of its front matter stands."""
Read = Callable[[str], str]
"""Gives the text of a file."""
Versions = Mapping[str, Sequence[str]]
"""The texts of a file that git has merged into what it has now, and that nobody has seen since, by file."""
_NO_VERSIONS: Versions = MappingProxyType({})

_LONG_TITLE = (
    40  # signs: what cuts headlines cuts long ones; a short one may well end in three dots
)
_SETTLED = 20  # stories: before there are as many, a theme without one is no news
_LARGEST = 2000  # pixels of a picture's longer side
_HEAVIEST = 1_000_000  # bytes of a picture
_UNSURE = "delete one of them"


@dataclass(frozen=True, slots=True)
class Text:
    """A Markdown text that is published, or will be: it begins at line `line` of its file."""

    file: str
    line: int
    words: str


def review(
    survey: ContentReport,
    config: Config,
    *,
    closed: Collection[Week],
    line_of: LineOf,
    read: Read,
    versions: Versions = _NO_VERSIONS,
) -> tuple[Problem, ...]:
    """Returns every hint about a digest's content; `closed` are the weeks that are, `versions` of files `edited`."""
    history = survey.history
    shown = [story for story in survey.content.stories if not story.hide]
    return (
        *_slips(texts(survey)),
        *_empty_flags(
            (*shown, *survey.content.letters, *survey.content.introductions, *survey.content.pages),
            read,
        ),
        *_of_each(shown, history, config, line_of),
        *_astray(shown, history, {(place.story, place.week) for place in survey.content.places}),
        *_pending(shown, history, line_of, read, versions, survey.content.letters),
        *among(shown, line_of),
        *_twins_of_hidden(survey.content.stories, line_of),
        *_shared_guids(shown, history),
        *_titled(survey.content.introductions, line_of),
        *_late_drafts(survey.content.letters, closed, line_of),
        *(() if survey.content.unread else _orphans(survey, config)),
        *_shared_files(survey.ledgers),
        *_damaged(survey.content.copied),
        *_heavy(survey.content.copied),
        *_left_out(survey.files),
    )


def of_story(
    story: Story, history: History, config: Config, line_of: LineOf, read: Read
) -> tuple[Problem, ...]:
    """Returns every hint about a story by itself, without the others beside it."""
    return (
        *_slips(_notes([story])),
        *_empty_flags([story], read),
        *_of_each([story], history, config, line_of),
        *_astray([story], history),
        *_pending([story], history, line_of, read),
    )


def unsettled(
    survey: ContentReport, read: Read, versions: Versions = _NO_VERSIONS
) -> tuple[str, ...]:
    """Returns the files with pending changes: not edited since the pull; `versions` are of files `edited`."""
    history = survey.history
    shown = (story for story in survey.content.stories if not story.hide)
    return tuple(story.file for story in shown if _found(story, history, read, versions))


def edited(survey: ContentReport, read: Read) -> tuple[str, ...]:
    """Returns the files with changes by a pull that were edited since, or merged by git with an edit made elsewhere."""
    history, found = survey.history, []
    for story in survey.content.stories:
        records = [] if story.hide else [record for _, record in history.of(story)]
        if pending.has_any(records) and pending.is_edited(records, story, read(story.file)):
            found.append(story.file)
    return tuple(found)


def among(stories: Sequence[Story], line_of: LineOf) -> tuple[Problem, ...]:
    """Returns every hint about stories that one alone would not give."""
    return (*_leads(stories, line_of), *_doubles(stories, line_of))


def of_text(text: Letter | FreePage) -> tuple[Problem, ...]:
    """Returns every hint about a letter, a page or an introduction by itself."""
    return tuple(_slips([Text(text.file, text.line, text.body)]))


def line_finder(read: Callable[[str], str]) -> LineOf:
    """Returns what finds the line of a key, given what reads a file; only files that have a hint are read for it."""
    text_of = cache(read)

    def line_of(file: str, key: str) -> int:
        found = re.search(rf"^{key}[ \t]*:", text_of(file), re.MULTILINE)
        return text_of(file).count("\n", 0, found.start()) + 1 if found else 0

    return line_of


def outside_links(survey: ContentReport, line_of: LineOf) -> Iterator[tuple[str, str, int]]:
    """Yields every web address that a published text links to, without its fragment, with file and line."""
    for story in survey.content.stories:
        if not story.hide:
            yield story.link.partition("#")[0], story.file, line_of(story.file, "link")
    for text in texts(survey):
        prose = Prose(text.words)
        for link in prose.links:
            address = urls.web_link(link.address.partition("#")[0])
            if address and link.kind != "bare":
                yield address, text.file, text.line + prose.line_of(link.start) - 1


def idle_themes(survey: ContentReport, config: Config) -> tuple[str, ...]:
    """Returns the ids of the themes that no story has, once there are stories enough to tell."""
    stories = survey.content.stories
    if survey.content.unread or len(stories) < _SETTLED:
        return ()
    used = {theme for story in stories for theme in story.themes}
    return tuple(theme.id for theme in config.themes if used.isdisjoint((theme.id, *theme.was)))


def texts(survey: ContentReport) -> Iterator[Text]:
    """Yields every Markdown text that an editor wrote and that is or will be published."""
    content = survey.content
    yield from _notes(content.stories)
    written: tuple[Letter | FreePage, ...] = (
        *content.letters,
        *content.introductions,
        *content.pages,
    )
    for one in written:
        yield Text(one.file, one.line, one.body)


def _notes(stories: Iterable[Story]) -> Iterator[Text]:
    for story in stories:
        if story.note and not story.hide:
            yield Text(story.file, story.line, story.note)


def _of_each(
    stories: Sequence[Story], history: History, config: Config, line_of: LineOf
) -> Iterator[Problem]:
    yield from _tracked(stories, line_of)
    yield from _truncated(stories, history, line_of)
    yield from _altered_ids(stories, history, line_of)
    yield from _misdated(stories, history, ZoneInfo(config.site.timezone), line_of)


def _pending(
    stories: Iterable[Story],
    history: History,
    line_of: LineOf,
    read: Read,
    versions: Versions = _NO_VERSIONS,
    letters: Sequence[Letter] = (),
) -> Iterator[Problem]:
    """Finds what pulls have left for the editor to look at."""
    for story in stories:
        found = _found(story, history, read, versions)
        letter = (
            next((one.file for one in letters if story.file.rpartition("/")[2] in one.body), "")
            if found
            else ""
        )
        for name, what, cure in pending.hints(story, found, letter):
            yield _hint(
                story.file,
                story.line if name == "excerpt" else line_of(story.file, name),
                what,
                cure,
            )
        if "excerpt" not in found:  # one hint at a time
            yield from _requoted(story, history)


def _found(story: Story, history: History, read: Read, versions: Versions) -> pending.Pending:
    records = [record for _, record in history.of(story)]
    if not pending.has_any(records):
        return {}
    return pending.to_look_at(records, story, read(story.file), versions.get(story.file, ()))


def _empty_flags(written: Iterable[Story | Letter | FreePage], read: Read) -> Iterator[Problem]:
    for one in written:
        for line, key in ignored_keys.empty(read(one.file)):
            yield _hint(
                one.file,
                line,
                f"'{key}' has no value, so it is off",
                "write true, or take the line out",
            )


def _slips(written: Iterable[Text]) -> Iterator[Problem]:
    for text in written:
        for hint in markdown_rules.hints(text.words):
            yield _hint(text.file, text.line + hint.line - 1, hint.what, hint.cure)


def _tracked(stories: Iterable[Story], line_of: LineOf) -> Iterator[Problem]:
    for story in stories:
        cleaned = markdown_rules.untracked(story.link)
        if cleaned:
            yield _hint(
                story.file,
                line_of(story.file, "link"),
                "the link tracks its readers",
                f"write {cleaned}",
            )


def _truncated(stories: Iterable[Story], history: History, line_of: LineOf) -> Iterator[Problem]:
    """Finds headlines that were cut or never were; the editor's own `headline` covers one."""
    for story in stories:
        if story.headline:
            continue
        longer = next(
            (record.title for _, record in history.of(story) if _is_cut(story.title, record.title)),
            "",
        )
        if longer:
            line = line_of(story.file, "title")
            yield _hint(story.file, line, "the title is cut off", f"the feed says: {longer}")
        elif story.title == urls.host(story.link):
            what, cure = (
                "it has no headline, only the name of its site",
                "write one of your own as headline:",
            )
            yield _hint(story.file, line_of(story.file, "title"), what, cure)
        elif story.title.endswith(("…", "...")) and len(story.title) >= _LONG_TITLE:
            cure = "find the whole headline at the link, and write it as headline:"
            yield _hint(story.file, line_of(story.file, "title"), "the title is cut off", cure)


def _is_cut(title: str, whole: str) -> bool:
    """Tells whether a title ends at a word in the middle of a sentence: what stands behind ` - ` or ` | ` is none."""
    bare = title.rstrip("….").rstrip()
    rest = whole[len(bare) :]
    return bool(bare) and whole.startswith(bare) and rest[:1] == " " and rest[1:2].isalnum()


def _astray(
    stories: Iterable[Story], history: History, been: Collection[tuple[str, Week]] = ()
) -> Iterator[Problem]:
    """Finds stories that were written into another week's folder than their day's, and not pulled or moved there.

    `been` are the weeks in which stories are or were, by file.
    """
    for story in stories:
        own = Week.of(story.day)
        if own != story.week and not (history.of(story) or (story.file, own) in been):
            what = f"is in the folder of {story.week}, but its date, {story.day}, belongs to {own}"
            yield _hint(
                story.file,
                0,
                what,
                f"move it to content/{own.folder}/, unless you want it in this edition",
            )


def _misdated(
    stories: Iterable[Story], history: History, zone: ZoneInfo, line_of: LineOf
) -> Iterator[Problem]:
    """Finds files named after another day than `published` says, unless it was the publisher who changed that."""
    for story in stories:
        place = paths.PLACE.fullmatch(story.file)
        days = {story.published.date(), story.published.astimezone(zone).date()}
        if place is None or place[2] is None or story.day in days:
            continue
        said = ledger.hash_of_value(story.published)
        if not any(record.wrote.get("published") == said for _, record in history.of(story)):
            what = f"published says {story.published.date()}, but the file's name says {story.day}"
            yield _hint(
                story.file, line_of(story.file, "published"), what, "correct the one that is wrong"
            )


def _altered_ids(stories: Iterable[Story], history: History, line_of: LineOf) -> Iterator[Problem]:
    """Finds stories from pull whose `id`, or the feed in which it counts, was removed or changed."""
    for story in stories:
        written = (
            (feed, record)
            for feed, record in history.of_file(history.altered.get(story.file, ""))
            if not ledger.is_adopted(record)
            if story.file == record.file
            or record.wrote.get("published") == ledger.hash_of_value(story.published)
        )
        feed, record = min(
            written,
            key=lambda one: (one[1].since or one[1].at, not one[1].made),
            default=("", None),
        )
        if record is None or not (story.id or ledger.has_guid(record)):
            continue
        key, what, cure = (
            "id",
            f"its `id` is not the one that feed '{feed}' gave it: {record.id}",
            "put it back",
        )
        if not ledger.has_guid(record):
            what, cure = f"feed '{feed}' gave this story no `id`, but the file has one", "remove it"
        elif story.id == record.id and feed in story.feeds:
            continue  # in another order; its Atom id is the same
        elif story.id == record.id:
            key, cure = "feeds", f"add {feed} to them"
            what = f"its `feeds` do not name '{feed}', which its `id` is from"
        yield _hint(story.file, line_of(story.file, key), what, cure)


def _requoted(story: Story, history: History) -> Iterator[Problem]:
    """Finds a quotation that is shown as the editor's, though it may be the excerpt that pull wrote for the story."""
    if story.excerpt or ">" not in story.note:
        return
    records = [*(record for _, record in history.of(story)), *history.added(story)]
    moved, line = excerpt.below(
        story.note, {mark for record in records for mark in record.excerpts}
    )
    if moved:
        what = (
            "the publisher's excerpt is below your note, so readers see it as a quotation of yours"
        )
        yield _hint(story.file, story.line + line, what, "move it to the top, above your note")
    elif excerpt.opening(story.note)[0] and ledger.wrote_excerpt(records):
        what = "the opening quotation is not the excerpt that Digest wrote, so it is shown as yours"
        cure = "if it is yours, put a line of your own above it; if it is the publisher's, restore it from git"
        yield _hint(story.file, story.line, what, cure)


def _leads(stories: Iterable[Story], line_of: LineOf) -> Iterator[Problem]:
    by_week: dict[Week, list[Story]] = defaultdict(list)
    for story in stories:
        if story.lead:
            by_week[story.week].append(story)
    for week, leads in by_week.items():
        first, *others = sorted(leads, key=lambda story: story.file)
        for story in others:
            what = f"is a second lead story of {week}, beside {first.file}"
            yield _hint(
                story.file, line_of(story.file, "lead"), what, "keep lead: true in only one of them"
            )


def _doubles(stories: Iterable[Story], line_of: LineOf) -> Iterator[Problem]:
    """Finds stories that lead to one article; those that share an id as well are an error, and told as such."""
    met: dict[str, Story] = {}
    for story in sorted(stories, key=lambda story: (story.published, story.file)):
        names = _article_names(story)
        first = next((met[name] for name in names if name in met), None)
        if first and (story.id or story.link) != (first.id or first.link):
            what = f"links to the same article as {first.file}"
            yield _hint(story.file, line_of(story.file, "link"), what, _UNSURE)
        for name in names:
            met.setdefault(name, story)


def _twins_of_hidden(stories: Sequence[Story], line_of: LineOf) -> Iterator[Problem]:
    """Finds hidden stories of which another file is published: with the same article, or the same headline and day."""
    names_of = {
        one.file: [*_article_names(one), f"{one.day} {one.title.casefold()}"] for one in stories
    }
    shown = {
        name: story.file for story in stories if not story.hide for name in names_of[story.file]
    }
    for story in (story for story in stories if story.hide):
        twin = next((shown[name] for name in names_of[story.file] if name in shown), None)
        if twin:
            what = f"is hidden, but {twin} seems to be the same story and is not"
            yield _hint(
                story.file,
                line_of(story.file, "hide"),
                what,
                "hide that one too, or delete this file",
            )


def _article_names(story: Story) -> list[str]:
    """Returns the names by which two links lead to one article."""
    numbered, link = urls.article_number(story.link), urls.canonical(story.link)
    names = [f"article:{numbered}"] if numbered else []
    return (
        [*names, f"link:{link}"] if "/" in link or "?" in link else names
    )  # a host's front page is no article


def _shared_guids(stories: Iterable[Story], history: History) -> Iterator[Problem]:
    """Finds two stories with the same guid (an absolute URI) from different feeds."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for story in sorted(stories, key=lambda story: (story.published, story.file)):
        for feed, record in history.of(story):
            for kind, _, guid in (alias.partition(":") for alias in record.aliases):
                if f"{kind}:" in {"guid:", CLAIM} and urls.is_absolute(guid):
                    found[guid][story.file].add(feed)
    for guid, by_file in found.items():
        first, *others = by_file.items()
        for file, feeds in others:
            if feeds != first[1]:
                yield _hint(
                    file, 0, f"has the same guid as {first[0]}, from another feed: {guid}", _UNSURE
                )


def _titled(introductions: Iterable[FreePage], line_of: LineOf) -> Iterator[Problem]:
    """Finds titles of introductions: a theme has its title from digest.toml."""
    for one in introductions:
        if (
            line := line_of(one.file, "title")
            if one.title != one.name.replace("-", " ").capitalize()
            else 0
        ):
            what = "the title of an introduction is not shown"
            yield _hint(one.file, line, what, "remove it; a theme's title is in digest.toml")


def _late_drafts(
    letters: Iterable[Letter], closed: Collection[Week], line_of: LineOf
) -> Iterator[Problem]:
    for letter in letters:
        if letter.draft and letter.week in closed:
            what = f"the letter is still a draft, though {letter.week} is closed"
            yield _hint(
                letter.file,
                line_of(letter.file, "draft"),
                what,
                "remove draft: true, or delete the letter",
            )


def _orphans(survey: ContentReport, config: Config) -> Iterator[Problem]:
    """Finds ledgers of feeds that nobody knows any more, and feeds of which there is not even a ledger."""
    files = {feed: story.file for story in survey.content.stories for feed in story.feeds}
    configured = {feed.id for feed in config.feeds}
    for feed in sorted(files.keys() - configured - survey.ledgers.keys()):
        what = f"is a story of a feed '{feed}' that digest.toml does not have"
        near = suggestion(feed, configured)
        cure = "add it there, with retired = true: its stories then keep their source"
        cure = near if near.startswith("did you mean") else cure
        yield _hint(files[feed], 0, what, cure)
    for feed in sorted(survey.ledgers.keys() - files.keys() - configured):
        what = f"is the ledger of a feed '{feed}' that is not in digest.toml and has no stories"
        cure = "add it there, with retired = true; if you delete this and pull it again, stories that you deleted return"
        yield _hint(paths.ledger(feed), 0, what, cure)


def _damaged(copied: Iterable[Copied]) -> Iterator[Problem]:
    """Finds pictures whose size cannot be read: mostly they are broken off, or no pictures at all."""
    for one in copied:
        if one.size is None and posixpath.splitext(one.file)[1].lower() in paths.PICTURES:
            what = "the width and height of this picture cannot be read; it may be damaged"
            yield _hint(one.file, 0, what, "open it, and save it again")


def _left_out(files: Iterable[str]) -> Iterator[Problem]:
    for file in filter(file_names.is_left_out, files):
        what = "is neither Markdown nor a picture, so it is not published"
        yield _hint(
            file,
            0,
            what,
            "to publish it, move it to content/static/; if not, move it out of content/",
        )


def _heavy(copied: Iterable[Copied]) -> Iterator[Problem]:
    """Finds pictures that are larger than a page or a mail can show, or take long to come."""
    for one in copied:
        ending = posixpath.splitext(one.file)[1].lower()
        if ending not in paths.PICTURES:
            continue
        said = []
        if one.size and max(one.size) > _LARGEST and ending != ".svg":
            said.append(f"{one.size[0]} by {one.size[1]} pixels")
        if one.weight > _HEAVIEST:
            said.append(f"{one.weight / 1e6:.1f} MB")
        if said:
            what = f"this picture is large: {', '.join(said)}"
            yield _hint(
                one.file, 0, what, f"save it with at most {_LARGEST} pixels a side and 1 MB"
            )


def _shared_files(ledgers: Mapping[str, Mapping[str, Record]]) -> Iterator[Problem]:
    """Finds story files that two entries claim which have no name in common, as a merge of two pulls may leave them."""
    claims: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for feed, records in ledgers.items():
        for record in records.values():
            claims[record.file].append((feed, record))
    for file, claimed in sorted(claims.items()):
        (feed, one), *others = _unlike(claimed)
        if others:
            what = f"'{one.id}' and '{others[0][1].id}' both name {file}"
            cure = "delete the lines of the story that is not in that file; the next pull adds it again"
            yield _hint(paths.ledger(feed), 0, what, cure)


def _unlike(claimed: Iterable[tuple[str, Record]]) -> list[tuple[str, Record]]:
    """Returns one of each of the claims that have a name in common, directly or through others."""
    groups: list[tuple[frozenset[str], tuple[str, Record]]] = []
    for feed, record in claimed:
        names = frozenset(scoped(alias, feed) for alias in (*record.aliases, f"guid:{record.id}"))
        related = [group for group in groups if group[0] & names]
        first = related[0][1] if related else (feed, record)
        groups = [group for group in groups if group not in related]
        groups.append((names.union(*(group[0] for group in related)), first))
    return [claim for _, claim in groups]


def _hint(file: str, line: int, what: str, cure: str) -> Problem:
    return Problem(file, line, what, cure, hint=True)
