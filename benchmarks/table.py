"""The figures as a Markdown table, with the machine, the date and the versions.

Figures are medians of the rounds; ratios are medians of the ratios in each round.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import digest
from benchmarks.measure import Cost
from benchmarks.peers.programs import Program
from benchmarks.rounds import Results
from benchmarks.serving import Served
from benchmarks.subjects import Subject

LEGEND = "Cells are CPU s / wall s / peak MiB of all processes (if measured); ratios are Digest's CPU / wall."


def written(results: Results, subjects: Sequence[Subject], rounds: int) -> str:
    """Returns the results for one size as Markdown."""
    ours, *peers = subjects
    heads = [
        "",
        ours.name.capitalize(),
        *(head for peer in peers for head in (peer.name.capitalize(), "ratio")),
    ]
    lines = [
        f"### {results.stories:,} stories, medians of {rounds} round{'s' if rounds > 1 else ''}",
        "",
        _row(heads),
        _row(["---", *("--:" for _ in heads[1:])]),
        *(_row([phase, *_cells(results, phase, ours, peers)]) for phase in results.phases),
    ]
    if results.served:
        lines.append(
            _row(["`serve`: saved to served, without the debounce", _times(results.served)])
        )
    return "\n".join([*lines, "", *results.notes])


def machine(peers: Sequence[Program]) -> str:
    """Returns the date, the machine and the versions, in two lines."""
    named = [
        ("Digest", digest.__version__),
        *((one.name.capitalize(), one.version) for one in peers),
    ]
    versions = ", ".join(f"{name} {version}" for name, version in named)
    return (
        f"{date.today():%Y-%m-%d}: {_processor()}, {os.cpu_count()} cores, {_memory()}{platform.system()}, "  # noqa: DTZ011
        f"Python {platform.python_version()}; {versions}.\n{LEGEND}"
    )


def _cells(results: Results, phase: str, ours: Subject, peers: Sequence[Subject]) -> list[str]:
    mine = results.costs[phase, ours.name]
    cells = [_cell(mine, results.peaks.get((phase, ours.name)))]
    for peer in peers:
        theirs = results.costs.get((phase, peer.name))
        cells += (
            [_cell(theirs, results.peaks.get((phase, peer.name))), _ratio(mine, theirs)]
            if theirs
            else ["", ""]
        )
    return cells


def _cell(costs: Sequence[Cost], peak: float | None) -> str:
    cpu, wall = (
        statistics.median(figures)
        for figures in ([one.cpu for one in costs], [one.wall for one in costs])
    )
    return f"{cpu:.2f} / {wall:.2f}{f' / {peak:,.0f}' if peak else ''}"


def _times(served: Served) -> str:
    return f"{served.cpu:.3f} / {served.wall:.3f}"


def _ratio(mine: Sequence[Cost], theirs: Sequence[Cost]) -> str:
    pairs = list(zip(mine, theirs, strict=True))
    cpu = statistics.median(a.cpu / b.cpu for a, b in pairs)
    wall = statistics.median(a.wall / b.wall for a, b in pairs)
    return f"**{cpu:.3f}** / {wall:.3f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1024**3:.0f} GiB, "
    except (ValueError, OSError, AttributeError):
        return ""
