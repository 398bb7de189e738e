"""The command line: arguments, the clock, printing and exit codes, and nothing else.

Exit codes: 0 done; 1 the content, the config or a feed is at fault, said in one line each; 2 wrong usage.
A command's own module is imported when it is called, so that `--help` and `--version` stay light.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest import __version__, printing
from digest.errors import DigestError, suggestion
from digest.phrases import check_phrase

if TYPE_CHECKING:
    from digest.commands.themes import ExplainReport
    from digest.model import Config


class Desk:
    """What every command is given: where the digest is, and how much to say."""

    def __init__(self, root: Path | None, quiet: bool, verbose: bool) -> None:
        self.given, self.quiet, self.verbose = root, quiet, verbose

    def say(self, line: str) -> None:
        """Prints a line of the report, unless --quiet."""
        if not self.quiet:
            click.echo(line)

    def root(self) -> Path:
        """Returns the digest's root."""
        from digest import config

        return self.given.resolve() if self.given else config.find_root(Path.cwd())

    def open(self) -> tuple[Path, Config]:
        """Returns the digest's root and its configuration, checked."""
        from digest import config

        root = self.root()
        return root, config.load(root)


def _site_url(_: click.Context, __: click.Parameter, address: str | None) -> str | None:
    """Returns an address that was given for the site, checked: a wrong one is wrong usage."""
    from digest import links

    url = None if address is None else links.site_url(address)
    if address is not None and url is None:
        raise click.BadParameter(f"'{address}' is no http(s) address that a site can stand at")
    return url


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digest")
@click.option(
    "--root", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="The digest's folder; otherwise the one that the current folder lies in.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Say nothing but what is wrong.")
@click.option("--verbose", is_flag=True, help="Name every file.")
@click.pass_context
def cli(context: click.Context, root: Path | None, quiet: bool, verbose: bool) -> None:
    """Pull feeds into Markdown, curate it by hand, publish it as an archive.

    \b
    A first digest, without a network:
      digest init my-digest
      cd my-digest
      digest pull
      digest build
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other.")
    context.obj = Desk(root, quiet, verbose)


@cli.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def init(desk: Desk, folder: Path) -> None:
    """Make a new digest in DIR, or here.

    It has a sample feed in a file, so that pull and build work at once, without a network. Files that are there
    already are left as they are.
    """
    from digest.commands import init as command

    report = command.run(folder)
    for file in report.kept:
        desk.say(f"{file}: was there, left as it is")
    for file in report.written if desk.verbose else ():
        desk.say(f"{file}: written")
    here = folder.resolve() == Path.cwd()
    step = "" if here else f"cd {shlex.quote(str(folder))} && "
    desk.say(f"A new digest is {'here' if here else f'in {folder}'}. Next: {step}digest pull && digest build")


@cli.command()
@click.argument("feeds", metavar="[FEED]...", nargs=-1)
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be written, write nothing.")
@click.option("--strict", is_flag=True, help="Exit with 1 when any feed failed, not only when all did.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def pull(desk: Desk, feeds: tuple[str, ...], dry: bool, strict: bool, as_json: bool) -> None:
    """Pull the feeds into story files.

    Without a FEED, all that are not retired. What an editor wrote is never changed: a field that nobody touched takes
    the feed's new words, one that was touched stays, and is reported with both wordings. Exits with 1 when no feed
    could be read.
    """
    from digest.commands import pull as command

    root, config = desk.open()
    try:
        chosen = command.chosen(config, feeds)
    except KeyError as error:
        name = error.args[0]
        cure = suggestion(name, [feed.id for feed in config.feeds])
        raise click.BadParameter(f"there is no feed '{name}' in digest.toml; {cure}", param_hint="FEED") from None
    report = command.run(root, config, chosen, now=datetime.now(UTC), dry=dry)
    if as_json:
        click.echo(_json(asdict(report)))
    else:
        printing.pulled(report, say=desk.say, verbose=desk.verbose)
    if (report.rows and not report.read) or (strict and report.failed):
        sys.exit(1)


@cli.command()
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Where to write the site; the digest's own site/ without it.",
)  # fmt: skip
@click.option(
    "--base-url", metavar="URL", callback=_site_url,
    help="The address that the site will have, instead of digest.toml's.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def build(desk: Desk, output: Path | None, base_url: str | None, as_json: bool) -> None:
    """Build the site from the stories.

    Pages, Atom feeds, everything that is published. Only files that differ are written. When anything is wrong, the old
    site stays as it is.
    """
    from digest.commands import build as command

    root, config = desk.open()
    target = Path.cwd() / output if output else root / "site"
    report = command.run(root, config, output=target, base_url=base_url)
    if as_json:
        click.echo(_json(asdict(report)))
    else:
        printing.built(report, say=desk.say)


@cli.command()
@click.option("--links", is_flag=True, help="Ask the pages that are linked to whether they are still there.")
@click.option("--since", metavar="REF", help="Report only what came in after this commit of git, or this branch.")
@click.option(
    "--format", "form", type=click.Choice(["text", "github", "json"]), default="text", show_default=True,
    help="For people, for annotations by GitHub Actions, or for programs.",
)  # fmt: skip
@click.pass_obj
def check(desk: Desk, links: bool, since: str | None, form: str) -> None:
    """Report every problem in config and content.

    An error would stop the build; a hint stops nothing, and says what an editor may want to look at. Exits with 1 when
    there is an error.
    """
    from digest.commands import check as command
    from digest.git import UnknownRefError

    if since == "":
        raise click.BadParameter("write a commit or a branch after it", param_hint="--since")
    told = None if desk.quiet else printing.asking
    try:
        report = command.run(desk.root(), now=datetime.now(UTC), links=links, since=since or "", told=told)
    except UnknownRefError as error:
        raise click.BadParameter(str(error), param_hint="--since") from None
    if form == "json":
        click.echo(_json(printing.problems_as_json(report)))
    elif form == "github":
        printing.annotated(report)
    else:
        printing.checked(report, say=desk.say, verbose=desk.verbose, since=since or "")
    if report.errors:
        sys.exit(1)


@cli.command()
@click.pass_obj
def status(desk: Desk) -> None:
    """Show the desk at a glance, by week and by feed.

    The newest 12 weeks; with --verbose all of them, and moments instead of ages. A file that cannot be read is named,
    and the rest is counted.
    """
    from digest.commands import status as command

    root, config = desk.open()
    printing.stated(command.run(root, config, now=datetime.now(UTC)), say=desk.say, verbose=desk.verbose)


@cli.command()
@click.option(
    "--explain", "explained", metavar="FILE", type=click.Path(path_type=Path), help="Why a story has its themes."
)
@click.option("--try", "phrase", metavar="PHRASE", help="What a phrase would catch in the whole archive.")
@click.option("--apply", "applied", is_flag=True, help="Run the rules again, over stories whose themes nobody edited.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what --apply would change, write nothing.")
@click.pass_obj
def themes(desk: Desk, explained: Path | None, phrase: str | None, applied: bool, dry: bool) -> None:
    """Count the themes; say why a story has its own; run the rules again.

    Themes that an editor has changed are never touched, and a theme that only the feed's whole summary earned is not
    taken away where that summary is not stored.
    """
    from digest.commands import themes as command

    if (explained is not None) + (phrase is not None) + (applied or dry) > 1:
        raise click.UsageError("--explain, --try and --apply exclude each other.")
    fault = check_phrase(phrase) if phrase is not None else None
    if fault:
        raise click.BadParameter(f"the phrase '{phrase}' {fault}", param_hint="--try")
    root, config = desk.open()
    if explained is not None:
        printing.explained(_explain(root, config, explained), say=desk.say)
    elif phrase is not None:
        printing.tried(command.attempt(root, config, phrase), say=desk.say)
    elif applied or dry:
        report = command.apply(root, config, now=datetime.now(UTC), dry=dry)
        printing.applied(report, say=desk.say, verbose=desk.verbose)
    else:
        printing.themed(command.run(root, config), say=desk.say)


@cli.command()
@click.argument("week", metavar="[WEEK]", default="")
@click.pass_obj
def letter(desk: Desk, week: str) -> None:
    """Draft the letter that opens a week.

    WEEK is 2026-W20, 2026/w20, or w20 of the newest year that has it; without it, the newest week that has stories and
    no letter. The draft links the week's stories by theme, for you to write around. A letter that is there stays as it
    is.
    """
    from digest.commands import letter as command

    root, config = desk.open()
    try:
        report = command.run(root, config, week)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="WEEK") from None
    printing.lettered(report, chosen=not week, say=desk.say)


@cli.command()
@click.argument("url", metavar="URL")
@click.pass_obj
def add(desk: Desk, url: str) -> None:
    """Add a story from any web page, for what no feed carries.

    Headline, date, authors, picture and summary are what the page says of itself; mend them in the file.
    """
    from digest import links
    from digest.commands import add as command

    address = links.web_link(url)
    if address is None:
        raise click.BadParameter(f"'{url}' is no http(s) address; copy it from the browser", param_hint="URL")
    root, config = desk.open()
    printing.added(command.run(root, config, address, now=datetime.now(UTC)), say=desk.say)


def _explain(root: Path, config: Config, given: Path) -> ExplainReport:
    """Explains the story of a file that is named from where one stands, or from the digest's root."""
    from digest.commands import themes as command

    home = root.resolve()
    places = [(base / given).resolve() for base in (Path.cwd(), root)]
    place = next((place for place in places if place.is_file() and place.is_relative_to(home)), None)
    file = place.relative_to(home).as_posix() if place else given.as_posix()
    try:
        return command.explain(root, config, file)
    except LookupError as error:
        raise click.BadParameter(f"there is no story {file}; {error}", param_hint="--explain") from None


def main() -> None:
    """Runs the command line; what a user or a feed can do wrong ends in one line each, never in a traceback."""
    try:
        cli(prog_name="digest")
    except DigestError as error:
        _fail(str(error).splitlines())
    except OSError as error:
        _fail([f"{error.filename or 'disk'}: {error.strerror or error}"])


def _fail(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
