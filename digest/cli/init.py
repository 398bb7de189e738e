"""`digest init`: the words around a new digest."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest import redact
from digest.cli.shared import formatting
from digest.cli.shared.call import Call
from digest.cli.shared.feed_urls import web_address
from digest.errors import count_of

if TYPE_CHECKING:
    from digest.commands.init import InitReport


_THEMES = "Then find your themes: digest themes --propose"


@click.command()
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--feed", "feeds", metavar="URL", multiple=True,
    help="A feed to pull, or a web page that has one; can be repeated.",
)  # fmt: skip
@click.option(
    "--opml", "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", multiple=True,
    help="A list of feeds, as feed readers export it; can be repeated.",
)  # fmt: skip
@click.pass_obj
def init(call: Call, folder: Path, feeds: tuple[str, ...], files: tuple[Path, ...]) -> None:
    """Make a new digest in DIR, or here.

    It has a sample feed in a file, so that pull and build work at once, without a network. With
    --feed or --opml it has your own feeds instead, and the time zone of this machine. Files that
    are there already are left as they are. In a digest that has only the sample, your feeds take
    its place: what you edited stays, and the rest of the sample goes. requirements.txt names
    exactly this version of Digest, for the workflow and for other editors. In a clone of a
    repository on GitHub or Codeberg, the site's address is taken from the remote 'origin'.

    \b
    Examples:
      digest init my-digest
      digest init my-digest --feed https://news.example/feed.xml
      digest init my-digest --feed https://a.example/ --feed https://b.example/
      digest init my-digest --opml subscriptions.opml
    """
    from digest.commands import init as command
    from digest.commands.shared import find_feeds
    from digest.commands.starter import local_timezone, sample

    addresses = [web_address(feed, "--feed") for feed in feeds]
    if not (addresses or files):
        _print_report(command.run(folder, now=call.now), folder, call)
        return
    has_sample = sample.has_only_sample_feed(folder)
    if not has_sample:
        command.check_no_digest(folder)  # before anybody is asked anything
    here = local_timezone.of_this_machine()
    found = find_feeds.run(addresses, files, now=call.now)
    if has_sample:
        report = sample.replace_with(folder, found, timezone=here)
        call.say(*(f"{feed.id}: {feed.title}, {redact.mask(feed.url)}" for feed in report.feeds))
        call.warn(*formatting.left_out(report.left_out))
        if call.verbose:
            call.say(*(f"{file}: removed" for file in (*report.removed, *report.letters)))
        removed = formatting.stories(len(report.removed))
        letters = count_of(len(report.letters), "letter")
        also = f", and {letters} as drafted" if report.letters else ""
        stories = f", and {removed} without edits" if report.removed or report.edited else ""
        call.say(f"Removed the sample: its feed{stories}{also}")
        call.say(*(f"{file}: stays, because it was edited" for file in report.edited))
        for file in report.unread:
            call.warn(f"{file}: stays, because it cannot be read; digest check")
        if report.themes:
            call.say(
                "The themes in digest.toml stay, because they were edited or stories have them"
            )
        _print_address(report.address, call)
        call.say(formatting.FEEDS_ARE_NAMED)
        call.say("Next: digest pull && digest serve", _THEMES)
        return
    _print_report(
        command.run(folder, timezone=here or "UTC", found=found, now=call.now), folder, call
    )
    if not here:
        call.warn(
            'This machine has no time zone set, so digest.toml says "UTC"; correct it before the first pull'
        )


def _print_report(report: InitReport, folder: Path, call: Call) -> None:
    """Prints the feeds, what was there already, with --verbose each file that was written, and the
    next step."""
    call.say(*(f"{feed.id}: {feed.title}, {redact.mask(feed.url)}" for feed in report.feeds))
    call.warn(*formatting.left_out(report.left_out))
    call.say(*(f"{file}: already exists, left unchanged" for file in report.kept))
    call.say(*(f"{file}: written" for file in report.written if call.verbose))
    _print_address(report.address, call)
    call.warn(*report.warnings)
    if report.feeds:
        call.say(formatting.FEEDS_ARE_NAMED)
    where, step = "here", ""
    if folder.resolve() != Path.cwd():
        where = f"in {folder}"
        step = f"cd {shlex.quote(str(folder))} && "
    feeds = f" with {count_of(len(report.feeds), 'feed')}" if report.feeds else ""
    call.say(f"A new digest is {where}{feeds}. Next: {step}digest pull && digest serve")
    if report.feeds:
        call.say(_THEMES)


def _print_address(address: str, call: Call) -> None:
    if address:
        call.say(f"url was set to {address}, from the remote 'origin'")
