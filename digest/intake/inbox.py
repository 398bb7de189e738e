"""Decides where the stories in `content/inbox/` go.

    text ──parsed as a story file──▶ Story ──its week, a free name──▶ InboxMove, or a Problem

The week is that of `published`, else of the date at the start of the file's name, else the current
week. The text of a story file is not changed; only a shared URL or a bookmark is converted into
one. A file stays in the inbox if it cannot be read, or if its story is here already. If the
same text is in the inbox and in a week's folder, a pull was killed between the two steps of a move,
which is then completed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from posixpath import basename, dirname
from urllib.parse import quote

from digest import urls
from digest.content import front_matter, paths, timestamps
from digest.content.ledger import Ledgers
from digest.content.slug import Slugs
from digest.errors import Faults, Problem
from digest.intake.add import existing, search_texts_at
from digest.intake.shared_texts import problem_in
from digest.intake.snapshot import Snapshot
from digest.model import Entry, Story
from digest.week import Week

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What is in the inbox, by file relative to the root.

    For a shared URL or a bookmark `texts` has the story that was made of it, and `shared` the
    file's own bytes.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, bytes] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that moves with a story; `is_last_use`: no file that stays in the inbox needs it."""

    inbox: str
    file: str
    is_last_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMove:
    """One move: a file in the inbox, the story file that it becomes, and its pictures.

    A shared URL or bookmark with the bytes `shared` is replaced by a file with `text`.
    """

    inbox: str
    file: str
    pictures: tuple[Picture, ...] = ()
    shared: bytes = b""
    text: str = ""


def search_texts_of(inbox: Inbox, ledgers: Ledgers) -> frozenset[str]:
    """Returns texts to search for: a file with the story of an inbox file contains one of them."""
    ids, addresses = set[str](), set[str]()
    for file, text in inbox.texts.items():
        try:
            values = front_matter.parse(text, file, required=True).values
        except Faults:
            continue
        if "id" in values:
            ids.update(values["id"].listed[:1])
        if "link" in values:
            addresses.update(filter(None, map(urls.web_link, values["link"].listed[:1])))
    return (search_texts_at(addresses, ledgers) | ids) - {""}


def plan(
    inbox: Inbox, snapshot: Snapshot, now: datetime
) -> tuple[tuple[InboxMove, ...], tuple[Problem, ...]]:
    """Returns the moves, and what is wrong with the files that stay. `now` is the time of the pull.

    `snapshot` must have the stories that contain one of `search_texts_of`.
    """
    planning = _Planning(snapshot, now.astimezone(snapshot.zone).date())
    problems = list(inbox.problems)
    files: dict[str, str] = {}
    for name, text in sorted(inbox.texts.items()):
        if name not in inbox.shared and (wrong := problem_in(text, name)):
            problems.append(wrong)
            continue
        try:
            files[name] = planning.place(name, text)
        except Faults as faults:
            for problem in faults.problems:
                line = 0 if name in inbox.shared else problem.line
                problems.append(problem._replace(file=name, line=line))
    return _moves(inbox, files), tuple(problems)


class _Planning:
    """Plans the files of the inbox one after the other.

    Each takes its name and story from those after it.
    """

    def __init__(self, snapshot: Snapshot, today: date) -> None:
        self.snapshot, self.today = snapshot, today
        self.slugs = Slugs(snapshot.taken)
        self.stories = list(snapshot.stories)
        texts = (*snapshot.unreadable.items(), *snapshot.texts.items())
        self.file_of_text = {text: file for file, text in texts}

    def place(self, name: str, text: str) -> str:
        """Returns the story file that an inbox file becomes, or has become; raises Faults."""
        if text in self.file_of_text:
            return self.file_of_text[text]
        zone = self.snapshot.zone
        # It is parsed as if it were in the week of its own date, or of today.
        day = _day(name) or self.today
        story = self.snapshot.parse(text, f"content/{Week.of(day).folder}/{day}-inbox.md")
        story = replace(story, day=story.published.astimezone(zone).date())
        self._check_new(name, story)
        week = self.snapshot.open_week(Week.of(story.day))
        slug = self.slugs.take(week, Entry(id="", title=story.shown_headline, link=story.link))
        file = paths.story(week, story.day, slug)
        self.stories.append(replace(story, file=file))
        self.file_of_text[text] = file
        return file

    def _check_new(self, name: str, story: Story) -> None:
        """Raises Faults if a story is here already or was deleted, or if this cannot be decided."""
        other = existing([story.link], self.snapshot, self.stories, story.id)
        if other is None:
            return
        if other.state == "here":
            what = f"its story is here already: {other.file}"
            cure = "put your words at the end of that file, then delete this one"
        elif other.state == "unreadable":
            what, cure = f"{other.file} may be the same story, but cannot be read", "fix that one"
        else:
            what = f"its story was deleted: {other.file}"
            cure = "bring that file back from git, or move this one to its week's folder yourself"
        raise Faults([Problem(name, 0, what, cure)])


def _day(name: str) -> date | None:
    """Returns the date at the start of a file's name; raises Faults if it is invalid."""
    dated = _DATED.match(basename(name))
    try:
        return timestamps.day(dated[0]) if dated else None
    except ValueError:
        what = f"there is no day {basename(name)[:10]}"
        cure = "rename the file, with a correct date or without one"
        raise Faults([Problem(name, 0, what, cure)]) from None


def _moves(inbox: Inbox, files: Mapping[str, str]) -> tuple[InboxMove, ...]:
    """Returns the moves, each with the pictures that its text links to.

    The last file that needs one moves it.
    """
    linked = {name: _linked(text, inbox.pictures) for name, text in inbox.texts.items()}
    times_needed = Counter(chain.from_iterable(linked.values()))
    moves = []
    for name, file in files.items():
        folder = dirname(file)
        pictures = []
        for picture in sorted(linked[name]):
            times_needed[picture] -= 1
            new_name = f"{folder}/{basename(picture)}"
            pictures.append(Picture(picture, new_name, is_last_use=times_needed[picture] == 0))
        shared = inbox.shared.get(name, b"")
        moves.append(
            InboxMove(
                inbox=name,
                file=file,
                pictures=tuple(pictures),
                shared=shared,
                text=inbox.texts[name] if shared else "",
            )
        )
    return tuple(moves)


def _linked(text: str, pictures: Iterable[str]) -> set[str]:
    """Returns the pictures that a text links to by their names, in Markdown or HTML."""
    found = set()
    for picture in pictures:
        name = basename(picture)
        spellings = sorted({name, quote(name), name.replace(" ", "%20")})
        words = "|".join(map(re.escape, spellings))
        if re.search(rf"""(?:[(<"'=]|\]:)[ \t]*(?:\./)?(?:{words})(?=[)>"'\s?#]|\Z)""", text):
            found.add(picture)
    return found
