"""The benchmark, also run by `make bench`: `python -m benchmarks.bench [--stories N]… [--rounds N] …`.

    a digest of each size ──▶ rounds of every phase, Digest and peers ──▶ same content? ──▶ a table

Figures for different pages would be worthless, so a site that differs is an error.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from benchmarks import agree, measure, rounds, serving, subjects, table
from benchmarks.peers import programs
from benchmarks.rounds import Results
from benchmarks.serving import Served
from benchmarks.subjects import Subject

_SIZES = (1_000, 10_000)
_SHOWN = 10


@click.command()
@click.option(
    "--stories",
    multiple=True,
    type=click.IntRange(60),
    help="A size; may be repeated.  [1000 and 10000]",
)
@click.option(
    "--rounds",
    "times",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="How often all is run.",
)
@click.option(
    "--peer",
    "names",
    multiple=True,
    type=click.Choice(programs.NAMES),
    help="Only this one; may be repeated.",
)
@click.option("--no-peers", is_flag=True, help="Digest alone.")
@click.option("--peers-dir", type=click.Path(path_type=Path), default=programs.HOME, show_default=True,
              help="Where benchmarks.peers.programs has installed them.")  # fmt: skip
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=None,
    help="Where to work.  [a temporary folder]",
)
def main(
    stories: Sequence[int],
    times: int,
    names: Sequence[str],
    no_peers: bool,
    peers_dir: Path,
    folder: Path | None,
) -> None:
    """Measures Digest, and other generators if they are installed; prints Markdown."""
    found = (
        []
        if no_peers
        else [one for one in programs.installed(peers_dir) if not names or one.name in names]
    )
    if not found and not no_peers:
        click.echo(
            f"No peers in {peers_dir}; python -m benchmarks.peers.programs installs them.", err=True
        )
    click.echo(f"{table.machine(found)}\n")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        _warm_up(found)
        for size in stories or _SIZES:
            with tempfile.TemporaryDirectory(prefix="digest-bench-", dir=folder) as place:
                click.echo(f"{size} stories …", err=True)
                measured = subjects.prepare(Path(place), size, found)
                click.echo(f"{table.written(_measured(measured, size, times), measured, times)}\n")
    except measure.CommandFailed as error:
        raise click.ClickException(str(error)) from error


def _warm_up(found: Sequence[programs.Program]) -> None:
    """Builds a small digest with each program, so that Python has compiled all modules."""
    with tempfile.TemporaryDirectory() as place:
        measured = subjects.prepare(Path(place), 60, found)
        rounds.run(
            measured, rounds.phases(*subjects.edited(measured[0].folder))[:2], 1, Results(60, ())
        )


def _measured(measured: Sequence[Subject], size: int, times: int) -> Results:
    ours = measured[0]
    newest, middle = subjects.edited(ours.folder)
    planned = rounds.phases(newest, middle)
    results = Results(size, tuple(phase.name for phase in planned))
    rounds.run(measured, planned, times, results)
    _check_edits(measured, newest, f"Seen {times - 1}.")
    notes = _agreed(measured)
    return replace(results, notes=tuple(notes), served=_served(ours, newest))


def _check_edits(measured: Sequence[Subject], story: str, words: str) -> None:
    """Ends the run if a program has not built the last edit."""
    page = Path(*Path(story).parts[1:3], "index.html")
    for subject in measured:
        if words not in (subject.site / page).read_text(encoding="utf-8"):
            raise click.ClickException(f"{subject.name} has not built the last edit into {page}")


def _agreed(measured: Sequence[Subject]) -> list[str]:
    """Returns a note on what the sites have in common; ends the run if one differs."""
    ours, *peers = [agree.read(subject.site) for subject in measured]
    for theirs in peers:
        if found := agree.differences(ours, theirs):
            shown = "\n".join(found[:_SHOWN])
            raise click.ClickException(f"{len(found)} differences between two sites:\n{shown}")
    return [f"All pages say the same: {ours}."] if peers else []


def _served(ours: Subject, story: str) -> Served:
    """Returns the time from a save to its page in the preview."""
    rounds.clear(ours)
    return serving.served(ours.folder, story)


if __name__ == "__main__":
    main()
