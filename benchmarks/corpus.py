"""Generates digests of any size: `python -m benchmarks.corpus DIR STORIES [--seed N]`.

    words ──seed──▶ entries by week ──as a pull would──▶ stories and ledger lines ──notes──▶ a digest

The same size and seed give the same bytes. The feeds are files next to the content, with their
newest entries, so that `digest pull` knows all of them. The folder must be empty.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from benchmarks import digestfiles, words
from benchmarks.words import TOPICS, Topic
from digest.content import ledger, paths, story_file
from digest.intake.plan import plan_pull
from digest.intake.snapshot import Snapshot
from digest.model import Config, Document, Entry, Feed, Letter, Site, Story, Theme
from digest.week import Week

NEWEST = Week(2026, 20)
_A_WEEK = 20
_MAX_WEEKS = 500  # about ten years; what is larger has fuller weeks, not more of them
_LETTER_EVERY = 4
_NOTED = 0.15
_SECOND_THEME = 0.35
_NO_THEME = 0.08
_IN_BOTH_FEEDS = 0.04
_FEED_ENTRIES = 50

CONFIG = Config(
    site=Site(
        title="Harbour Digest",
        url="https://digest.example/harbours/",
        id="urn:uuid:6f0c4f3e-8b0a-4a53-9a55-0d2a5f6f7a11",
        description="Ports, ships and those who work there, week by week.",
        timezone="Europe/Lisbon",
        editor="The harbour desk",
    ),
    feeds=tuple(
        Feed(id=id, url=f"feeds/{id}.xml", title=title, publisher=title, excerpt=80)
        for id, title in (("quayside", "The Quayside Post"), ("tidewater", "Tidewater Weekly"))
    ),
    themes=tuple(Theme(id=topic.id, title=topic.title, match=topic.match) for topic in TOPICS),
)
_ZONE = ZoneInfo(CONFIG.site.timezone)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry, and the numbers of the feeds that carry it."""

    entry: Entry
    feeds: tuple[int, ...]


def write(folder: Path, stories: int, seed: int = 1) -> None:
    """Writes a digest of so many stories into an empty or new folder."""
    dice = random.Random(f"{stories} {seed}")
    sizes = _sizes(stories, dice)
    newest: list[Told] = []
    earlier: list[Story] = []
    number = 3_000_000
    digestfiles.write_frame(folder, CONFIG)
    for at, size in enumerate(sizes):
        week = Week.of(NEWEST.monday - timedelta(weeks=len(sizes) - 1 - at))
        told = [_told(week, number + one, dice) for one in range(size)]
        number += size
        newest = (newest + sorted(told, key=_moment))[-4 * _FEED_ENTRIES :]
        made = _week(folder, week, told, dice, earlier)
        if at % _LETTER_EVERY == _LETTER_EVERY - 1 and week != NEWEST:
            digestfiles.write_letter(folder, _letter(week, made, dice))
        earlier = made
    for place, feed in enumerate(CONFIG.feeds):
        carried = [one.entry for one in newest if place in one.feeds]
        digestfiles.write_feed(folder, feed, carried[-_FEED_ENTRIES:])


def _week(
    folder: Path, week: Week, told: Sequence[Told], dice: random.Random, earlier: Sequence[Story]
) -> list[Story]:
    """Adds a week's entries as a pull on the next Monday would, and the editor's notes."""
    newest_first = sorted(told, key=_moment, reverse=True)
    documents = [
        (
            feed,
            Document(
                title=feed.title,
                entries=tuple(one.entry for one in newest_first if place in one.feeds),
            ),
        )
        for place, feed in enumerate(CONFIG.feeds)
    ]
    pulled = datetime.combine(week.following.monday, datetime.min.time(), UTC) + timedelta(hours=5)
    intake = plan_pull(documents, Snapshot(), CONFIG, pulled)
    noted = [_noted(story, dice, earlier) for story in intake.stories]
    for story in noted:
        digestfiles.put(folder / story.file, story_file.dumps(story))
    for line in intake.lines:
        digestfiles.append(folder / paths.ledger(line.feed), ledger.dumps(line))
    return noted


def _sizes(stories: int, dice: random.Random) -> list[int]:
    """Returns how many stories each week has, oldest first: uneven, at least one."""
    weeks = max(1, min(_MAX_WEEKS, stories // _A_WEEK))
    shares = [dice.uniform(0.6, 1.4) for _ in range(weeks)]
    sizes, done, left = [], 0.0, stories
    for at, share in enumerate(shares):
        done += share
        upto = stories if at == weeks - 1 else round(stories * done / sum(shares))
        sizes.append(upto - (stories - left))
        left = stories - upto
    return sizes


def _moment(told: Told) -> tuple[float, str]:
    return (told.entry.published.timestamp() if told.entry.published else 0, told.entry.id)


# ---------------------------------------------------------------- what publishers say


def _told(week: Week, number: int, dice: random.Random) -> Told:
    topics = (
        []
        if dice.random() < _NO_THEME
        else dice.sample(TOPICS, 2 if dice.random() < _SECOND_THEME else 1)
    )
    title = _headline(topics, dice)
    name = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in title.lower())
    link = f"https://quayside.example/news/article/{number}/{'-'.join(name.split()[:4])}"
    start = datetime.combine(week.monday, datetime.min.time(), _ZONE)
    entry = Entry(
        id=f"{link}?utm_source=rss_feed",
        title=title,
        link=link,
        published=(
            start + timedelta(seconds=dice.randrange(6 * 3600, 7 * 86_400 - 7200))
        ).astimezone(UTC),
        authors=tuple(dice.sample(words.PEOPLE, dice.choice((1, 1, 1, 2)))),
        summary=_summary(topics, dice),
    )
    feeds = (0, 1) if dice.random() < _IN_BOTH_FEEDS else (dice.randrange(2),)
    return Told(entry, feeds)


def _headline(topics: Sequence[Topic], dice: random.Random) -> str:
    subject = (
        dice.choice(topics[0].subjects)
        if topics
        else f"the waterfront of {dice.choice(words.PLACES)}"
    )
    where, who, verb, why = (
        dice.choice(some) for some in (words.PLACES, words.ACTORS, words.VERBS, words.REASONS)
    )
    shapes = (
        f"{who} {verb} {subject} {why}",
        f"{subject}: {who} of {where} {verb} the plan {why}",
        f"‘Too late’: {who} of {where} {verb} {subject}",
        f"{where} {verb} {subject}, and {who} knows",
        f"Why {where} {verb} {subject} {why}",
    )
    shape = dice.choice(shapes)
    return shape[0].upper() + shape[1:]


def _summary(topics: Sequence[Topic], dice: random.Random) -> str:
    """Returns two or three paragraphs that name every subject once."""
    told = [
        f"{dice.choice(words.PLACES)} has {dice.choice(words.PAST)} {dice.choice(topic.subjects)} "
        f"{dice.choice(words.REASONS)}."
        for topic in topics
    ]
    opening = f"In {dice.choice(words.PLACES)}, {dice.choice(words.ACTORS)} {dice.choice(words.PAST)} the matter."
    said = [*told, opening, *dice.sample(words.REMARKS, dice.choice((3, 4, 4, 5)))]
    cut = dice.randint(2, len(said) - 1)
    return "\n\n".join((" ".join(said[:cut]), " ".join(said[cut:])))


# ---------------------------------------------------------------- what the editor adds


def _noted(story: Story, dice: random.Random, earlier: Sequence[Story]) -> Story:
    if dice.random() >= _NOTED:
        return story
    filled = {"number": dice.randrange(100, 9_999), "earlier": _link_to(earlier, dice)}
    asides = dice.sample(words.ASIDES, dice.choice((1, 2, 3)))
    parts = [" ".join(aside.format(**filled) for aside in asides)]
    if dice.random() < 0.3:
        points = dice.sample(words.POINTS, 3)
        parts.append("\n".join(f"- {point.format(**filled)}" for point in points))
    return replace(story, note="\n\n".join(parts))


def _letter(week: Week, stories: Sequence[Story], dice: random.Random) -> Letter:
    named = dice.sample(stories, min(3, len(stories)))
    points = "\n".join(
        f"- [{story.slug.replace('-', ' ')}]({Path(story.file).name})" for story in named
    )
    body = f"{dice.choice(words.GREETINGS)}\n\nThree to begin with:\n\n{points}"
    return Letter(
        file=paths.letter(week),
        week=week,
        title=f"A letter from {dice.choice(words.PLACES)}",
        body=body,
    )


def _link_to(earlier: Sequence[Story], dice: random.Random) -> str:
    """Returns a link to the file of an earlier week's story; to another site in the first week."""
    if not earlier:
        return "https://minutes.example/harbour/"
    place = dice.choice(earlier).file.removeprefix("content/")
    return f"../../{place}"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("stories", type=click.IntRange(1, 1_000_000))
@click.option(
    "--seed", default=1, show_default=True, help="Another number gives another digest of that size."
)
def main(folder: Path, stories: int, seed: int) -> None:
    """Writes a generated digest of STORIES stories into FOLDER."""
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty; name a new folder")
    write(folder, stories, seed)
    click.echo(f"{stories} stories in {folder}")


if __name__ == "__main__":
    main()
