"""`digest add`: options and output."""

from __future__ import annotations

import click

from digest import redact, urls
from digest.cli.shared.call import Call


@click.command()
@click.argument("url", metavar="URL")
@click.pass_obj
def add(call: Call, url: str) -> None:
    """Add a story from any web page, for what no feed carries.

    Headline, date, authors, picture and summary are taken from the page; correct them in the file.
    The story goes to the week of the page's date, or of today if the page has none.

    \b
    Example:
      digest add https://news.example/tech/foundries-fill-up
    """
    from digest.commands import add as command

    address = urls.fetch_link(url)
    if address is None:
        raise click.BadParameter(
            f"'{redact.mask(url)}' is not an http(s) address; copy it from the browser",
            param_hint="URL",
        )
    root, config = call.load()
    report = command.run(root, config, address, now=call.now)
    call.warn(*report.problems)
    story = report.story
    call.say(
        f"{story.file}: '{story.title}', {story.source}; {', '.join(story.themes) or 'without a theme'}"
    )
    if not report.is_dated:
        call.say(
            "The page names no date, so the story is dated now; if that is wrong, correct published: and move the file"
        )
    if secrets := redact.secret_names(address):
        what = f"what looks like a secret in its address ({', '.join(secrets)}) was left out"
        call.warn(f"{what}; check that the link works without it")
