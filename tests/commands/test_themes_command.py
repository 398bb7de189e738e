"""`digest themes`: the rules counted, explained, tried and run again, and never over what an editor chose."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import caches
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many
from shell import invoke

from digest import config, disk
from digest.cache import Cache
from digest.commands import pull, serve_annotations, themes
from digest.commands.themes import ApplyReport, ThemeChange, ThemeRow
from digest.content import ledger, load, store
from digest.errors import DigestError, Faults
from digest.site import arrange
from digest.themes.reasons import Reason
from digest.week import Week

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
CHIPS, MEMORY, SHIPS = (
    f"content/2026/w20/2026-05-15-{name}.md" for name in ("chips", "memory-is-short", "ships")
)
RULES: Mapping[str, Sequence[str]] = {"memory": ("memory",), "trade": ("tariff*",)}
ENTRIES = (
    ("1", "Chips", "Nothing of note, and then a tariff."),
    ("2", "Memory is short", "Tariffs bite."),
    ("3", "Ships", "Sail."),
)


MINE = "---\ntitle: Mine\nlink: https://mine.example/\n---\n"


def rss(entries: Sequence[tuple[str, str, str]] = ENTRIES) -> str:
    body = "".join(
        f"<item><title>{title}</title><link>https://news.example/article/35000{number}/x</link>"
        f"<guid isPermaLink='false'>g{number}</guid><pubDate>Fri, 15 May 2026 09:32:4{number} +0000</pubDate>"
        f"<description>{summary}</description></item>"
        for number, title, summary in entries
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Test</title>{body}</channel></rss>"


def rule(
    root: Path,
    rules: Mapping[str, Sequence[str]],
    *,
    excerpt: int = 40,
    was: Mapping[str, str] | None = None,
) -> None:
    """Writes digest.toml with these themes, each with its phrases; `was` has the old id of some."""
    text = '[site]\ntitle = "T"\nurl = "https://example.org/"\n'
    for feed in ("first", "second"):
        text += f'[[feeds]]\nid = "{feed}"\nurl = "{feed}.xml"\nexcerpt = {excerpt}\n'
    for theme, phrases in rules.items():
        text += f'[[themes]]\nid = "{theme}"\ntitle = "{theme}"\nmatch = {json.dumps(phrases)}\n'
        text += f'was = ["{was[theme]}"]\n' if was and theme in was else ""
    (root / "digest.toml").write_text(text)


def begin(root: Path, *, excerpt: int = 40) -> Path:
    """Makes a digest of three stories, all from the feed `first`, one of them from `second` too."""
    rule(root, RULES, excerpt=excerpt)
    (root / "first.xml").write_text(rss())
    (root / "second.xml").write_text(rss(ENTRIES[1:2]))
    pulled(root)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return begin(tmp_path)


def pulled(root: Path) -> None:
    settings = config.load(root)
    pull.run(root, settings, pull.select_feeds(settings, ()), now=NOW)


def forget(root: Path) -> None:
    """Loses the whole summaries that pulls have kept, as another machine has none of them."""
    caches.forget(root, "summary")


def applied(root: Path, *, dry: bool = False, everything: bool = False) -> ApplyReport:
    return themes.apply(root, config.load(root), now=NOW, dry=dry, all_stories=everything)


def edit(root: Path, file: str, old: str, new: str) -> None:
    """The editor changes the first words of a file that read so."""
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))


def line_of(root: Path, file: str) -> str:
    """The line of a story's file that says its themes."""
    return next(
        line for line in (root / file).read_text().splitlines() if line.startswith("themes:")
    )


def give(root: Path, file: str, words: str) -> None:
    """Gives a story other themes, as an editor does."""
    (root / file).write_text(
        (root / file).read_text().replace(line_of(root, file), f"themes: {words}")
    )


def content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in (root / "content").rglob("*.*")
    }


# ---------------------------------------------------------------- counts


def test_themes_and_pending_rule_changes_are_counted(root: Path) -> None:
    give(root, CHIPS, "[memory]")
    rule(root, {**RULES, "fleet": ("ships",)})

    report = themes.run(root, config.load(root))

    assert report.rows == (
        ThemeRow("memory", 2, 2, Week(2026, 20)),
        ThemeRow("trade", 1, 0, Week(2026, 20)),
        ThemeRow("fleet", 0, 0, None),
    )
    assert (report.stories, report.elsewhere, report.due, report.chosen_by_editor) == (3, 1, 1, 1)


def test_a_digest_without_a_story_says_what_to_do_next(tmp_path: Path) -> None:
    rule(tmp_path, RULES)

    assert invoke(tmp_path, "themes").output == "No stories yet. Next: digest pull\n"


def test_unreadable_files_are_named_and_the_rest_is_counted(root: Path) -> None:
    (root / CHIPS).write_text("broken")

    result = invoke(root, "themes")

    assert result.exit_code == 0
    assert result.stderr == f"{CHIPS}: cannot be read completely; 'digest check' says why\n"
    assert "memory           1" in result.stdout


# ---------------------------------------------------------------- why


def explained(root: Path, file: str) -> tuple[Reason, ...]:
    return themes.explain(root, config.load(root), file).reasons


def test_a_theme_is_explained_by_its_phrase_and_where_it_matched(root: Path) -> None:
    assert explained(root, MEMORY) == (
        Reason("memory", True, "'memory' in the headline"), Reason("trade", True, "'tariff*' in the summary"),
    )  # fmt: skip


def test_a_summary_that_is_not_stored_is_explained_by_the_ledger(tmp_path: Path) -> None:
    begin(tmp_path, excerpt=1)
    forget(tmp_path)

    assert explained(tmp_path, CHIPS) == (
        Reason("trade", True, "'tariff*' in the summary, when it was pulled"),
    )
    assert explained(tmp_path, MEMORY)[1] == Reason("trade", True, "'tariff*' in the excerpt")


def test_the_editors_choices_are_labelled(root: Path) -> None:
    give(root, CHIPS, "[memory]")
    rule(root, {**RULES, "fleet": ("chips",)})

    assert explained(root, CHIPS) == (
        Reason("memory", True, "given by the editor"),
        Reason("fleet", False, "'chips' in the headline; not given by the editor"),
        Reason("trade", False, "'tariff*' in the summary; taken off by the editor"),
    )


def test_pending_rule_changes_are_not_labelled_as_the_editors_choice(root: Path) -> None:
    rule(root, {"memory": ("memory",), "trade": ("toll",), "fleet": ("ships",)})

    assert explained(root, SHIPS) == (
        Reason("fleet", False, "'ships' in the headline; --apply would add it"),
    )
    assert explained(root, MEMORY)[1] == Reason(
        "trade", True, "'tariff*' in the summary, when it was pulled; --apply would remove it"
    )


@pytest.mark.parametrize("place", [CHIPS, CHIPS.removeprefix("content/"), f"../content/../{CHIPS}"])
def test_a_file_is_named_relative_to_the_current_directory_or_the_root(
    root: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "content")

    assert invoke(root, "themes", "--explain", place).output.startswith(
        f"{CHIPS}: Chips\n  has trade  "
    )


def test_a_story_stays_without_a_theme_if_the_editor_removed_the_line(root: Path) -> None:
    """Pull and --apply write `themes: []`, so a missing line is the editor's."""
    edit(root, SHIPS, "themes: []\n", "")
    rule(root, {**RULES, "ships": ("ships", "chips")})

    dry, report = applied(root, dry=True), applied(root)

    assert (
        [change.file for change in report.changed]
        == [change.file for change in dry.changed]
        == [CHIPS]
    )
    assert (report.chosen_by_editor, themes.explain(root, config.load(root), SHIPS).is_editors) == (
        1,
        True,
    )
    assert "themes" not in (root / SHIPS).read_text()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("2026-05-15-chip.md", f"there is no such file; did you mean '{CHIPS}'?"),
        ("content/2026/w20/2026-05-30-x.md", "there is no such file; was it moved or deleted?"),
        ("x.md", "there is no such file; name a file such as content/"),
        ("content", "this is not a story; name a file such as content/"),
    ],
)
def test_a_file_that_is_not_a_story_is_wrong_usage(root: Path, name: str, why: str) -> None:
    result = invoke(root, "themes", "--explain", name)

    assert result.exit_code == 2
    assert f"Invalid value for --explain: {name}: {why}" in result.stderr


def test_an_unreadable_story_is_explained_by_its_errors(root: Path) -> None:
    (root / CHIPS).write_text("broken")

    with pytest.raises(Faults, match=f"{CHIPS}:1: there is no front matter"):
        explained(root, CHIPS)


# ---------------------------------------------------------------- a phrase tried


def test_trying_a_phrase_lists_its_matches_and_their_current_themes(root: Path) -> None:
    report = themes.try_phrases(root, config.load(root), "tariff* ")

    assert [(catch.file, catch.where, catch.themes) for catch in report.caught] == [
        (CHIPS, "in the summary", ("trade",)), (MEMORY, "in the summary", ("memory", "trade")),
    ]  # fmt: skip
    assert (report.stories_by_theme, report.stories, report.partly) == (
        {"trade": 2, "memory": 1},
        3,
        0,
    )


def test_summaries_that_are_not_stored_are_reported_as_not_searched(tmp_path: Path) -> None:
    begin(tmp_path, excerpt=2)
    forget(tmp_path)

    result = invoke(tmp_path, "themes", "--try", "tariff*")

    assert result.output.splitlines()[-2:] == [
        "'tariff*' would catch 1 of 3 stories: 1 memory, 1 trade",
        "Only stored text was searched: for 1 story, the feed's summary is missing or cut",
    ]


def test_several_phrases_are_tried_together(root: Path) -> None:
    result = invoke(root, "themes", "--try", "ship*", "--try", "tariff*")

    assert result.output.splitlines() == [
        f"{CHIPS}: Chips ('tariff*' in the summary; trade)",
        f"{MEMORY}: Memory is short ('tariff*' in the summary; memory, trade)",
        f"{SHIPS}: Ships ('ship*' in the headline; Elsewhere)",
        "'ship*' alone: 1 story",
        "'tariff*' alone: 2 stories",
        "'ship*' or 'tariff*' would catch 3 of 3 stories: 2 trade, 1 memory, 1 Elsewhere",
    ]


@pytest.mark.parametrize(
    ("words", "said_of_it"),
    [
        (["--try", "a *"], "the phrase 'a *' has a '*' that ends no word"),
        (["--try", ""], "the phrase '' is empty"),
        (["--try", "x", "--apply"], ": --try and --apply exclude each other; use one at a time."),
        (
            ["--explain", "x", "--try", "y", "--score"],
            ": --explain, --try and --score exclude each other; use one at a time.",
        ),
        (["--explain", "x", "--dry-run"], ": --dry-run belongs to --apply"),
        (["--try", "x", "--dry-run"], ": --dry-run belongs to --apply"),
        (["--try", "x", "--all"], ": --all belongs to --apply"),
        (["--all"], ": --all belongs to --apply"),
        (["--try", "a", "--try", "a *"], "the phrase 'a *' has a '*' that ends no word"),
    ],
)
def test_wrong_usage_exits_with_two(root: Path, words: list[str], said_of_it: str) -> None:
    result = invoke(root, "themes", *words)

    assert result.exit_code == 2
    assert said_of_it in result.stderr


# ---------------------------------------------------------------- stories without a theme


def test_stories_without_a_theme_are_listed_with_similar_stories(root: Path) -> None:
    edit(root, CHIPS, "themes: [trade]", "themes: [memory]")
    edit(root, SHIPS, "title: Ships", "title: Tariffs for chips")

    assert invoke(root, "themes", "--missing").output.splitlines() == [
        f"{SHIPS}: Tariffs for chips",
        "  memory: like 'Memory is short' (w20), 'Chips' (w20)",
        "  trade: like 'Memory is short' (w20)",
        "1 of 3 stories needs a theme",
    ]
    (one,) = json.loads(invoke(root, "themes", "--missing", "--json").output)
    assert one["file"] == SHIPS
    assert [(found["theme"], len(found["like"])) for found in one["themes"]] == [
        ("memory", 2),
        ("trade", 1),
    ]
    assert invoke(root, "themes", "--score", "--json").exit_code == 2


def test_pull_and_status_count_new_stories_without_a_theme(root: Path) -> None:
    titles = ("Memory lane", "Chips and ships", "Ships")
    more = [(str(4 + number), title, "Nothing.") for number, title in enumerate(titles)]
    (root / "first.xml").write_text(rss(more))
    run = invoke(root, "pull", "--dry-run", "--json", "first")
    dry = json.loads(run.output)["suggestions"]

    pull = invoke(root, "pull", "first").output
    status = invoke(root, "status").output

    assert "2 of 3 new stories need a theme: digest themes --missing\n" in pull
    assert "3 stories need a theme: digest themes --missing\n" in status
    assert [one["title"] for one in dry] == ["Ships", "Chips and ships"]
    assert dry[1]["themes"] == [
        {"theme": "trade", "like": [{"file": CHIPS, "title": "Chips", "week": "2026-W20"}]}
    ]


@pytest.mark.parametrize("file", [CHIPS, SHIPS], ids=["themes taken off", "never had one"])
def test_a_story_left_without_a_theme_by_decision_needs_none(root: Path, file: str) -> None:
    mine = "content/2026/w20/2026-05-15-mine.md"
    (root / mine).write_text(MINE)
    before = invoke(root, "status").stdout
    assert invoke(root, "set", file, "themes=").exit_code == 0

    missing = invoke(root, "themes", "--missing").stdout
    status = invoke(root, "status").stdout

    assert file not in missing
    assert f"{mine}: Mine" in missing  # nobody has decided that yet
    need = "2 of 4 stories need" if file == CHIPS else "1 of 4 stories needs"
    assert missing.endswith(f"{need} a theme; 1 has none by your decision\n")
    assert re.search(r"2026-W20  open +4 +· +2 ", before)
    assert re.search(r"2026-W20  open +4 +· +" + ("2" if file == CHIPS else "1"), status)


@pytest.mark.parametrize("line", ["", "themes: [trade]\n"], ids=["no line", "a theme"])
def test_a_story_written_by_hand_can_be_left_without_a_theme(root: Path, line: str) -> None:
    mine = root / "content/2026/w20/2026-05-15-mine.md"
    mine.write_text(MINE.replace("---\n", f"---\n{line}", 1))

    changed = invoke(root, "set", f"content/2026/w20/{mine.name}", "themes=")

    assert changed.stdout.endswith("mine.md: changed\n")
    assert "\nthemes: []\n" in mine.read_text()
    missing = invoke(root, "themes", "--missing").stdout
    assert missing.endswith("1 of 4 stories needs a theme; 1 has none by your decision\n")
    assert mine.name not in missing
    again = invoke(root, "set", f"content/2026/w20/{mine.name}", "themes=")
    assert again.stdout.endswith("mine.md: unchanged\n")


def test_a_decision_on_every_story_leaves_none_that_needs_a_theme(root: Path) -> None:
    invoke(root, "set", CHIPS, MEMORY, SHIPS, "themes=")

    missing = invoke(root, "themes", "--missing").stdout

    assert missing == "0 of 3 stories need a theme; 3 have none by your decision\n"
    assert invoke(root, "themes", "--propose").stdout == "No story needs a theme\n"
    assert "a theme" not in invoke(root, "status").stdout


def test_the_preview_shows_stories_similar_to_one_without_a_theme(root: Path) -> None:
    edit(root, SHIPS, "title: Ships", "title: Chips")
    settings = config.load(root)
    found = load.load(root, settings)

    annotations = serve_annotations.Annotations(
        root, settings, found, arrange.arrange(found, settings)
    )

    (annotation,) = annotations.of_story("2026/w20/#ships")
    assert annotation.why == ("No theme", "perhaps trade: like 'Chips' (w20)")


def test_a_digest_without_themes_reports_nothing_about_them(root: Path) -> None:
    rule(root, {})
    applied(root)
    (root / "first.xml").write_text(rss([("9", "Kites", "Wind.")]))

    for command in ("pull", "status"):
        run = invoke(root, command)
        assert "themes --missing" not in run.output


# ---------------------------------------------------------------- a theme that digest.toml no longer has


def without_trade(root: Path) -> None:
    """Three stories have `trade`, one by the editor's hand, and then digest.toml loses it."""
    edit(root, SHIPS, "themes: []", "themes: [trade] # mine")
    rule(root, {"memory": ("memory",)})


def test_a_removed_theme_is_one_error_with_the_cure_for_all_stories(root: Path) -> None:
    without_trade(root)

    (problem,) = load.survey(root, config.load(root)).problems

    assert (problem.file, problem.what, problem.cure) == (
        CHIPS,
        "unknown theme 'trade', here and in 2 other stories",
        'if another theme takes its place, add  was = ["trade"]  to that theme in digest.toml, and its stories and '
        "addresses lead there; if it is gone, remove it from its stories: digest themes --apply",
    )
    with pytest.raises(Faults, match=r"here and in 2 other stories; .*themes --apply"):
        load.load(root, config.load(root))


def test_stories_with_a_removed_theme_count_as_unreadable_and_not_as_deleted(root: Path) -> None:
    without_trade(root)

    assert load.survey(root, config.load(root)).unread == (CHIPS, MEMORY, SHIPS)


def test_a_theme_that_two_stories_mistype_is_an_error_in_each(root: Path) -> None:
    for file in (CHIPS, MEMORY):
        edit(root, file, "themes: [", "themes: [memroy, ")

    assert [problem.file for problem in load.survey(root, config.load(root)).problems] == [
        CHIPS,
        MEMORY,
    ]


def test_a_removed_theme_of_one_story_is_an_error_with_the_same_cure_and_todays_themes(
    root: Path,
) -> None:
    rule(root, {"memory": ("memory",), "customs": ("tariff*",)}, was={"customs": "trade"})
    edit(root, SHIPS, "themes: []", "themes: [quinoa]")

    (problem,) = load.survey(root, config.load(root)).problems

    assert problem.cure == (
        "known are: customs, memory; or digest.toml had it before: if another theme takes its place, add  "
        'was = ["quinoa"]  to that theme in digest.toml, and its stories and addresses lead there; if it is gone, '
        "remove it from its stories: digest themes --apply"
    )


def test_commands_report_stories_left_out_for_a_removed_theme_not_as_unreadable(
    root: Path,
) -> None:
    without_trade(root)
    (root / "content/2026/w20/2026-05-16-broken.md").write_text("broken")
    rest = "content/2026/w20/2026-05-16-broken.md: cannot be read completely; 'digest check' says why\n"
    three = f"{CHIPS} and 2 more stories: not counted, because digest.toml does not have their theme 'trade'"

    for words in ([], ["--try", "x"]):
        assert (
            invoke(root, "themes", *words).stderr
            == f"{three}; 'digest check' says what to do\n{rest}"
        )
    for command in ("status", "excerpts"):
        message = invoke(root, command).stderr
        assert message == f"{three}; 'digest check' says what to do\n{rest}"
    with pytest.raises(
        Faults, match=f"{MEMORY}: unknown theme 'trade'; 'digest check' says what to do"
    ):
        explained(root, MEMORY)


def test_two_stories_with_a_removed_theme_are_one_error(root: Path) -> None:
    rule(root, {"memory": ("memory",)})

    (problem,) = load.survey(root, config.load(root)).problems

    assert problem.what == "unknown theme 'trade', here and in 1 other story"


def test_applying_the_rules_removes_it_from_unedited_stories_and_names_the_others(
    root: Path,
) -> None:
    without_trade(root)
    before = {file: (root / file).read_text() for file in (CHIPS, MEMORY, SHIPS)}

    dry = applied(root, dry=True)
    assert {file: (root / file).read_text() for file in before} == before
    report = applied(root)

    assert (root / CHIPS).read_text() == before[CHIPS].replace("[trade]", "[]")
    assert (root / MEMORY).read_text() == before[MEMORY].replace("[memory, trade]", "[memory]")
    assert (root / SHIPS).read_text() == before[SHIPS]
    assert [change.file for change in report.changed] == [CHIPS, MEMORY]
    assert report.counts == dry.counts == {"memory": (1, 1), "trade": (3, 1), "": (0, 1)}
    assert report.gone == dry.gone == {SHIPS: ("trade",)}


def test_with_all_it_is_removed_from_the_others_too_and_their_other_themes_stay(root: Path) -> None:
    edit(root, MEMORY, "[memory, trade]", "[trade, memory] # mine")
    without_trade(root)
    before = {file: (root / file).read_text() for file in (MEMORY, SHIPS)}
    applied(root)

    report = applied(root, everything=True)

    assert (root / MEMORY).read_text() == before[MEMORY].replace("[trade, memory]", "[memory]")
    assert (root / SHIPS).read_text() == before[SHIPS].replace("[trade] # mine", "[] # mine")
    assert report.counts == {"memory": (1, 1), "trade": (2, 0), "": (1, 2)}
    assert (load.survey(root, config.load(root)).problems, report.gone) == ((), {})
    rule(root, {"memory": ("ships",)})
    assert applied(root).chosen_by_editor == 1


def test_the_outcome_for_a_removed_theme_is_reported(root: Path) -> None:
    without_trade(root)

    result = invoke(root, "themes", "--apply", "--dry-run")

    assert result.stdout.splitlines() == [
        "theme      before  after",
        "memory          1      1  ·",
        "trade           3      1  -2",
        "Elsewhere       ·      1  +1",
        f"{CHIPS}: trade -> Elsewhere",
        f"{MEMORY}: memory, trade -> memory",
        "2 of 3 stories would change",
        "1 story would have other themes by the rules; an editor has chosen theirs, so they stay",
    ]
    assert result.stderr.splitlines() == [
        f"{SHIPS}: keeps 'trade', which digest.toml no longer has: you chose it",
        "To remove these themes from 1 story, too: digest themes --apply --all",
    ]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("memory, trade", ("memory", "trade")),
        ("trade,memory,", ("trade", "memory")),
        ("memory", ("memory",)),
    ],
)
def test_themes_with_commas_between_them_are_a_list(
    root: Path, typed: str, read: tuple[str, ...]
) -> None:
    edit(root, SHIPS, "themes: []", f"themes: {typed}")

    (story,) = [one for one in load.load(root, config.load(root)).stories if one.file == SHIPS]
    assert story.themes == read


def test_each_unknown_theme_of_such_a_list_is_named(root: Path) -> None:
    edit(root, SHIPS, "themes: []", "themes: memory, trde")

    with pytest.raises(Faults, match="unknown theme 'trde'; did you mean 'trade'"):
        load.load(root, config.load(root))


def test_a_byline_with_a_comma_is_one_author_and_feeds_are_a_list(root: Path) -> None:
    edit(root, SHIPS, "feeds: [first]", "feeds: first, second\nauthors: Ng, Ann")

    (story,) = [one for one in load.load(root, config.load(root)).stories if one.file == SHIPS]
    assert (story.authors, story.feeds) == (("Ng, Ann",), ("first", "second"))


def test_having_no_theme_can_be_an_editors_choice_that_rules_keep(root: Path) -> None:
    edit(root, MEMORY, "themes: [memory, trade]", "themes: []")

    assert applied(root).changed == ()
    assert applied(root).chosen_by_editor == 1


# ---------------------------------------------------------------- the rules run again


def test_rules_that_did_not_change_change_nothing(root: Path) -> None:
    before = content(root)

    assert applied(root).changed == ()
    assert content(root) == before


@pytest.mark.parametrize("excerpt", [0, 1, 2, 40])
def test_rules_that_did_not_change_change_nothing_whatever_is_stored(
    tmp_path: Path, excerpt: int
) -> None:
    before = content(begin(tmp_path, excerpt=excerpt))

    assert applied(tmp_path).changed == ()
    assert content(tmp_path) == before


def test_the_main_theme_stays_if_a_cut_excerpt_shows_less_than_the_summary_did(
    tmp_path: Path,
) -> None:
    rules = {"trade": ("tariffs",), "memory": ("tariffs", "short + bite")}
    rule(tmp_path, rules, excerpt=1)
    (tmp_path / "first.xml").write_text(rss())
    (tmp_path / "second.xml").write_text(rss())
    pulled(tmp_path)
    assert line_of(tmp_path, MEMORY) == "themes: [memory, trade]"

    assert applied(tmp_path).changed == ()


def test_a_second_feed_does_not_change_the_themes(tmp_path: Path) -> None:
    rule(tmp_path, {**RULES, "fleet": ("boats",)})
    (tmp_path / "first.xml").write_text(rss())
    (tmp_path / "second.xml").write_text(rss([("3", "Ships", "A tariff on boats.")]))
    pulled(tmp_path)
    second = (tmp_path / "content" / "ledger" / "second.jsonl").read_bytes()
    rule(tmp_path, {**RULES, "fleet": ("ships",)})

    applied(tmp_path)

    assert line_of(tmp_path, SHIPS) == "themes: [fleet]"
    assert (tmp_path / "content" / "ledger" / "second.jsonl").read_bytes() == second


def test_new_rules_change_the_line_of_the_themes_and_no_other(root: Path) -> None:
    ships = (root / SHIPS).read_text() + "\nMy note.\n"
    (root / SHIPS).write_text(ships)
    rule(root, {**RULES, "fleet": ("ships",)})

    report = applied(root)

    assert (root / SHIPS).read_text() == ships.replace("themes: []", "themes: [fleet]")
    assert report.changed == (ThemeChange(SHIPS, (), ("fleet",)),)
    assert report.counts == {"memory": (1, 1), "trade": (2, 2), "fleet": (0, 1), "": (1, 0)}
    assert caches.noted(root, "begun") == {}


def test_a_second_run_changes_nothing(root: Path) -> None:
    rule(root, {"fleet": ("ships",), "memory": ("chips",), "trade": ("toll",)})
    assert len(applied(root).changed) == 3
    before = content(root)

    assert applied(root).changed == ()
    assert content(root) == before


def test_a_pull_after_the_rules_ran_changes_nothing(root: Path) -> None:
    rule(root, {"fleet": ("ships",), "memory": ("chips",), "trade": ("toll",)})
    applied(root)
    before = content(root)

    pulled(root)

    assert content(root) == before


def test_only_the_ledgers_that_wrote_the_themes_get_the_new_ones(root: Path) -> None:
    rule(root, {"memory": ("memory",), "trade": ("toll",)})
    second = (root / "content" / "ledger" / "second.jsonl").read_bytes()

    applied(root)

    line = json.loads((root / "content" / "ledger" / "first.jsonl").read_text().splitlines()[-1])
    assert (line["file"], line["themes"]) == (MEMORY, {"memory": "'memory' in the headline"})
    assert line["wrote"]["themes"] == ledger.hash_of_value(("memory",))
    assert line["at"] > "2026-05-20T08:00:00.000000Z"
    assert (root / "content" / "ledger" / "second.jsonl").read_bytes() == second


def test_themes_that_no_rule_gives_any_more_are_removed(root: Path) -> None:
    rule(root, {"memory": ("dram",), "trade": ("toll",)})

    applied(root)

    assert [line_of(root, file) for file in (CHIPS, MEMORY, SHIPS)] == ["themes: []"] * 3
    rule(root, RULES)
    applied(root)
    assert [line_of(root, file) for file in (CHIPS, MEMORY, SHIPS)] == [
        "themes: [trade]", "themes: [memory, trade]", "themes: []",
    ]  # fmt: skip


@pytest.mark.parametrize("excerpt", [0, 1])
def test_the_full_stored_summary_is_searched(tmp_path: Path, excerpt: int) -> None:
    begin(tmp_path, excerpt=excerpt)
    rule(tmp_path, {**RULES, "odd": ("and then",)})

    report = themes.try_phrases(tmp_path, config.load(tmp_path), "and then")
    assert [(catch.file, catch.where) for catch in report.caught] == [(CHIPS, "in the summary")]
    assert report.partly == 0
    assert explained(tmp_path, CHIPS)[1] == Reason(
        "odd", False, "'and then' in the summary; --apply would add it"
    )


@pytest.mark.parametrize("excerpt", [0, 1, 40])
def test_a_theme_that_no_longer_matches_is_removed_if_the_full_summary_is_stored(
    tmp_path: Path, excerpt: int
) -> None:
    begin(tmp_path, excerpt=excerpt)
    give(tmp_path, MEMORY, "[trade]")
    rule(tmp_path, {"memory": ("dram",), "trade": ("toll",)})
    why = "'tariff*' in the summary, when it was pulled; --apply would remove it"
    assert explained(tmp_path, CHIPS) == (Reason("trade", True, why),)

    report = applied(tmp_path)

    assert report.changed == (ThemeChange(CHIPS, ("trade",), ()),)
    assert (line_of(tmp_path, CHIPS), line_of(tmp_path, MEMORY)) == (
        "themes: []",
        "themes: [trade]",
    )
    assert explained(tmp_path, CHIPS) == ()


def test_a_stored_summary_of_another_version_is_not_searched(
    tmp_path: Path,
) -> None:
    begin(tmp_path, excerpt=0)
    for feed, stored in caches.noted(tmp_path, "summary").items():
        other = [(names, words.replace("ariff", "oll")) for names, words in stored]
        caches.note(tmp_path, "summary", feed, other)
    rule(tmp_path, {"memory": ("memory",), "trade": ("nowhere",)})

    assert "trade" in line_of(tmp_path, CHIPS)
    assert applied(tmp_path).changed == ()


@pytest.mark.parametrize("excerpt", [0, 1])
def test_a_theme_matched_only_in_the_full_summary_is_not_removed(
    tmp_path: Path, excerpt: int
) -> None:
    begin(tmp_path, excerpt=excerpt)
    forget(tmp_path)
    rule(tmp_path, {"memory": ("dram",), "trade": ("toll",)})

    applied(tmp_path)
    applied(tmp_path)

    assert line_of(tmp_path, CHIPS) == "themes: [trade]"
    assert line_of(tmp_path, MEMORY) == "themes: [trade]"


def test_a_theme_matched_later_in_the_stored_part_of_a_summary_can_be_removed_again(
    tmp_path: Path,
) -> None:
    begin(tmp_path, excerpt=2)
    rule(tmp_path, {**RULES, "odd": ("nothing",)})
    applied(tmp_path)
    assert line_of(tmp_path, CHIPS) == "themes: [trade, odd]"

    rule(tmp_path, {**RULES, "odd": ("something",)})
    applied(tmp_path)

    assert line_of(tmp_path, CHIPS) == "themes: [trade]"


def test_a_renamed_theme_gets_its_new_id_in_unedited_stories(root: Path) -> None:
    give(root, CHIPS, "[trade, memory]")
    rule(root, {"memory": ("memory",), "customs": ("tariff*",)}, was={"customs": "trade"})

    applied(root)

    assert line_of(root, MEMORY) == "themes: [memory, customs]"
    assert line_of(root, CHIPS) == "themes: [trade, memory]"


def test_a_renamed_theme_matched_only_in_the_summary_keeps_its_stories(tmp_path: Path) -> None:
    begin(tmp_path, excerpt=0)
    forget(tmp_path)
    rule(tmp_path, {"memory": ("memory",), "customs": ("toll",)}, was={"customs": "trade"})

    applied(tmp_path)

    assert line_of(tmp_path, CHIPS) == "themes: [customs]"


@pytest.mark.parametrize(
    "words", ["[]", "", "[trade, memory]", "memory", "[trade]  # mine, in the end"]
)
def test_themes_changed_by_the_editor_stay(root: Path, words: str) -> None:
    give(root, MEMORY, words)
    rule(root, {"memory": ("ships",), "trade": ("toll",)})

    applied(root)

    assert line_of(root, MEMORY) == f"themes: {words}"


def test_a_story_in_no_ledger_belongs_to_the_editor(root: Path) -> None:
    mine = "---\ntitle: Memory\nlink: https://mine.example/\n---\n"
    (root / "content/2026/w20/2026-05-16-mine.md").write_text(mine)

    assert applied(root).changed == ()
    assert (root / "content/2026/w20/2026-05-16-mine.md").read_text() == mine


def test_themes_in_a_file_before_its_feed_came_belong_to_the_editor(root: Path) -> None:
    give(root, MEMORY, "[]")
    for lines in (root / "content" / "ledger").iterdir():
        lines.unlink()
    pulled(root)

    assert applied(root).changed == ()
    assert line_of(root, MEMORY) == "themes: []"


def test_a_moved_story_is_recognised_in_any_place(root: Path) -> None:
    other = root / "content" / "2026" / "w19" / "2026-05-09-other.md"
    other.parent.mkdir()
    (root / SHIPS).rename(other)
    rule(root, {**RULES, "fleet": ("ships",)})

    applied(root)

    assert "themes: [fleet]\n" in other.read_text()


def test_a_comment_among_the_themes_is_never_lost(root: Path) -> None:
    text = (
        (root / MEMORY)
        .read_text()
        .replace("themes: [memory, trade]", "themes:\n- memory\n# a doubt\n- trade")
    )
    (root / MEMORY).write_text(text)

    rule(root, {"memory": ("toll",), "trade": ("memory",)})
    assert applied(root).left == (
        f"{MEMORY}: Digest cannot change its themes safely; left unchanged, so edit them by hand",
    )
    assert (root / MEMORY).read_text() == text

    rule(root, {"memory": ("memory",), "trade": ("toll",)})
    assert applied(root).left == ()
    assert (root / MEMORY).read_text() == text.replace("- trade\n", "")


def test_a_story_without_themes_can_get_one_again_in_any_notation(root: Path) -> None:
    text = (root / MEMORY).read_text()
    (root / MEMORY).write_text(
        text.replace("themes: [memory, trade]", "themes:\n- memory\n- trade")
    )
    rule(root, {"memory": ("dram",), "trade": ("toll",)})
    applied(root)
    rule(root, RULES)

    applied(root)

    assert themes.explain(root, config.load(root), MEMORY).is_editors is False
    assert [reason.theme for reason in explained(root, MEMORY)] == ["memory", "trade"]


def test_a_dry_run_prints_the_same_report_and_writes_nothing(root: Path) -> None:
    rule(root, {"memory": ("chips",), "trade": ("toll",)})
    before = content(root)

    dry = applied(root, dry=True)
    alone, both = (
        invoke(root, "themes", "--dry-run"),
        invoke(root, "themes", "--apply", "--dry-run"),
    )

    assert content(root) == before
    assert alone.output == both.output
    assert f"{CHIPS}: trade -> memory\n" in alone.output
    assert applied(root).changed == dry.changed


def test_a_file_changed_in_the_meantime_is_left_and_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(root, {"memory": ("memory",), "trade": ("toll",)})
    rewrite = store.apply_edits

    def late(*words: object) -> object:
        give(root, CHIPS, "[memory]")
        return rewrite(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "apply_edits", late)

    report = applied(root)

    assert report.left == (
        f"{CHIPS}: was changed in the meantime, and left as it is; run the command again",
    )
    assert report.changed == (ThemeChange(MEMORY, ("memory", "trade"), ("memory",)),)
    assert line_of(root, CHIPS) == "themes: [memory]"
    lines = (root / "content" / "ledger" / "first.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines[3:]] == [MEMORY]


def test_a_file_deleted_in_the_meantime_is_left_and_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(root, {"memory": ("memory",), "trade": ("toll",)})
    monkeypatch.setattr(store, "read_exactly", lambda *_: "")

    assert [line.partition(":")[0] for line in applied(root).left] == [CHIPS, MEMORY]


# ---------------------------------------------------------------- killed, and what no run may do


@pytest.mark.parametrize("write", range(6))
def test_the_next_run_completes_one_that_was_killed_at_any_write(
    root: Path, write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = {"memory": ("dram",), "trade": ("toll",), "fleet": ("ships",)}
    rule(root, new)
    left = [write]

    def dying(module: ModuleType | type, name: str) -> None:
        real = getattr(module, name)

        def act(*words: object, **options: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise DigestError("the disk is full")
            return real(*words, **options)

        monkeypatch.setattr(module, name, act)

    for module, name in ((Cache, "save"), (disk, "replace"), (disk, "append")):
        dying(module, name)
    with pytest.raises(DigestError):
        applied(root)
    monkeypatch.undo()

    applied(root)

    assert [line_of(root, file) for file in (CHIPS, MEMORY, SHIPS)] == [
        "themes: []",
        "themes: []",
        "themes: [fleet]",
    ]
    rule(root, {**RULES, "fleet": ("boats",)})
    applied(root)
    assert [line_of(root, file) for file in (CHIPS, MEMORY, SHIPS)] == [
        "themes: [trade]", "themes: [memory, trade]", "themes: []",
    ]  # fmt: skip


THEMES = ("memory", "trade", "fleet")
PHRASES = st.sampled_from(["chips", "memory", "tariff*", "ships", "sail", "bite", "nowhere"])
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("edit"),
            st.sampled_from([CHIPS, MEMORY, SHIPS]),
            st.lists(st.sampled_from(THEMES), unique=True),
        ),
        st.tuples(st.just("rule"), st.just(""), st.lists(PHRASES, min_size=3, max_size=3)),
        st.tuples(st.just("apply"), st.just(""), st.just([])),
        st.tuples(st.just("pull"), st.just(""), st.just([])),
    ),
    max_size=9,
)


@settings(max_examples=many(15))
@given(steps=STEPS, excerpt=st.sampled_from([0, 2, 40]))
def test_no_run_changes_themes_that_were_edited_by_hand(
    steps: list[tuple[str, str, list[str]]], excerpt: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = begin(Path(folder), excerpt=excerpt)
        rule(root, {**RULES, "fleet": ("ships",)}, excerpt=excerpt)
        written = {file: line_of(root, file) for file in (CHIPS, MEMORY, SHIPS)}
        edited: dict[str, str] = {}
        for act, file, words in [*steps, ("apply", "", [])]:
            if act == "edit":
                give(root, file, f"[{', '.join(words)}]")
                if line_of(root, file) == written[file]:
                    edited.pop(file, None)  # restored exactly, so the edit leaves no trace
                else:
                    edited[file] = line_of(root, file)
            elif act == "rule":
                rule(
                    root,
                    {theme: (phrase,) for theme, phrase in zip(THEMES, words, strict=True)},
                    excerpt=excerpt,
                )
            elif act == "apply":
                applied(root)
                assert applied(root).changed == ()
                written |= {file: line_of(root, file) for file in written if file not in edited}
            else:
                pulled(root)
            assert {file: line_of(root, file) for file in edited} == edited


def test_an_edited_excerpt_still_gets_the_themes_of_the_original(tmp_path: Path) -> None:
    root = begin(tmp_path, excerpt=3)
    rule(root, {**RULES, "letters": ("of note",)}, excerpt=3)
    assert [change.file for change in applied(root).changed] == [CHIPS]
    (root / CHIPS).write_text(
        (root / CHIPS).read_text().replace("> Nothing of note", "> *Nothing* of note")
    )

    assert applied(root).changed == ()
