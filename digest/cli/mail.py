"""`digest mail`: options and output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.shared import completion, formatting
from digest.cli.shared.call import Call
from digest.cli.shared.exclusive import check_exclusive
from digest.cli.shared.safe_print import echo

if TYPE_CHECKING:
    from digest.commands.mail import MailReport
    from digest.model import Config


@click.command()
@click.argument("week", metavar="[WEEK]", default="", shell_complete=completion.weeks)
@click.option("--send", is_flag=True, help="Send it.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write the message to this file; - is the standard output.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Show the mail, write and send nothing.")
@click.option(
    "--again",
    is_flag=True,
    help="With --send: send it even if it was, or may have been, sent before.",
)
@click.option(
    "--claim", default="", metavar="NAME",
    help="Reserve the edition for the run NAME and send nothing; with --send, send only what NAME has reserved.",
)  # fmt: skip
@click.option("--sent", is_flag=True, help="Mark the edition as sent, without sending it.")
@click.pass_obj
def mail(
    call: Call,
    week: str,
    send: bool,
    output: Path | None,
    dry: bool,
    again: bool,
    claim: str,
    sent: bool,
) -> None:
    """Mail an edition, once.

    WEEK is 2026-W20, 2026/w20, or w20 of the newest year that has it; without it, the next edition
    that was not mailed. Only closed editions are mailed. Writes a complete message, with HTML and
    text, to the file 2026-W20.eml, or makes a draft at the service that [mail] in digest.toml
    names. With --send, it is sent.

    What was sent is noted in content/ledger/sent.jsonl: commit it, so that no clone sends an
    edition again. The password or key is read from the environment, as DIGEST_MAIL_SECRET.

    \b
    Examples:
      digest mail --dry-run
      digest mail w20 --output -
      digest mail --send
    """
    from digest.commands import mail as command
    from digest.mail_settings import SECRET

    root, config = call.load()
    if sent:
        others = {"--send": send, "--output": output, "--dry-run": dry, "--again": again}
        check_exclusive({"--sent": sent, **others, "--claim": claim or None})
    check_exclusive({"--send": send, "--output": output})
    check_exclusive({"--claim": claim or None, "--output": output})
    check_exclusive({"--claim": claim or None, "--again": again})
    if claim and send and week:
        raise click.UsageError("--claim can be used with --send or with WEEK, but not with both")
    if again and not send:
        raise click.UsageError("--again needs --send")
    to_stdout = str(output) == "-"
    options = command.MailOptions(
        output=output, send=send, again=again, claim=claim, dry=dry or to_stdout
    )
    secret = os.environ.get(SECRET, "")
    try:
        if sent:
            call.say(f"{command.mark_sent(root, config, week, clock=call.clock)}: noted as sent")
            return
        report = command.run(root, config, week, options, secret=secret, clock=call.clock)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="WEEK") from None
    if to_stdout and not dry:
        click.echo(report.message, nl=False)
        call.warn(*filter(None, [report.reason]))
    else:
        _print_report(report, config, call)


def _print_report(report: MailReport, config: Config, call: Call) -> None:
    """Prints what became of the mail; in a dry run the mail itself."""
    from digest.commands.mail import Outcome

    if report.mail is None:
        call.say(report.reason[:1].upper() + report.reason[1:])
        return
    settings, week = config.mail, report.mail.week
    what = f"'{report.mail.subject}' with {formatting.stories(report.stories)}"
    match report.outcome:
        case Outcome.SENT:
            by = f"by {settings.via}" if settings.via != "smtp" else f"to {settings.to}"
            call.say(f"Sent {by}: {what}")
            call.say("Commit content/ledger/sent.jsonl, so that no other clone sends it again")
        case Outcome.CLAIMED:
            call.say(
                f"{week}: noted that it will be sent. Push content/ledger/sent.jsonl, then send it"
            )
        case Outcome.DRAFTED | Outcome.DRAFTED_BEFORE:
            if report.is_outdated:
                call.say(f"{report.draft}: a draft of {week}, which has changed since")
                call.say(f"Delete it there, and run 'digest mail {week}' again for a new one")
                return
            a_draft = "a draft" if report.outcome is Outcome.DRAFTED else "an earlier draft"
            call.say(f"{report.draft}: {a_draft} of {what}")
            call.say(f"Look at it there; 'digest mail {week} --send' sends it as it is then")
        case Outcome.WRITTEN:
            call.say(f"{report.file}: {what}")
            if settings.via == "smtp":
                call.say(
                    f"A mail server keeps no drafts; 'digest mail --send' sends it to {settings.to}"
                )
        case Outcome.SHOWN:
            for line in (*report.headers, "", report.mail.text.rstrip("\n")):
                echo(line)
