"""Prints what `digest themes` says of rules: stories that they miss, phrases to add or drop, scores."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest import config_template
from digest.cli.shared import formatting
from digest.cli.shared.call import Call
from digest.errors import count_of, suggestion
from digest.phrases import explain

if TYPE_CHECKING:
    from digest.commands.themes_rules import Proportion, ScoreReport, SuggestReport
    from digest.model import Config

_NUMBER = re.compile(r"[0-9]{1,6}")
_NO_STORY = "No stories yet. Next: digest pull"
_MAX_NAMED = 5
"""How many phrases that catch nothing are named without --verbose."""


def missing(root: Path, config: Config, as_json: bool, call: Call) -> None:
    """Prints the stories that need a theme, the newest first, and what they are like."""
    from digest.commands import themes_rules

    report = themes_rules.list_missing(root, config, every=call.verbose or as_json)
    if as_json:
        click.echo(formatting.as_json([asdict(story) for story in report.missing]))
        call.warn(*formatting.skipped(report.skipped))
        return
    for story in report.missing:
        call.say(f"{story.file}: {story.title}")
        call.say(*(f"  {one.theme}: {one.why}" for one in story.themes))
    if report.older:
        call.say(f"and {count_of(report.older, 'older one')}: digest --verbose themes --missing")
    number = len(report.missing) + report.older
    counted = f"{number} of {formatting.stories(report.stories)} {formatting.need_theme(number)}"
    if report.left_without:
        verb = "has" if report.left_without == 1 else "have"
        counted += f"; {report.left_without} {verb} none by your decision"
    call.say(counted if report.stories else _NO_STORY)
    if number and not config.themes:
        call.say(formatting.NO_THEMES)
    call.warn(*formatting.skipped(report.skipped))


def suggest(root: Path, config: Config, theme: str, take: str | None, call: Call) -> None:
    """Prints phrases worth adding, each with a number, and phrases worth dropping; or takes some."""
    from digest.commands import themes_rules

    ids = [one.id for one in config.themes]
    if theme and theme not in ids:
        cure = suggestion(theme, ids)
        raise click.BadParameter(
            f"digest.toml has no theme '{theme}'; {cure}", param_hint="--suggest"
        )
    if take is not None:
        for taken in themes_rules.take(root, config, theme, _numbers(take)):
            where = "added to digest.toml" if taken.is_new else "is in digest.toml already"
            call.say(f"{taken.theme}: '{taken.phrase}' {where}")
        call.say("Next: digest themes --apply --dry-run")
        return
    report = themes_rules.suggest(root, config, theme)
    call.warn(*formatting.skipped(report.skipped))
    _print_basis(report, call)
    _print_phrases(report, theme, call)


def _print_phrases(report: SuggestReport, asked: str, call: Call) -> None:
    """Prints phrases to add, by theme, then phrases to drop; `asked` is the theme, "" for all."""
    theme = ""
    for number, one in enumerate(report.proposals, start=1):
        if one.theme != theme:
            theme = one.theme
            call.say(theme)
        call.say(
            f"{number:>4}  '{one.phrase}'  +{one.right} right, {one.wrong} wrong,"
            f" {one.new} of them caught by no other phrase"
        )
    empty: dict[str, list[str]] = {}
    for weak in report.weak:
        if weak.wrong:
            counts = f"{weak.right} right, {weak.wrong} wrong"
            call.say(f"{weak.theme}: '{weak.phrase}' is mostly wrong: {counts}; drop it?")
        elif explained := explain(weak.phrase):
            call.say(f"{weak.theme}: {explained}")
        else:
            empty.setdefault(weak.theme, []).append(f"'{weak.phrase}'")
    for theme, phrases in empty.items():
        shown = phrases if call.verbose else phrases[:_MAX_NAMED]
        listed = ", ".join(shown)
        if len(phrases) > len(shown):
            listed += f" and {len(phrases) - len(shown)} more"
        them = "it" if len(phrases) == 1 else "them"
        call.say(f"{theme}: nothing is caught by {listed}; drop {them}?")
    if report.proposals:
        command = " ".join(filter(None, ("digest themes --suggest", asked, "--take 1,…")))
        call.say(f"Only you can judge these. To add phrases: {command}")
    elif report.decided:
        call.say("No phrase would find more of them without being wrong")


def score(root: Path, config: Config, call: Call) -> None:
    """Prints precision and recall of each theme's rule, over all quarters and in each."""
    from digest.commands import themes_rules

    report = themes_rules.score(root, config)
    call.warn(*formatting.skipped(report.skipped))
    _print_basis(report, call)
    if report.decided:
        headers = ("right", "wrong", "missed", "theme", "quarter", "precision", "recall")
        rows = []
        for row in report.scores:
            counts = row.right, row.wrong, row.missed
            shares = _share(row.precision), _share(row.recall)
            rows.append((*counts, row.theme or "all", row.quarter, *shares))
        call.say(*formatting.table(headers, rows))
        call.say(*report.outdated)


def propose(root: Path, config: Config, call: Call) -> None:
    """Prints [[themes]] tables to choose from, with headlines of each in comments."""
    from digest.commands import themes_rules

    report = themes_rules.propose(root, config)
    call.warn(*formatting.skipped(report.skipped))
    needing = f"{formatting.stories(report.searched)} that {formatting.need_theme(report.searched)}"
    if not report.searched:
        call.say("No story needs a theme")
    elif report.searched < report.fewest:
        verb = "is" if report.searched == 1 else "are"
        call.say(
            f"There {verb} {needing}: too few to see what recurs in them. Pull for some weeks, until there are"
            f" {report.fewest}, or write themes of your own into digest.toml"
        )
    elif not report.themes:
        call.say(f"Among {needing}, no words recur often enough in the headlines")
    else:
        call.say(
            f"# What recurs in the headlines of {needing}. Copy what is a theme to you into",
            "# digest.toml, name it, and try its phrases: digest themes --try PHRASE",
            "",
        )
    for proposed in report.themes:
        theme = proposed.theme
        call.say(
            f"[[themes]]  # {formatting.stories(proposed.stories)}",
            f"id = {config_template.quoted(theme.id)}",
            f"title = {config_template.quoted(theme.title)}",
            f"match = [{', '.join(map(config_template.quoted, theme.match))}]",
            *(f"# {headline}" for headline in proposed.headlines),
            "",
        )


def _share(share: Proportion) -> str:
    if share.value is None:
        return ""
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def _print_basis(report: SuggestReport | ScoreReport, call: Call) -> None:
    """Prints on how many decided stories the numbers rest."""
    if not report.stories:
        call.say(_NO_STORY)
        return
    stories = formatting.stories(report.stories)
    call.say(
        f"You have decided {report.decided} of {stories}: changed their themes, written"
        " a note or headline, or linked them in a published letter"
    )
    if not report.decided:
        call.say("Not enough decisions yet: change the themes of some stories, or write about them")
    if report.partly:
        partly = formatting.stories(report.partly)
        call.say(
            f"Only stored text was searched: for {partly} of these, the feed's summary is missing"
            " or cut"
        )


def _numbers(take: str) -> list[int]:
    """Returns the numbers in `1,4`, or `1 4`."""
    words = take.replace(",", " ").split()
    if not (words and all(map(_NUMBER.fullmatch, words))):
        raise click.BadParameter("write the numbers of phrases, such as 1,4", param_hint="--take")
    return [int(word) for word in words]
