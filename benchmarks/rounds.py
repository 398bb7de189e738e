"""The rounds of a benchmark: in each, every phase of Digest and of each peer runs once.

All programs run in the same rounds, so that a machine that becomes slow does so for all. Memory is
measured once, after the rounds; for peers only in a cold build, since every build of theirs is one.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import digest
from benchmarks import measure
from benchmarks.serving import Served
from benchmarks.subjects import DIGEST, WITH_CARDS, WITH_SEARCH, Subject
from digest.cache import Cache
from digest.feeds import feed_state

_FRAME = Path("templates/base.html")


@dataclass(frozen=True, slots=True)
class Phase:
    """What is measured: the preparation and the command; `everyone`: for peers as well."""

    name: str
    before: Callable[[Subject, int], None]
    argv: Callable[[Subject], Sequence[str]]
    everyone: bool = True
    memory: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """The results for one size: costs and memory peaks by phase and subject, and those of `serve`."""

    stories: int
    phases: tuple[str, ...]
    costs: dict[tuple[str, str], list[measure.Cost]] = field(default_factory=dict)
    peaks: dict[tuple[str, str], float] = field(default_factory=dict)
    served: Served | None = None
    notes: tuple[str, ...] = ()


def phases(newest: str, middle: str) -> tuple[Phase, ...]:
    """Returns all phases in order; `newest` and `middle` are the stories to edit."""

    def build(subject: Subject) -> Sequence[str]:
        return subject.argv

    def ours(*words: str) -> Callable[[Subject], Sequence[str]]:
        return lambda _: (*DIGEST, *words)

    def searched(_: Subject) -> Sequence[str]:
        return (*WITH_SEARCH, "--quiet", "build")

    def drawn(_: Subject) -> Sequence[str]:
        return (*WITH_CARDS, "--quiet", "build")

    cards = Phase(
        "cold build with social cards", lambda subject, _: subject.forget(), drawn, False, True
    )
    index = (
        Phase(
            "cold build with an index for the search",
            lambda subject, _: subject.forget(),
            searched,
            False,
            True,
        ),
        Phase(
            "the same after one story is edited",
            lambda one, n: one.edit(newest, f"Sought {n}."),
            searched,
            False,
        ),
    )
    return (
        Phase("cold build", lambda subject, _: subject.forget(), build, memory=True),
        Phase(
            "one story edited, newest week",
            lambda one, n: one.edit(newest, f"Seen {n}."),
            build,
            memory=True,
        ),
        Phase(
            "one story edited, middle of the archive",
            lambda one, n: one.edit(middle, f"Seen {n}."),
            build,
            False,
        ),
        Phase("nothing changed", _nothing, build),
        Phase("every page's template changed", _reframe, build, everyone=False),
        Phase(
            "pull, 2 feeds of 50 known entries",
            _forget_feeds,
            ours("--quiet", "pull"),
            everyone=False,
        ),
        Phase("`--version`", _nothing, ours("--version"), everyone=False),
        Phase("`--help`", _nothing, ours("--help"), everyone=False),
        *(index if importlib.util.find_spec("pagefind") else ()),
        *((cards,) if importlib.util.find_spec("resvg_py") else ()),
    )


def run(
    subjects: Sequence[Subject], phases: Sequence[Phase], rounds: int, results: Results
) -> None:
    """Runs every phase so many times and adds its costs to the results; then measures memory."""
    for number in range(rounds):
        for phase in phases:
            for subject in subjects if phase.everyone else subjects[:1]:
                phase.before(subject, number)
                cost = measure.run(phase.argv(subject), subject.folder)
                results.costs.setdefault((phase.name, subject.name), []).append(cost)
    cold = phases[0]
    for phase in filter(_is_looked_at, phases):
        for subject in subjects if phase is cold else subjects[:1]:
            phase.before(subject, rounds)
            results.peaks[phase.name, subject.name] = measure.peak(
                phase.argv(subject), subject.folder
            )


def _is_looked_at(phase: Phase) -> bool:
    return phase.memory


def _nothing(_subject: Subject, _number: int) -> None:
    """Changes nothing."""


def _forget_feeds(subject: Subject, _number: int) -> None:
    """Removes the state of feeds, so that pull reads every entry again."""
    with Cache(subject.folder) as cache:
        cache.keep_only(feed_state.KIND, ())
        cache.save()


def _reframe(subject: Subject, number: int) -> None:
    """Changes the frame of all pages, in the digest's own copy of the template."""
    package = Path(digest.__file__).parent
    shipped = next(path for path in (package / _FRAME, package.parent / _FRAME) if path.exists())
    own = subject.folder / _FRAME
    own.parent.mkdir(exist_ok=True)
    own.write_text(
        shipped.read_text(encoding="utf-8").replace("</body>", f"<p>Frame {number}.</p>\n</body>")
    )


def clear(subject: Subject) -> None:
    """Removes a digest's own templates."""
    shutil.rmtree(subject.folder / _FRAME.parent, ignore_errors=True)
