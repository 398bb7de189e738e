"""The inbox: stories that an editor dropped into `content/inbox/`, and where each of them is to be filed.

    text ──story file's own reading──▶ Story ──its week, a free name──▶ Filing, or a Problem and it stays

The week is that of `published`, else of the date that the file's name begins with, else of the moment. Refuses to
change a byte of a story that was dropped there (only a shared address or bookmark becomes one), to file what cannot be
read, and to file a story that is there already: a pull that was killed between the two steps of a move finds the same
text in both places, and ends that move.
Decides only: nothing is read or written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from urllib.parse import quote

from digest import urls
from digest.content import front_matter, paths, story_file, timestamps
from digest.content.identity import keys_of_story
from digest.content.ledger import Ledgers, keys_on_disk
from digest.content.slug import Slugs
from digest.errors import Faults, Problem
from digest.intake.add import is_same, known_at, names_in_question, names_of_link
from digest.intake.plan import Snapshot
from digest.intake.shared_files import fault
from digest.model import Entry, Story
from digest.week import Week

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What lies in the inbox, by files relative to the root: texts, pictures; and what is wrong.

    Of a file that is no story's as it stands (a shared address, a bookmark), `texts` has the text of the story that it
    stands for, and `shared` the bytes that it has.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, bytes] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that goes along with a story; `last` where nothing that stays in the inbox needs it any more."""

    inbox: str
    file: str
    last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """One move: a file of the inbox, the story file that it becomes, and its pictures.

    What was shared is not moved: it has the bytes `shared`, and gives way to the story's `text`.
    """

    inbox: str
    file: str
    pictures: tuple[Picture, ...] = ()
    shared: bytes = b""
    text: str = ""


def names_in(inbox: Inbox, ledgers: Ledgers) -> frozenset[str]:
    """Returns texts of which a story file has one where it may be a story that lies in the inbox, too."""
    names, addresses = set[str](), set[str]()
    for file, text in inbox.texts.items():
        try:
            values = front_matter.parse(text, file, required=True).values
        except Faults:
            continue
        said = {key: "".join(values[key].listed[:1]) for key in ("link", "id") if key in values}
        names.add(said.get("id", ""))
        addresses.add(urls.web_link(said.get("link", "")) or "")
    return (names_in_question(addresses - {""}, ledgers) | names) - {""}


def plan(
    inbox: Inbox, desk: Snapshot, now: datetime
) -> tuple[tuple[Filing, ...], tuple[Problem, ...]]:
    """Returns what to move where, and what is wrong with the files that stay; `now` is the moment of the pull.

    `desk` has read the stories that speak of one of `names_in`.
    """
    planning = _Planning(desk, now.astimezone(desk.known.zone).date())
    problems = list(inbox.problems)
    files: dict[str, str] = {}
    for name, text in sorted(inbox.texts.items()):
        if name not in inbox.shared and (wrong := fault(text, name)):
            problems.append(wrong)
            continue
        try:
            files[name] = planning.place(name, text)
        except Faults as faults:
            for problem in faults.problems:
                line = 0 if name in inbox.shared else problem.line
                problems.append(problem._replace(file=name, line=line))
    return _filings(inbox, files), tuple(problems)


class _Planning:
    """The files of one pull's inbox, one after the other: what is placed for the first is taken for the second."""

    def __init__(self, desk: Snapshot, today: date) -> None:
        self.desk, self.today = desk, today
        self.slugs = Slugs(desk.taken)
        self.there = list(desk.stories)
        self.texts = {text: file for file, text in (*desk.unreadable.items(), *desk.texts.items())}

    def place(self, name: str, text: str) -> str:
        """Returns the story file that a file becomes, or the one that it has become; raises Faults."""
        if text in self.texts:
            return self.texts[text]
        story = self._read(name, text)
        self._check_new(name, story)
        week = self.desk.open_week(Week.of(story.day))
        slug = self.slugs.take(
            week, Entry(id="", title=story.headline or story.title, link=story.link)
        )
        file = paths.story(week, story.day, slug)
        self.there.append(replace(story, file=file))
        self.texts[text] = file
        return file

    def _read(self, name: str, text: str) -> Story:
        """Reads a file as if it lay under its own day, or today's, already; its day is then that of its moment."""
        day = _day(name) or self.today
        story = story_file.loads(
            text, f"content/{Week.of(day).folder}/{day}-inbox.md", self.desk.known
        )
        return replace(story, day=story.published.astimezone(self.desk.known.zone).date())

    def _check_new(self, name: str, story: Story) -> None:
        known = known_at([story.link], self.desk.ledgers)
        keys = frozenset(key for feed, record in known for key in keys_on_disk(record, feed))
        same = next(
            (
                other.file
                for other in self.there
                if is_same(other, story.link, story.id) or not keys.isdisjoint(keys_of_story(other))
            ),
            next((record.file for _, record in known if record.file in self.desk.files), None),
        )
        if same:
            what = f"its story is there already: {same}"
            raise Faults(
                [
                    Problem(
                        name,
                        0,
                        what,
                        "put your words at the end of that file, then delete this one",
                    )
                ]
            )
        names = names_of_link(story.link) | ({story.id} - {""})
        hidden = self.desk.hidden(names)
        if hidden:
            raise Faults(
                [
                    Problem(
                        name,
                        0,
                        f"{hidden} may be the same story, but cannot be read",
                        "fix that one",
                    )
                ]
            )
        deleted = known[0][1].file if known else self.desk.deleted([story.link])
        if deleted:
            what = f"its story was deleted: {deleted}"
            cure = "bring that file back from git, or move this one to its week's folder yourself"
            raise Faults([Problem(name, 0, what, cure)])


def _day(name: str) -> date | None:
    """Returns the date that a file's name begins with, if any; raises Faults where there is no such day."""
    dated = _DATED.match(name.rpartition("/")[2])
    try:
        return timestamps.day(dated[0]) if dated else None
    except ValueError:
        cure = "rename the file with a day that is, or with none"
        raise Faults(
            [Problem(name, 0, f"there is no day {name.rpartition('/')[2][:10]}", cure)]
        ) from None


def _filings(inbox: Inbox, files: Mapping[str, str]) -> tuple[Filing, ...]:
    """Returns the moves, each with the pictures that its text links; one stays for as long as a file needs it."""
    needed = {name: _linked(text, inbox.pictures) for name, text in inbox.texts.items()}
    moving = list(files)
    found = []
    for number, name in enumerate(moving):
        staying = {
            picture
            for other in needed
            if other not in moving[: number + 1]
            for picture in needed[other]
        }
        folder = files[name].rpartition("/")[0]
        pictures = (
            Picture(one, f"{folder}/{one.rpartition('/')[2]}", one not in staying)
            for one in sorted(needed[name])
        )
        shared = inbox.shared.get(name, b"")
        text = inbox.texts[name] if shared else ""
        found.append(
            Filing(inbox=name, file=files[name], pictures=tuple(pictures), shared=shared, text=text)
        )
    return tuple(found)


def _linked(text: str, pictures: Iterable[str]) -> set[str]:
    """Returns the pictures that a text links by their names, in Markdown or HTML."""
    return {picture for picture in pictures if _link_to(picture.rpartition("/")[2]).search(text)}


def _link_to(name: str) -> re.Pattern[str]:
    spelt = "|".join(
        re.escape(one) for one in sorted({name, quote(name), name.replace(" ", "%20")})
    )
    return re.compile(rf"""(?:[(<"'=]|\]:)[ \t]*(?:\./)?(?:{spelt})(?=[)>"'\s?#]|\Z)""")
