"""`digest themes --suggest`, `--take`, `--score` and `--try`: rules held against what the editor decided."""

from __future__ import annotations

import tomllib
from pathlib import Path

import caches
import pytest
from shell import invoke
from test_themes_command import content, give, pulled, rss, rule

from digest import config
from digest.commands import themes_rules

TITLES = (
    "DRAM contract prices rise",
    "Contract price doubles",
    "The next contract price",
    "Harbour master retires",
    "Fog over the strait",
    "A lens comes home",
    "Museum of teapots",
    "Printers slip",
    "Gulls in church",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rule(tmp_path, {"prices": ("dram",), "ships": ("boat", "sloop")})
    entries = [(str(number), title, "Nothing.") for number, title in enumerate(TITLES)]
    (tmp_path / "first.xml").write_text(rss(entries))
    (tmp_path / "second.xml").write_text(rss([]))
    pulled(tmp_path)
    return tmp_path


def stories(root: Path) -> list[str]:
    found = {path.name for path in (root / "content/2026/w20").iterdir()}
    return sorted(f"content/2026/w20/{name}" for name in found)


def file_of(root: Path, word: str) -> str:
    return next(file for file in stories(root) if word in file)


def decide(root: Path) -> None:
    """The editor gives `prices` to two stories, and writes notes on the others."""
    give(root, file_of(root, "doubles"), "[prices]")
    give(root, file_of(root, "next"), "[prices]")
    for word in ("rise", "retires", "strait", "home", "teapots", "slip", "gulls"):
        path = root / file_of(root, word)
        path.write_text(path.read_text() + "\nMy note.\n")


def test_only_stories_touched_by_an_editor_or_linked_in_a_letter_count_as_judged(
    root: Path,
) -> None:
    settings = config.load(root)
    assert themes_rules.score(root, settings).decided == 0
    assert "Not enough decisions yet" in invoke(root, "themes", "--suggest").output

    give(root, file_of(root, "doubles"), "[prices]")
    assert themes_rules.score(root, settings).decided == 1
    letter = f"---\ntitle: T\n---\n[Fog]({Path(file_of(root, 'strait')).name})\n"
    (root / "content/2026/w20/letter.md").write_text(letter)
    assert themes_rules.score(root, settings).decided == 2
    (root / "content/2026/w20/letter.md").write_text(
        letter.replace("title: T", "title: T\ndraft: true")
    )
    assert themes_rules.score(root, settings).decided == 1


def test_phrases_are_suggested_with_numbers_and_written_only_when_chosen(root: Path) -> None:
    decide(root)
    before, settings = content(root), (root / "digest.toml").read_text()

    printed = invoke(root, "themes", "--suggest").output.splitlines()

    assert printed[1:3] == [
        "prices",
        "   1  'contract price*'  +3 right, 0 wrong, 2 of them caught by no other phrase",
    ]
    assert "ships: nothing is caught by 'boat', 'sloop'; drop them?" in printed
    assert printed[-1].endswith("To add phrases: digest themes --suggest --take 1,…")
    of_theme = invoke(root, "themes", "--suggest", "prices").output
    assert of_theme.endswith("To add phrases: digest themes --suggest prices --take 1,…\n")
    assert (content(root), (root / "digest.toml").read_text()) == (before, settings)

    taken = invoke(root, "themes", "--suggest", "prices", "--take", "1")

    assert taken.output.splitlines() == [
        "prices: 'contract price*' added to digest.toml",
        "Next: digest themes --apply --dry-run",
    ]
    assert content(root) == before
    assert (root / "digest.toml").read_text() == settings.replace(
        '"dram"', '"dram", "contract price*"'
    )
    assert invoke(root, "themes", "--suggest", "prices").output.splitlines()[1:] == [
        "No phrase would find more of them without being wrong"
    ]


def test_of_an_empty_list_of_phrases_none_can_be_taken(root: Path) -> None:
    invoke(root, "themes", "--suggest", "prices")

    result = invoke(root, "themes", "--suggest", "prices", "--take", "1")

    assert str(result.exception) == (
        "no phrase was worth adding when you last looked; decide on more stories, then look again:"
        " digest themes --suggest prices"
    )


def test_comments_and_order_of_digest_toml_stay_when_phrases_are_added(root: Path) -> None:
    decide(root)
    invoke(root, "themes", "--suggest")
    path = root / "digest.toml"
    listed = 'match = [\n    "dram",  # the commodity\n    # names\n]  # so far'
    path.write_text(path.read_text().replace('match = ["dram"]', listed))

    invoke(root, "themes", "--suggest", "--take", "1")

    assert (
        listed.replace("    # names\n", '    # names\n    "contract price*",\n') in path.read_text()
    )
    assert tomllib.loads(path.read_text())["themes"][0]["match"] == ["dram", "contract price*"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--suggest", "--take", "2,9"], "2 is not the number of a phrase; 1 phrase was shown"),
        (
            ["--suggest", "prices", "--take", "1"],
            "no numbers have been shown here yet; look at the phrases first: digest themes --suggest prices",
        ),
        (["--suggest", "--take", "x"], "write the numbers of phrases, such as 1,4"),
        (["--suggest", "--take", "9" * 5000], "write the numbers of phrases, such as 1,4"),
        (["--take", "1"], "--take belongs to --suggest"),
        (["--suggest", "price"], "digest.toml has no theme 'price'; did you mean 'prices'?"),
        (
            ["--suggest", "--score"],
            ": --suggest and --score exclude each other; use one at a time.",
        ),
    ],
)
def test_an_invalid_choice_of_phrases_is_refused(
    root: Path, words: list[str], message: str
) -> None:
    decide(root)
    invoke(root, "themes", "--suggest")
    before = (root / "digest.toml").read_text()

    result = invoke(root, "themes", *words)

    assert message in (result.stderr or str(result.exception))
    assert result.exit_code
    assert (root / "digest.toml").read_text() == before


def test_numbers_keep_the_phrases_that_were_shown_until_a_list_is_shown_again(
    tmp_path: Path,
) -> None:
    rule(tmp_path, {"anchors": ("boat",), "keels": ("sloop",)})
    themed = ("Anchor lost", "Anchor sold", "Anchor rusts", "Keel laid", "Keel sold", "Keel rusts")
    entries = [(str(at), title, "") for at, title in enumerate((*themed, *TITLES[3:7]))]
    (tmp_path / "first.xml").write_text(rss(entries))
    (tmp_path / "second.xml").write_text(rss([]))
    pulled(tmp_path)
    for file in stories(tmp_path):
        give(
            tmp_path,
            file,
            "[anchors]" if "anchor" in file else "[keels]" if "keel" in file else "[]",
        )
        (tmp_path / file).write_text((tmp_path / file).read_text() + "\nMy note.\n")
    invoke(tmp_path, "themes", "--suggest")

    invoke(tmp_path, "themes", "--suggest", "--take", "1")
    again = invoke(tmp_path, "themes", "--suggest", "--take", "1,2")

    assert again.output.splitlines()[:2] == [
        "anchors: 'Anchor' is in digest.toml already",
        "keels: 'Keel' added to digest.toml",
    ]
    assert [theme.match for theme in config.load(tmp_path).themes] == [
        ("boat", "Anchor"),
        ("sloop", "Keel"),
    ]
    rule(tmp_path, {"anchors": ("boat",)})
    refused = invoke(tmp_path, "themes", "--suggest", "--take", "1,2")
    assert "'Keel' was shown for 'keels', which digest.toml no longer has" in str(refused.exception)
    assert config.load(tmp_path).themes[0].match == ("boat",)


def test_the_rules_are_scored_by_theme_and_quarter(root: Path) -> None:
    decide(root)

    printed = invoke(root, "themes", "--score").output.splitlines()

    assert printed[0].startswith("You have decided 9 of 9 stories: ")
    assert printed[1:4] == [
        "right  wrong  missed  theme   quarter  precision            recall",
        "    1      ·       2  prices  all      1.00 (0.21 to 1.00)  0.33 (0.06 to 0.79)",
        "    1      ·       2  prices  2026-Q2  1.00 (0.21 to 1.00)  0.33 (0.06 to 0.79)",
    ]


def test_a_phrase_that_matched_a_summary_still_counts_if_that_is_no_longer_stored(
    tmp_path: Path,
) -> None:
    rule(tmp_path, {"prices": ("dram",)}, excerpt=0)
    (tmp_path / "first.xml").write_text(rss([("1", "Chips", "DRAM is dear.")]))
    (tmp_path / "second.xml").write_text(rss([]))
    pulled(tmp_path)
    (file,) = stories(tmp_path)
    (tmp_path / file).write_text((tmp_path / file).read_text() + "\nMy note.\n")
    caches.forget(tmp_path, "summary")

    row = themes_rules.score(tmp_path, config.load(tmp_path)).scores[0]

    assert (row.right, row.wrong, row.missed) == (1, 0, 0)


# ---------------------------------------------------------------- trying phrases


def test_several_phrases_are_tried_at_once_alone_and_together_with_near_misses(root: Path) -> None:
    printed = invoke(root, "themes", "--try", "contract price", "--try", "fog").output

    assert "'contract price' alone: 2 stories\n'fog' alone: 1 story\n" in printed
    assert "'contract price' or 'fog' would catch 3 of 9 stories: 3 Elsewhere\n" in printed
    assert "Near misses, which a wider phrase would catch:\n" in printed
    assert "DRAM contract prices rise ('contract* + price*' in the headline; prices)\n" in printed


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ('"fog"', "is searched with its quotation marks; leave them out"),
        ("“fog boat”", "is searched with its quotation marks; leave them out"),
        ("'fog'", "is searched with its quotation marks; leave them out"),
        ("^fog", "is searched as it is written, not as a regular expression"),
        ("fog|boat", "is searched as it is written, not as a regular expression"),
        (r"\bfog", "is searched as it is written, not as a regular expression"),
        ("fog$", "is searched as it is written, not as a regular expression"),
        ("US$", ""),
        ("'s Fog", ""),
    ],
)
def test_a_phrase_with_foreign_search_syntax_is_explained(
    root: Path, phrase: str, words: str
) -> None:
    result = invoke(root, "themes", "--try", phrase)

    assert result.exit_code == 0
    assert (f"'{phrase}' {words}" in result.stderr) if words else not result.stderr


@pytest.mark.parametrize("phrase", ["fog, boat", "fog OR boat", "fog || boat"])
def test_a_phrase_that_looks_like_several_is_explained(root: Path, phrase: str) -> None:
    result = invoke(root, "themes", "--try", phrase)

    assert f"'{phrase}' is one phrase, " in result.stderr
    assert "write two phrases to find either of two" in result.stderr
    assert "would catch 0 of 9 stories" in result.output
