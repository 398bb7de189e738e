"""`digest letter`: options and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.shared import completion, formatting
from digest.cli.shared.call import Call
from digest.cli.shared.exclusive import check_exclusive

if TYPE_CHECKING:
    from digest.commands.letter import AddedLinks, DraftedLetter, PublishedLetter


@click.command()
@click.argument("week", metavar="[WEEK]", default="", shell_complete=completion.weeks)
@click.option(
    "--more",
    is_flag=True,
    help="Add links to stories that the letter does not link yet, at its end.",
)
@click.option(
    "--publish",
    is_flag=True,
    help="Publish the letter: it is no longer a draft, and dated now.",
)
@click.pass_obj
def letter(call: Call, week: str, more: bool, publish: bool) -> None:
    """Draft the letter that opens a week.

    WEEK is 2026-W20, 2026/w20, or w20 of the newest year that has it; without it, the newest week
    that has stories and no letter, if it is open or the newest closed one. The draft links the
    week's stories by theme, for you to write around. A letter that is there stays as it is; --more
    adds links to stories that came after it, at its end.

    While the letter is a draft, the edition is not in the weekly feed. --publish removes
    'draft: true' and writes when it was published; without WEEK, of the newest drafted letter.

    \b
    Examples:
      digest letter
      digest letter w20
      digest letter --more
      digest letter --publish
    """
    from digest.commands import letter as command

    root, config = call.load()
    check_exclusive({"--more": more, "--publish": publish})
    try:
        if publish:
            _print_published(command.publish(root, config, week, now=call.now), call)
        elif more:
            _print_added(command.add_links(root, config, week), call)
        else:
            _print_drafted(command.run(root, config, week), call, is_chosen=not week)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="WEEK") from None


def _print_published(report: PublishedLetter, call: Call) -> None:
    drafts = f"; still drafts: {report.drafts} of its stories" if report.drafts else ""
    into_the_feed = "The weekly feed gets the edition once its week is closed"
    if report.is_closed:
        into_the_feed = f"The weekly feed then has the edition, since {report.week} is closed"
    call.say(
        f"{report.file}: published with {formatting.stories(report.shown)}{drafts}",
        f"Next: build and publish the site. {into_the_feed}",
    )
    if report.is_unwritten:
        call.warn(
            f"{report.file}: its text is still as drafted, only links; write your letter there"
        )


def _print_added(report: AddedLinks, call: Call) -> None:
    drafts = f"; left out: {report.drafts} in draft" if report.drafts else ""
    if report.added:
        call.say(f"{report.file}: {formatting.stories(report.added)} added at its end{drafts}")
    else:
        call.say(f"{report.file}: every story of {report.week} is in it already{drafts}")


def _print_drafted(report: DraftedLetter, call: Call, *, is_chosen: bool) -> None:
    """Prints where the draft is; `is_chosen` is True if the week was chosen by us."""
    which = f"{report.week}, the newest week without a letter," if is_chosen else str(report.week)
    drafts = f"; left out: {report.drafts} in draft" if report.drafts else ""
    call.say(f"{report.file}: drafted for {which} with {formatting.stories(report.linked)}{drafts}")
    call.say("Write it, then run 'digest letter --publish'")
    if report.in_feed_since:
        since = f"{report.in_feed_since:%Y-%m-%d %H:%M}"
        call.warn(
            f"If your site is published, {report.week} has been in its weekly feed since {since}: the edition"
            " leaves the feed until the letter is published; services that mail the feed may then send it"
            f" a second time. To keep its date, write 'published: {report.in_feed_since.isoformat()}' into the letter"
        )
