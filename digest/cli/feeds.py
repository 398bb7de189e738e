"""`digest feeds`: the words around the list of feeds, and around feeds added and retired."""

from __future__ import annotations

from pathlib import Path

import click

from digest import redact
from digest.cli.shared import completion, formatting
from digest.cli.shared.call import Call
from digest.cli.shared.feed_urls import web_address
from digest.cli.shared.groups import Commands
from digest.cli.status import last_answer, print_remarks
from digest.errors import count_of, suggestion


@click.group(
    cls=Commands, invoke_without_command=True, short_help="List the feeds, add some, retire one."
)
@click.pass_context
def feeds(context: click.Context) -> None:
    """List the feeds, add some, retire one.

    Without a command, a row for each feed: when it last answered, how many stories it brought with
    the last pull and in all, how many of them are still there, and its address. With --verbose,
    dates instead of ages.

    \b
    Examples:
      digest feeds
      digest feeds add https://news.example/
      digest feeds remove harbour-lantern
    """
    if context.invoked_subcommand is None:
        from digest.commands import feeds as command

        call: Call = context.obj
        root, config = call.load()
        report = command.run(root, config, now=call.now)
        headers = ("feed", "last answer", "new", "brought", "kept", "address")
        rows = []
        for row, feed in report.rows:
            counts = (row.new or 0, row.brought, row.present)
            address = redact.mask(feed.url) if feed else ""
            rows.append((row.feed, last_answer(row, call.verbose), *counts, address))
        if rows:
            call.say(*formatting.table(headers, rows))
        else:
            call.say("No feeds yet. Next: digest feeds add URL")
        print_remarks((row for row, _ in report.rows), call)
        call.warn(*formatting.skipped(report.skipped))


@feeds.command()
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option(
    "--opml", "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", multiple=True,
    help="A list of feeds, as feed readers export it; can be repeated.",
)  # fmt: skip
@click.pass_obj
def add(call: Call, urls: tuple[str, ...], files: tuple[Path, ...]) -> None:
    """Add feeds to digest.toml.

    URL is the address of a feed, or of a web page that has one. The feeds of a list are added
    without asking their servers, each below a comment with its folder. Nothing is written unless
    every URL leads to a feed. A feed that is in digest.toml stays as it is; if it is retired, it is
    pulled again.

    \b
    Examples:
      digest feeds add https://news.example/feed.xml
      digest feeds add https://news.example/ https://blog.example/
      digest feeds add --opml subscriptions.opml
    """
    from digest.commands import feeds as command

    addresses = [web_address(url, "URL") for url in urls]
    if not (addresses or files):
        raise click.UsageError("There is nothing to add; give a URL, or a list with --opml FILE.")
    report = command.add(call.root(), addresses, files, now=call.now)
    call.say(*(f"{feed.id}: {feed.title}, {redact.mask(feed.url)}" for feed in report.added))
    call.say(*(f"{feed.id}: was retired, is pulled again" for feed in report.resumed))
    call.say(*(f"{feed.id}: already in digest.toml, left unchanged" for feed in report.present))
    call.warn(*formatting.left_out(report.left_out))
    for id, former in report.former_ids.items():
        call.warn(
            f"{id}: an earlier feed had the id '{former}'; if this is the same feed, write"
            f' id = "{former}" before you pull'
        )
    if report.added:
        call.say(formatting.FEEDS_ARE_NAMED)
        count = count_of(len(report.added), "feed")
        call.say(f"{count} added to digest.toml. Next: digest pull")
    else:
        call.say("Next: digest pull" if report.resumed else "Nothing to add")


@feeds.command()
@click.argument("id", metavar="ID", shell_complete=completion.feeds)
@click.pass_obj
def remove(call: Call, id: str) -> None:
    """Retire a feed: it is no longer pulled, and its stories stay.

    Writes 'retired = true' into its table in digest.toml. To resume it, run 'digest feeds add' with
    its address.

    \b
    Example:
      digest feeds remove harbour-lantern
    """
    from digest.commands import feeds as command

    root, config = call.load()
    try:
        report = command.remove(root, id, now=call.now)
    except KeyError:
        cure = suggestion(id, [feed.id for feed in config.feeds])
        raise click.BadParameter(
            f"digest.toml has no feed '{id}'; {cure}", param_hint="ID"
        ) from None
    state = "was retired already" if report.was_retired else "retired"
    call.say(f"{id}: {state}, so pull no longer asks for it")
    if report.stories or report.ledger:
        stories = formatting.stories(report.stories)
        call.say(f"What stays: {stories} with the feed's name, and {report.ledger}, as they are")
    else:
        call.say("It has brought no story, so you can also delete its table in digest.toml")
    if not report.pulled:
        call.say("No feed is left to pull. Next: digest feeds add URL")
