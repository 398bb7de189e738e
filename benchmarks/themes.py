"""Replays the shipped archive week by week, from 40 obvious phrases, and prints how suggestions do.

    .venv/bin/python -m benchmarks.themes [--feeds FOLDER] [--stories 10000]

Each week's stories are asked for before the editor has decided on them: which themes the rules give,
and whether the editor's main theme is among three suggestions. Then the editor decides, looks at the
phrases that are proposed, takes up to two that are in a headline of the theme and were never wrong so
far, and takes out again those that have been wrong more than once in five. Nothing looks ahead, except
in the row that says so: there the editor takes only phrases that will never be wrong, and as many as there
are, which is the most that accepting phrases can bring.

The text of a story is its headline and the feed's whole summary, from the feeds' own files in `--feeds`,
by default ../shared/feeds.
Without them the editor's note is used, which retells the summary; that is not in git.

The row of proposed themes is `digest themes --propose`, asked of the whole archive without any themes: each proposed theme
stands for the editor's theme that most stories of its first phrase have.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from benchmarks import corpus
from digest import config
from digest.content import load
from digest.content.excerpt import escape
from digest.model import Story, Theme
from digest.themes.phrase_proposals import Proposal, RuleText, proposals
from digest.themes.propose import propose
from digest.themes.rules import themes_of
from digest.themes.suggest import Index, suggestions, without_theme

ROOT = Path(__file__).parent.parent
PHRASES: Mapping[str, tuple[str, ...]] = {
    "export-controls": ("export control*", "curbs", "sanctions", "H200"),
    "memory-crunch": ("memory + price*", "memory + crunch", "memory + shortage*", "DRAM"),
    "nexperia": ("Nexperia", "Wingtech", "Zhang Xuezheng", "Nexperia + court"),
    "foundries": ("foundry", "foundries", "TSMC", "SMIC"),
    "ai-chips": ("AI chip*", "Nvidia", "GPU*", "AMD"),
    "tools-and-materials": ("ASML", "lithograph*", "chip equipment", "rare earth*"),
    "self-reliance": ("self-reliance", "self-sufficien*", "home-grown", "domestic chip*"),
    "trade-and-diplomacy": ("tariff*", "trade war", "US-China", "Trump + Xi"),
    "taiwan": ("Taiwan", "Taipei", "Taiwanese", "Hsinchu"),
    "listings": ("IPO*", "stock exchange", "shares", "investors"),
}
"""Four phrases a theme, as they come to mind before any story is read."""
FEEDS = ROOT.parent / "shared" / "feeds"
MOST = 30
A_WEEK = 2
WRONG = 0.2
FEWEST = 5


@dataclass
class Tally:
    """Themes found rightly, wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: Iterable[str], themes: Iterable[str]) -> None:
        found, themes = set(found), set(themes)
        self.right += len(found & themes)
        self.wrong += len(found - themes)
        self.missed += len(themes - found)

    def __str__(self) -> str:
        precision = self.right / ((self.right + self.wrong) or 1)
        recall = self.right / ((self.right + self.missed) or 1)
        return f"P {precision:.2f}  R {recall:.2f}"


@dataclass
class Replay:
    """What a replay has counted."""

    stories: int = 0
    among_three: int = 0
    first: int = 0
    obvious: Tally = field(default_factory=Tally)
    as_it_came: Tally = field(default_factory=Tally)
    at_the_end: Tally = field(default_factory=Tally)
    taken: list[Proposal] = field(default_factory=list)
    dropped: int = 0


def replay(
    stories: Sequence[Story], summaries: Mapping[str, str], *, ahead: bool = False
) -> Replay:
    """Replays the stories week by week; `summaries` are those of their files.

    With `ahead`, the editor knows which phrases will never be wrong, and takes all of these.
    """
    themes = _obvious()
    done, past = Replay(), list[Story]()
    future = [_decided(story, summaries) for story in stories] if ahead else None
    for week in sorted({story.week for story in stories}):
        index = Index(past, themes)
        new = [_story(story, summaries) for story in stories if story.week == week]
        for story in new:
            done.as_it_came.add(_found(story, summaries, themes), story.themes)
            done.obvious.add(_found(story, summaries, _obvious()), story.themes)
            suggested = [one.theme for one in index.suggest(replace(story, themes=()))]
            done.stories += 1
            done.among_three += story.themes[0] in suggested
            done.first += suggested[:1] == [story.themes[0]]
        past += new
        themes = list(_learnt(themes, [_decided(story, summaries) for story in past], done, future))
    for story in past:
        done.at_the_end.add(_found(story, summaries, themes), story.themes)
    return done


def _obvious() -> list[Theme]:
    return [Theme(id, id, phrases) for id, phrases in PHRASES.items()]


def _story(story: Story, summaries: Mapping[str, str]) -> Story:
    """Returns a story as it is remembered: with its summary, or the note in place of it."""
    return replace(story, headline="", excerpt=escape(summaries.get(story.file) or story.note))


def _decided(story: Story, summaries: Mapping[str, str]) -> RuleText:
    text = summaries.get(story.file) or story.note
    return RuleText(story.file, story.title, text, frozenset(story.themes))


def _found(story: Story, summaries: Mapping[str, str], themes: Sequence[Theme]) -> Iterable[str]:
    one = _decided(story, summaries)
    return themes_of(one.headline, one.summary, themes)


def _learnt(
    themes: Sequence[Theme],
    past: Sequence[RuleText],
    done: Replay,
    future: Sequence[RuleText] | None,
) -> Iterator[Theme]:
    """Yields the themes with the phrases that the editor takes this week, without those that failed."""
    kept = {theme.id: [*theme.match] for theme in themes}
    for id, phrase in [(theme.id, phrase) for theme in themes for phrase in theme.match]:
        right, wrong, _ = _counts(id, phrase, past)
        hits = right + wrong
        if wrong > WRONG * hits and (hits >= FEWEST or phrase not in PHRASES[id]):
            kept[id].remove(phrase)
            done.dropped += 1
    rules = [theme._replace(match=tuple(kept[theme.id])) for theme in themes]
    before = {(one.theme, one.phrase) for one in done.taken}
    offered = []
    for one in proposals(past, rules):
        _, wrong, titled = _counts(one.theme, one.phrase, past if future is None else future)
        if not wrong and (titled or future) and (one.theme, one.phrase) not in before:
            offered.append(one)
    offered.sort(key=lambda one: (-one.new, -one.right, one.phrase))
    most = A_WEEK if future is None else MOST
    for one in offered[: min(most, MOST - len(done.taken))]:
        kept[one.theme].append(one.phrase)
        done.taken.append(one)
    return (theme._replace(match=tuple(kept[theme.id])) for theme in themes)


def _counts(id: str, phrase: str, stories: Iterable[RuleText]) -> tuple[int, int, int]:
    """Returns how many stories a phrase finds rightly, wrongly, and rightly by the headline alone."""
    right = wrong = titled = 0
    for story in stories:
        if _is_found(phrase, story.headline, story.summary):
            is_right = id in story.themes
            right += is_right
            wrong += not is_right
            titled += is_right and _is_found(phrase, story.headline, "")
    return right, wrong, titled


@cache
def _is_found(phrase: str, headline: str, summary: str) -> bool:
    """Tells whether a phrase finds a story; each week asks it of all stories so far."""
    return bool(themes_of(headline, summary, (Theme("any", "Any", (phrase,)),)))


def proposed(stories: Sequence[Story]) -> Tally:
    """Returns how many stories the proposed themes find that have, or have not, the theme meant."""
    tally = Tally()
    for proposal in propose([replace(story, themes=(), headline="") for story in stories]):
        theme = proposal.theme
        first = [story for story in stories if _is_found(theme.match[0], story.title, "")]
        themes = Counter[str]()
        for story in first:
            themes.update(set(story.themes))
        meant = themes.most_common(1)[0][0]
        for story in stories:
            if themes_of(story.title, "", (theme,)):
                tally.add([meant], [meant] if meant in story.themes else [])
    return tally


def summaries_in(folder: Path, stories: Iterable[Story]) -> dict[str, str]:
    """Returns the summaries that feeds in a folder have, by the files of their stories."""
    by_link = {
        entry.findtext("link", "").partition("?")[0]: entry.findtext("description", "")
        for feed in sorted(folder.glob("*.xml"))
        for entry in ET.parse(feed).iter("item")
    }
    found = {story.file: by_link.get(story.link.partition("?")[0], "") for story in stories}
    return {file: summary for file, summary in found.items() if summary}


def seconds(stories: int, new: int = 50) -> float:
    """Returns the CPU seconds of suggestions for new stories among so many made-up ones, index included."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "digest"
        corpus.write(root, stories)
        settings = config.load(root)
        archive = load.survey(root, settings).content.stories
    asked = [replace(story, themes=()) for story in archive[-new:]]
    start = time.process_time()
    suggestions(without_theme(asked), archive[:-new], settings.themes, most=None)
    return time.process_time() - start


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--feeds",
        type=Path,
        default=FEEDS,
        help="a folder with the feeds' own files, for the summaries",
    )
    parser.add_argument(
        "--stories", type=int, default=10_000, help="how many stories to time; 0: none"
    )
    words = parser.parse_args()
    settings = config.load(ROOT)
    stories = sorted(load.survey(ROOT, settings).content.stories, key=lambda one: one.published)
    summaries = summaries_in(words.feeds, stories)
    done, most = replay(stories, summaries), replay(stories, summaries, ahead=True)
    source = "whole summaries" if summaries else "notes for summaries"
    rows = [
        (
            "the editor's main theme among three suggestions",
            f"{done.among_three / done.stories:.0%}",
        ),
        ("it is the first of them", f"{done.first / done.stories:.0%}"),
        ("rules of 40 obvious phrases", done.obvious),
        ("with proposals, each week before it was decided", done.as_it_came),
        ("with proposals, at the end, over all stories", done.at_the_end),
        ("proposals accepted, and taken out again", f"{len(done.taken)}, {done.dropped}"),
        ("with only phrases that will never be wrong, before it was decided", most.as_it_came),
        ("with only phrases that will never be wrong, at the end", most.at_the_end),
    ]
    offered = proposed(stories)
    rows.append(
        (
            "stories that proposed themes find rightly, and wrongly",
            f"{offered.right}, {offered.wrong}",
        )
    )
    if words.stories:
        spent = seconds(words.stories)
        rows.append(
            (f"{words.stories:,} stories: suggestions for 50 new ones, CPU", f"{spent:.1f} s")
        )
    weeks = len({story.week for story in stories})
    sys.stdout.write(f"{done.stories} stories in {weeks} weeks, {source}\n\n| | |\n| --- | --- |\n")
    sys.stdout.writelines(f"| {what} | {figure} |\n" for what, figure in rows)


if __name__ == "__main__":
    main()
