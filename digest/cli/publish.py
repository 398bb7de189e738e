"""`digest publish`: options and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli import formatting, progress
from digest.cli.context import Call

if TYPE_CHECKING:
    from digest.commands.publish import PublishReport

_INDEX = "search/pagefind/"
_NAMED = 10
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

    root, config = call.open()
    with progress.shown(call, "Pages", least=200) as on_progress:
        report = command.run(
            root, config, dry=dry, replacing=replacing, on_progress=on_progress, now=call.now
        )
    _tell(report, call)


def _tell(report: PublishReport, call: Call) -> None:
    """Prints warnings, which files differ (all of them with --dry-run or --verbose), and what feed
    readers would show."""
    call.complain(*report.warnings)
    if report.mail:
        call.say(f"mail: {report.mail}")
    if report.same:
        call.say(
            f"Nothing has changed: gh-pages of {report.address} has these {report.files} files already"
        )
        return
    if report.dry or call.verbose:
        differing = (("new", report.new), ("changed", report.changed), ("gone", report.gone))
        call.say(
            *(
                f"{word:<8} {path}"
                for word, paths in differing
                for path in paths
                if not path.startswith(_INDEX)
            )
        )
        index = {word: sum(path.startswith(_INDEX) for path in paths) for word, paths in differing}
        found = [word for word, number in index.items() if number]
        if found:
            word = found[0] if len(found) == 1 else "changed"
            numbers = ", ".join(f"{number} {word}" for word, number in index.items())
            call.say(f"{word:<8} {_INDEX} (the search index: {numbers})")
    for feed in () if report.first else report.feeds:
        call.say(*_of_a_feed(feed.feed, feed.new, feed.again, first=feed.first))
    for place in report.vanished if report.dry else ():
        call.say(f"lost     {place}")
    if report.origin:
        files = f": {_named(report.uncommitted)}" if report.uncommitted else ""
        call.say(f"{'Would publish' if report.dry else 'Published'} {report.origin}{files}")
    counts = f"{len(report.new)} new, {len(report.changed)} changed, {len(report.gone)} gone"
    files = formatting.count(report.files, "file")
    if report.dry:
        call.say(f"Would publish {files} to gh-pages of {report.address}: {counts}")
        return
    call.say(f"Published {files} to gh-pages of {report.address}: {counts}")
    if report.vanished:
        lost = (
            "1 address no longer exists"
            if len(report.vanished) == 1
            else f"{len(report.vanished)} addresses no longer exist"
        )
        call.say(f"{lost}: {_named(report.vanished)}")
    if report.first:
        call.say(
            "The first time: choose this branch as the source of Pages, in the settings of the repository"
        )


def _named(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(files[:_NAMED]) + more


def _of_a_feed(
    feed: str, new: tuple[str, ...], again: tuple[str, ...], *, first: bool
) -> list[str]:
    """Returns a line with the titles for each kind of change in a feed."""
    if first:
        return [f"{feed}: a new feed, with {formatting.count(len(new), 'entry', 'entries')}"]
    told = ((new, "new to its readers"), (again, "shown to its readers again"))
    return [f"{feed}: {words}: {_titles(titles)}" for titles, words in told if titles]


def _titles(titles: tuple[str, ...]) -> str:
    more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    return ", ".join(f"'{title}'" for title in titles[:_NAMED]) + more
