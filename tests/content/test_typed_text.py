"""Running text in front matter goes to the end of its line, with any `#`, colon or backslash."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import HONG_KONG
from hypothesis import example, given
from hypothesis import strategies as st
from test_check import messages
from test_inbox import SETTINGS

from digest import config
from digest.commands import build
from digest.content import front_matter, known_names, story_file
from digest.content.edit import try_changes
from digest.content.known_names import KnownNames, names_of
from digest.content.read import ContentReader
from digest.errors import Faults
from digest.intake import inbox_files

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
FILE = "content/2026/w20/2026-05-15-slug.md"
LINK = "link: https://news.example/1"


def story(*lines: str) -> str:
    return "\n".join(["---", *lines, LINK, "---", "", "A note.", ""])


def headline(text: str) -> str:
    return story_file.loads(story("title: A", f"headline: {text}"), FILE, HONG_KONG).headline


LINE = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r")
    | st.sampled_from(" #:-[]{}'\"\\&*!|>%@`,~")
)


@given(LINE.map(lambda text: text.strip(" \t")).filter(lambda text: text and text[0] not in "'\""))
@example("#1 story of the week")
@example("Nvidia is # 1 again")
@example("C # is: a language")
@example("[Update] ships")
@example("[Update]")
@example("{a: b}")
@example("> 5 dollars")
@example(">")
@example("|2")
@example("- a dash")
@example("-")
@example("? what")
@example("&c and *d")
@example("!")
@example("~")
@example("No")
@example('a "quoted" \\n word #')
@example("ends with a colon:")
@example("tab\there #x")
@example("next\x85line\u2028and\x07more")
def test_a_headline_without_quotes_is_read_exactly_as_typed(text: str) -> None:
    assert headline(text) == text


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("'It''s # 1'", "It's # 1"),
        ('"Nvidia # 1"', "Nvidia # 1"),
        ("'Quiet harbour' # mine", "Quiet harbour"),
        ('"Quiet harbour"   #', "Quiet harbour"),
        ('"Panic" over chips', '"Panic" over chips'),
        ('"Panic" over chips: a #1 worry', '"Panic" over chips: a #1 worry'),
        ('"Panic" #1 worry', '"Panic" #1 worry'),
        ('"C:\\new"', "C:\\new"),
        ('"C:\\Program Files\\x"', "C:\\Program Files\\x"),
        ('"C:\\users" # mine', "C:\\users"),
        ('"a \\"b\\" \\\\ \\u00e9 \\x41"', 'a "b" \\ é A'),
    ],
)
def test_quotes_around_a_headline_are_not_part_of_it(typed: str, text: str) -> None:
    assert headline(typed) == text


@pytest.mark.parametrize("key", ["title", "headline", "source"])
@pytest.mark.parametrize("text", ["#1 in chips", "C # is", "AT&T: #1 [again]"])
def test_every_text_field_is_read_exactly_as_typed(key: str, text: str) -> None:
    lines = [f"{key}: {text}"] if key == "title" else ["title: A", f"{key}: {text}"]

    assert getattr(story_file.loads(story(*lines), FILE, HONG_KONG), key) == text


def test_names_and_corrections_are_read_exactly_as_typed() -> None:
    read = story_file.loads(
        story(
            "title: A",
            "authors:",
            "- Jo #1",
            "- Ann # 2",
            "corrections:",
            "- 2026-05-20: An earlier version said #5, not # 6.",
            '- 2026-05-21: "Quoted # words" # mine',
            "- 2026-05-22: It said: C:\\new #1,",
            "  which is # wrong.",
        ),
        FILE,
        HONG_KONG,
    )

    assert read.authors == ("Jo #1", "Ann # 2")
    assert [one.text for one in read.corrections] == [
        "An earlier version said #5, not # 6.",
        "Quoted # words",
        "It said: C:\\new #1, which is # wrong.",
    ]


def test_a_correction_on_the_line_of_its_key_keeps_its_words() -> None:
    read = story_file.loads(
        story("title: A", "corrections: 2026-05-20: It said #5."), FILE, HONG_KONG
    )

    assert [one.text for one in read.corrections] == ["It said #5."]


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["title: C # is", "  a language # too"], "C # is a language # too"),
        (["title: C", "  #1 is a comment here"], "C"),
        (["title: >-", "  C # is", "  a language"], "C # is a language"),
        (['title: "C # is', '  a language"'], "C # is a language"),
        (["# a comment", "title: A", "# another"], "A"),
    ],
)
def test_a_text_of_several_lines_keeps_its_words_and_the_comments_between_them(
    lines: list[str], title: str
) -> None:
    assert story_file.loads(story(*lines), FILE, HONG_KONG).title == title


def test_a_key_indented_by_mistake_is_an_error_and_not_part_of_the_headline() -> None:
    with pytest.raises(Exception, match="not valid YAML"):
        story_file.loads(story("title: C # is", "  hide: true"), FILE, HONG_KONG)


def test_a_tilde_is_not_an_author() -> None:
    assert story_file.loads(story("title: A", "authors: ~"), FILE, HONG_KONG).authors == ()


@pytest.mark.parametrize(
    "line", ["lead: true # the story", "themes: [] # none yet", "image: # later"]
)
def test_a_comment_after_any_other_value_is_a_comment(line: str) -> None:
    read = story_file.loads(story("title: A", line), FILE, HONG_KONG)

    assert (read.themes, read.image, read.lead) == ((), "", line.startswith("lead"))


@pytest.mark.parametrize(
    "old", ["C # is", "C # is\n  a language # too", '"C:\\new"', "#1", "[Update]"]
)
def test_a_pull_replaces_a_headline_without_quotes_and_leaves_every_other_line(old: str) -> None:
    text = story(f"title: {old}", "headline: '#2' # mine")
    read = story_file.loads(text, FILE, HONG_KONG)

    new = try_changes(text, read, {"title": "Plain"}, HONG_KONG)

    if "\n" in old:
        assert new is None or new == story("title: Plain", "headline: '#2' # mine")
    else:
        assert new == story("title: Plain", "headline: '#2' # mine")


def test_the_title_of_a_letter_or_page_is_read_exactly_as_typed() -> None:
    values = front_matter.parse(
        "---\ntitle: The #1 week # of May\n---\nDear\n", "x.md", required=False
    ).values

    assert values["title"].words == "The #1 week # of May"


def test_every_word_reaches_the_page(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    place = tmp_path / FILE
    place.parent.mkdir(parents=True)
    place.write_text(
        story(
            "title: C # is a language",
            "headline: #1 story",
            "source: #1 of papers",
            "corrections:",
            "- 2026-05-20: An earlier version said #5, not #6.",
        )
    )

    build.run(tmp_path, config.load(tmp_path), output=tmp_path / "site", base_url=None)

    page = (tmp_path / "site/2026/w20/index.html").read_text()
    assert messages(tmp_path) == []
    for words in (
        "C # is a language",
        "#1 story",
        "#1 of papers",
        "An earlier version said #5, not #6.",
    ):
        assert words in page


LETTER, PAGE = "content/2026/w20/letter.md", "content/pages/about.md"


def problems_of(tmp_path: Path, file: str, text: str) -> list[tuple[int, str]]:
    """Parses a letter, page or introduction; returns its problems by line."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    reading = ContentReader(
        names_of(config.load(tmp_path), ()), HONG_KONG, lambda _: text.encode(), {}
    )
    assert (reading.letter if file == LETTER else reading.page)(
        file
    ) is None or not reading.problems
    return [(problem.line, problem.what) for problem in reading.problems]


@pytest.mark.parametrize("file", [LETTER, PAGE, "content/themes/memory.md"])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: A\ndraft: true\n\nSECRET\n", 1),
        ("draft: true\n\nSECRET\n", 1),
        ("\ufeff\r\ndraft:true\r\n\r\nSECRET\r\n", 2),
        ("Draft: yes\n\nSECRET\n", 1),
        ("author: Ann\ndraft: true\n\nSECRET\n", 2),
        ("title: A\ndraft: true\n---\n\nSECRET\n", 1),
        ("\n---\ndraft: true\n---\n\nSECRET\n", 3),
        (" ---\ndraft: true\n ---\n\nSECRET\n", 2),
        ("---\ndraft: true\n\nSECRET\n", 1),
    ],
)
def test_keys_without_a_fence_are_an_error_and_are_not_published(
    tmp_path: Path, file: str, text: str, line: int
) -> None:
    [(found, what)] = problems_of(tmp_path, file, text)

    assert found == line
    assert "front matter" in what


@pytest.mark.parametrize("file", [LETTER, PAGE])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear reader\ntitle: A\n",
        "Note: this\n",
        "Title: what a word\n",
        "https://a.example/\n",
        "# A\n\ntitle: A\n",
    ],
)
def test_a_text_without_front_matter_may_begin_with_any_other_words(
    tmp_path: Path, file: str, text: str
) -> None:
    assert problems_of(tmp_path, file, text) == []


@pytest.mark.parametrize("key", ["published", "updated"])
def test_the_date_of_a_letter_without_a_fence_is_an_error(tmp_path: Path, key: str) -> None:
    assert problems_of(tmp_path, LETTER, f"{key}: 2026-05-17\n\nDear\n")[0][0] == 1
    assert problems_of(tmp_path, PAGE, f"{key}: 2026-05-17\n\nDear\n") == []


ENDS = ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "0026-05-15", "9000-01-01"]


@pytest.mark.parametrize("date", ENDS)
def test_a_date_at_either_end_of_the_calendar_is_an_error_with_its_line(
    tmp_path: Path, date: str
) -> None:
    for line in (
        f"published: {date}",
        f"updated: {date}",
        f"corrections:\n  - '{date[:10]}: a slip'",
    ):
        with pytest.raises(Faults, match=re.escape(f"{FILE}:3: ")):
            story_file.loads(story("title: A", line), FILE, HONG_KONG)
    assert problems_of(tmp_path, LETTER, f"---\nupdated: {date}\n---\n")[0][0] == 2


@pytest.mark.parametrize(
    "place", ["9999/w52/9999-12-31-a.md", "0001/w01/0001-01-01-a.md", "2026/w20/0001-01-01-a.md"]
)
def test_a_file_name_with_a_date_at_either_end_of_the_calendar_is_an_error(place: str) -> None:
    with pytest.raises(Faults, match=place[:4]):
        story_file.loads(story("title: A", "published: 2026-05-15"), f"content/{place}", HONG_KONG)


@pytest.mark.parametrize("date", ENDS)
def test_a_pull_continues_despite_a_file_in_the_inbox_with_such_a_date(
    tmp_path: Path, date: str
) -> None:
    (tmp_path / "digest.toml").write_text(
        SETTINGS.replace('"Asia/Hong_Kong"', '"America/New_York"')
    )
    inbox = tmp_path / "content/inbox/a.md"
    inbox.parent.mkdir(parents=True)
    inbox.write_text(story("title: A", f"published: {date}"))

    filed, [problem] = inbox_files.empty_inbox(
        tmp_path, config.load(tmp_path), {}, now=NOW, dry=False
    )

    assert (filed, problem.file, problem.line) == ((), "content/inbox/a.md", 3)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            "link: 'https://news.example",
            "4: a value begins with ', which is never closed; add ' at",
        ),
        (
            "themes: [memory, trade",
            "4: a value begins with [, which is never closed; add ] at its end",
        ),
        (
            'corrections:\n- "2026-05-20: A',
            '5: a value begins with ", which is never closed; add "',
        ),
        ('headline: "A\n  b', '4: a value begins with ", which is never closed; add "'),
        (
            "headline: 'Tis time\nid: @x",
            "5: the front matter is not valid YAML; put the text after 'id:'",
        ),
        (
            'authors: "A\n  B"\nid: @x',
            "6: the front matter is not valid YAML; put the text after 'id:'",
        ),
        ("\tid: x", "4: the front matter is not valid YAML; use spaces, not tabs"),
        (
            "  id: x",
            "4: the front matter is not valid YAML; write 'key: value' at the beginning of",
        ),
        (
            "id: a\x07b",
            "4: this line has an invisible control character; delete it",
        ),
    ],
)
def test_front_matter_that_is_not_yaml_is_reported_in_plain_words(lines: str, problem: str) -> None:
    with pytest.raises(Faults) as raised:
        story_file.loads(
            f"---\ntitle: A\nlink: https://a.example/\n{lines}\nimage: x\n---\n", FILE, HONG_KONG
        )

    assert str(raised.value).startswith(f"{FILE}:{problem}")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("date: 2026-05-15", "unknown key 'date'; did you mean 'published'?"),
        ("Tags: memory", "unknown key 'Tags'; did you mean 'themes'?"),
        ("publisher: The Herald", "unknown key 'publisher'; did you mean 'source'?"),
        ("updatet: 2026-05-15", "unknown key 'updatet'; did you mean 'updated'?"),
        ("ahead: 2026-06-31: a ruling", "ahead: '2026-06-31' is not a real date; correct it"),
        ("ahead: 2027-13: a ruling", "ahead: '2027-13' is not a real date; correct it"),
        ("ahead: a ruling", "ahead: 'a ruling' has no date with what is due then; write it as"),
        (
            "corrections: 2026-06-31: a slip",
            "corrections: '2026-06-31' is not a real date; correct it",
        ),
        (
            "corrections: a slip",
            "'a slip' is not a correction; write it as - 2026-05-20: what was wrong",
        ),
    ],
)
def test_an_error_names_the_key_or_the_date_that_was_meant(line: str, why: str) -> None:
    with pytest.raises(Faults, match=re.escape(f"{FILE}:3: {why}")):
        story_file.loads(story("title: A", line), FILE, HONG_KONG)


ALL = KnownNames(feeds=frozenset({"a"}), themes=frozenset({"memory", "trade"}))


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("themes: #memory", "unknown theme '#memory'; did you mean 'memory'"),
        ("themes: #memory #trade", "unknown theme '#trade'; did you mean 'trade'"),
        ("themes: memory #trade", "unknown theme '#trade'"),
        ("themes: [#memory, trade]", "unknown theme '#memory'"),
        ("themes: [memory] #trade", "unknown theme '#trade'"),
        ("themes:\n  - #memory\n  - trade", "unknown theme '#memory'"),
        ("themes: &memory", "straight quotes"),
        ("themes: !memory", "straight quotes"),
        ("feeds: #a", "unknown feed '#a'"),
        ("feeds: [&a]", "unknown feed '&a'"),
        ("image: https://a.example/b.png #x", "not an http"),
        ("id: &x", "straight quotes"),
        ("published: 2026-05-15\nauthors: [“Liu, H.”, Ann]", 'use straight quotes ("), or none'),
        ("authors:\n  - Ann\n  - “Liu\n  - H.”", 'use straight quotes ("), or none'),
    ],
)
def test_words_that_yaml_would_ignore_are_an_error(lines: str, what: str) -> None:
    with pytest.raises(Faults, match=re.escape(what)):
        known_names.loads(story("title: A", lines), FILE, ALL, HONG_KONG)


@pytest.mark.parametrize(
    ("typed", "authors"),
    [
        ("[&Ann]", ("&Ann",)),
        ("[*Ann, !Bob, #C] # the three", ("*Ann", "!Bob", "#C")),
        ("[Ann #1, 'B, C', \"D, E\"]", ("Ann #1", "B, C", "D, E")),
        ('["a\\nb", "C:\\temp"]', ("a\\nb", "C:\\temp")),
        ("[“JJ” Doe, Ann]", ("“JJ” Doe", "Ann")),
    ],
)
def test_the_names_in_a_list_are_read_as_typed(typed: str, authors: tuple[str, ...]) -> None:
    text = story("title: A", f"authors: {typed}", "published: 2026-05-15")
    read = story_file.loads(text, FILE, HONG_KONG)

    assert read.authors == authors
    new = try_changes(text, read, {"authors": ("a\nb", "C:\\new", "#1")}, HONG_KONG)
    assert new is not None
    assert story_file.loads(new, FILE, HONG_KONG).authors == ("a\nb", "C:\\new", "#1")
    assert ("# the three" in new) == ("# the three" in typed)
