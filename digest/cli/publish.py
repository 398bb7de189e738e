"""`digest publish`: options and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.shared import progress
from digest.cli.shared.call import Call
from digest.errors import and_more, count_of

if TYPE_CHECKING:
    from digest.commands.publish import PublishReport

_INDEX = "search/pagefind/"
_MAX_NAMED = 10
"""How many entries of a feed, and files, are listed; the rest is counted."""


@click.command()
@click.option(
    "--dry-run", "dry", is_flag=True, help="Say what would change on the web, publish nothing."
)
@click.option(
    "--replace",
    "replacing",
    is_flag=True,
    help="Replace files that Digest did not publish, or a site from elsewhere.",
)
@click.pass_obj
def publish(call: Call, dry: bool, replacing: bool) -> None:
    """Publish the site on the branch gh-pages.

    For sites that GitHub Actions does not publish. Builds the site, commits it to the branch
    gh-pages of the remote origin, and pushes it, never by force. Your branch and working tree are
    not touched. If nothing has changed, nothing is committed. If the branch has files that Digest
    did not publish, nothing is published; with --replace, those files are deleted.

    With --dry-run: which files would be new, changed or gone, which addresses would no longer
    exist, and which entries feed readers would show as new or again.

    \b
    Examples:
      digest publish --dry-run
      digest publish
    """
    from digest.commands import publish as command

    root, config = call.load()
    with progress.bar(call, "Pages", least=200) as on_progress:
        report = command.run(
            root, config, dry=dry, replacing=replacing, on_progress=on_progress, now=call.now
        )
    _print_report(report, call)


def _print_report(report: PublishReport, call: Call) -> None:
    """Prints warnings, which files differ (all of them with --dry-run or --verbose), and what feed
    readers would show."""
    call.warn(*report.warnings)
    if report.mail:
        call.say(f"mail: {report.mail}")
    branch, files = f"gh-pages of {report.address}", count_of(report.files, "file")
    if report.same:
        call.say(f"Nothing has changed: {branch} has these {report.files} files already")
        if report.commit:
            call.say(
                "Files that were published before they were committed have changed since; now other clones can publish"
            )
        return
    if report.dry or call.verbose:
        call.say(*_lines_of_files(report))
    if not report.first:
        for changes in report.feeds:
            call.say(*_lines_of_feed(changes.feed, changes.new, changes.again, first=changes.first))
    if report.dry:
        call.say(*(f"lost     {place}" for place in report.vanished))
    verb = "Would publish" if report.dry else "Published"
    if report.source_note:
        source = f"{verb} {report.source_note}"
        if report.uncommitted:
            source += f": {and_more(report.uncommitted, _MAX_NAMED)}"
        call.say(source)
    counts = f"{len(report.new)} new, {len(report.changed)} changed, {len(report.gone)} gone"
    call.say(f"{verb} {files} to {branch}: {counts}")
    if report.vanished and not report.dry:
        count = len(report.vanished)
        lost = "1 address no longer exists" if count == 1 else f"{count} addresses no longer exist"
        call.say(f"{lost}: {and_more(report.vanished, _MAX_NAMED)}")
    if report.first and not report.dry:
        where = "in the settings of the repository"
        call.say(f"The first time: choose this branch as the source of Pages, {where}")


def _lines_of_files(report: PublishReport) -> list[str]:
    """Returns a line for each file that differs, and one for all those of the search index."""
    lines, in_index = list[str](), dict[str, int]()
    for word, paths in (("new", report.new), ("changed", report.changed), ("gone", report.gone)):
        outside = [path for path in paths if not path.startswith(_INDEX)]
        lines += [f"{word:<8} {path}" for path in outside]
        in_index[word] = len(paths) - len(outside)
    differing = [word for word, number in in_index.items() if number]
    if differing:
        how = differing[0] if len(differing) == 1 else "changed"
        numbers = ", ".join(f"{number} {word}" for word, number in in_index.items())
        lines.append(f"{how:<8} {_INDEX} (the search index: {numbers})")
    return lines


def _lines_of_feed(
    feed: str, new: tuple[str, ...], again: tuple[str, ...], *, first: bool
) -> list[str]:
    """Returns a line with the titles for each kind of change in a feed."""
    if first:
        entries = count_of(len(new), "entry", "entries")
        return [f"{feed}: a new feed, with {entries}"]
    lines = []
    for titles, what in (
        (new, "new to its readers"),
        (again, "shown to its readers again"),
    ):
        if titles:
            quoted = and_more([f"'{title}'" for title in titles], _MAX_NAMED)
            lines.append(f"{feed}: {what}: {quoted}")
    return lines
