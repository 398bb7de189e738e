"""`digest themes`: options and output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import themes_rules
from digest.cli.shared import completion, formatting
from digest.cli.shared.call import Call
from digest.cli.shared.exclusive import check_exclusive
from digest.phrases import check_phrase

if TYPE_CHECKING:
    from digest.commands.themes import ApplyReport, ExplainReport, ThemesReport, TryReport
    from digest.model import Config

_EVERY = " "
"""The value of `--suggest` without a theme."""
_MAX_NEAR = 5
"""How many near misses are shown."""


@click.command(short_help="Count the themes, explain them, run their rules again.")
@click.option(
    "--explain", "explain_file", metavar="FILE", type=click.Path(path_type=Path), shell_complete=completion.stories,
    help="Why a story has its themes.",
)  # fmt: skip
@click.option(
    "--try", "phrases", metavar="PHRASE", multiple=True,
    help="What a phrase would catch in all stories; repeat it to see what several phrases catch together.",
)  # fmt: skip
@click.option(
    "--missing", is_flag=True, help="The stories that need a theme, and what they are like."
)
@click.option(
    "--suggest", "suggest_for", metavar="[THEME]", is_flag=False, flag_value=_EVERY,
    help="Phrases worth adding to a theme's rule, or to all rules, and worth dropping, from what you decided.",
)  # fmt: skip
@click.option(
    "--take",
    metavar="N,…",
    help="With --suggest: write the phrases with these numbers to digest.toml, as last shown.",
)
@click.option(
    "--score", is_flag=True, help="Precision and recall of the rules, by what you decided."
)
@click.option(
    "--propose",
    is_flag=True,
    help="Themes to choose from, for stories that have none: words that recur.",
)
@click.option(
    "--apply",
    is_flag=True,
    help="Run the rules again, over stories whose themes you have not edited.",
)
@click.option(
    "--all", "all_stories", is_flag=True,
    help="With --apply: remove themes that digest.toml no longer has from stories with edited themes, too.",
)  # fmt: skip
@click.option(
    "--dry-run", "dry", is_flag=True, help="Say what --apply would change, write nothing."
)
@click.option("--json", "as_json", is_flag=True, help="With --missing: print them as JSON.")
@click.pass_obj
def themes(
    call: Call,
    explain_file: Path | None,
    phrases: tuple[str, ...],
    missing: bool,
    suggest_for: str | None,
    take: str | None,
    score: bool,
    propose: bool,
    apply: bool,
    all_stories: bool,
    dry: bool,
    as_json: bool,
) -> None:
    """Count the themes, explain them, find phrases for them, and apply changed rules.

    Without an option, a table of the themes and their stories. Themes that an editor has changed
    are never touched, and a theme found only in the feed's whole summary is not removed if that
    summary is not stored. A theme that digest.toml no longer has is removed by --apply, and with
    --all from stories that an editor has changed, too.

    \b
    Examples:
      digest themes
      digest themes --explain content/2026/w20/2026-05-15-foundries-fill-up.md
      digest themes --try "harbour* + fee*" --try "port* + toll*"
      digest themes --missing
      digest themes --suggest memory-crunch --take 1,4
      digest themes --score
      digest themes --propose
      digest themes --apply --dry-run
    """
    from digest.commands import themes as command

    named: dict[str, object] = {"--explain": explain_file, "--try": phrases, "--missing": missing}
    named |= {"--propose": propose, "--suggest": suggest_for, "--score": score, "--apply": apply}
    _check_usage(named, take=take, all_stories=all_stories, dry=dry, as_json=as_json)
    for phrase in phrases:
        if fault := check_phrase(phrase):
            raise click.BadParameter(f"the phrase '{phrase}' {fault}", param_hint="--try")
    root, config = call.load()
    if explain_file is not None:
        _print_reasons(_explain(call, root, config, explain_file), call)
    elif phrases:
        _print_matches(command.try_phrases(root, config, *phrases), call)
    elif missing:
        themes_rules.missing(root, config, as_json, call)
    elif suggest_for is not None:
        themes_rules.suggest(root, config, suggest_for.strip(), take, call)
    elif score:
        themes_rules.score(root, config, call)
    elif propose:
        themes_rules.propose(root, config, call)
    elif apply or dry:
        report = command.apply(root, config, now=call.now, dry=dry, all_stories=all_stories)
        _print_changes(report, call)
    else:
        _print_counts(command.run(root, config), call)


def _check_usage(
    named: Mapping[str, object], *, take: str | None, all_stories: bool, dry: bool, as_json: bool
) -> None:
    """Raises UsageError for options that do not go together; `named` are those that exclude each
    other."""
    given = check_exclusive(named)
    if take is not None and given != "--suggest":
        raise click.UsageError("--take belongs to --suggest.")
    if all_stories and given != "--apply" and (given or not dry):
        raise click.UsageError("--all belongs to --apply.")
    if dry and given not in {"", "--apply"}:
        raise click.UsageError("--dry-run belongs to --apply.")
    if as_json and given != "--missing":
        raise click.UsageError("--json belongs to --missing.")


def _explain(call: Call, root: Path, config: Config, given: Path) -> ExplainReport:
    """Explains a story, whose file is named from the current folder or from the digest's root."""
    from digest.commands import themes as command

    file = call.resolve_file(root, given)
    try:
        return command.explain(root, config, file)
    except LookupError as error:
        raise click.BadParameter(str(error), param_hint="--explain") from None


def _print_counts(report: ThemesReport, call: Call) -> None:
    """Prints a row for each theme, and for how many stories the rules now say something else."""
    if not report.stories and not report.skipped.files:
        call.say("No stories yet. Next: digest pull")
        return
    rows = []
    for row in report.rows:
        last = str(row.last) if row.last else ""
        rows.append((row.theme, row.stories, row.main, last))
    rows.append(("Elsewhere", report.elsewhere, report.elsewhere, ""))
    call.say(*formatting.table(("theme", "stories", "as main", "last week"), rows))
    if report.due:
        call.say(
            f"Today's rules would change the themes of {formatting.stories(report.due)}:"
            " digest themes --apply --dry-run"
        )
    if report.chosen_by_editor:
        call.say(
            f"The rules disagree with the editor on {formatting.stories(report.chosen_by_editor)}; the editor's choice stays"
        )
    call.warn(*formatting.skipped(report.skipped))


def _print_reasons(report: ExplainReport, call: Call) -> None:
    """Prints why a story has its themes, and which others it could have."""
    call.say(f"{report.file}: {report.title}")
    width = max((len(reason.theme) for reason in report.reasons), default=0)
    for reason in report.reasons:
        call.say(f"  {'has' if reason.has else 'not'} {reason.theme:<{width}}  {reason.why}")
    if not any(reason.has for reason in report.reasons):
        call.say("  It has no theme, so it is listed under Elsewhere")
    if report.is_editors:
        call.say("You chose its themes, so the rules leave them alone")
    else:
        call.say("No editor has changed its themes")


def _print_matches(report: TryReport, call: Call) -> None:
    """Prints the stories that a phrase would match, with the themes that they have."""
    for story in report.caught:
        call.say(f"{story.file}: {story.title} ({story.where}; {_listed(story.themes)})")
    if len(report.per_phrase) > 1:
        for phrase, number in report.per_phrase.items():
            call.say(f"'{phrase}' alone: {formatting.stories(number)}")
    themes = ", ".join(
        f"{count} {theme or 'Elsewhere'}" for theme, count in report.stories_by_theme.items()
    )
    end = f": {themes}" if themes else ""
    stories = formatting.stories(report.stories)
    call.say(f"'{report.phrase}' would catch {len(report.caught)} of {stories}{end}")
    if report.near_misses:
        call.say("Near misses, which a wider phrase would catch:")
        for story in report.near_misses[:_MAX_NEAR]:
            call.say(f"  {story.file}: {story.title} ({story.where}; {_listed(story.themes)})")
        if len(report.near_misses) > _MAX_NEAR:
            call.say(f"  and {len(report.near_misses) - _MAX_NEAR} more")
    call.warn(*report.explained)
    if report.partly:
        partly = formatting.stories(report.partly)
        call.say(
            f"Only stored text was searched: for {partly}, the feed's summary is missing or cut"
        )
    call.warn(*formatting.skipped(report.skipped))


def _print_changes(report: ApplyReport, call: Call) -> None:
    """Prints each theme's stories before and after; with --verbose, or in a dry run, every story
    changed."""
    rows = []
    for theme, (before, after) in report.counts.items():
        difference = f"{after - before:+}" if after != before else ""
        rows.append((theme or "Elsewhere", before, after, difference))
    call.say(*formatting.table(("theme", "before", "after", ""), rows))
    for change in report.changed if call.verbose or report.dry else ():
        call.say(f"{change.file}: {_listed(change.before)} -> {_listed(change.after)}")
    verb = "would change" if report.dry else "changed"
    call.say(f"{len(report.changed)} of {formatting.stories(report.stories)} {verb}")
    if report.chosen_by_editor:
        count = formatting.stories(report.chosen_by_editor)
        call.say(
            f"{count} would have other themes by the rules; an editor has chosen theirs, so they stay"
        )
    call.warn(*report.left, *formatting.unreadable(report.unread))
    for file, gone in report.gone.items():
        names = "', '".join(gone)
        call.warn(f"{file}: keeps '{names}', which digest.toml no longer has: you chose it")
    if report.gone:
        call.warn(
            f"To remove these themes from {formatting.stories(len(report.gone))}, too:"
            " digest themes --apply --all"
        )


def _listed(ids: Iterable[str]) -> str:
    """Returns the themes of a story."""
    return ", ".join(ids) or "Elsewhere"
