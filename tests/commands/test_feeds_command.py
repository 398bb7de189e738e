"""`digest feeds`: the list of feeds, feeds added and retired in digest.toml, and that nothing else in it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import growth
import pytest
from feedhost import FeedHost
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many
from test_cli import digest
from test_init import ATOM, NAMING, RSS, Answers

from digest import config, config_edit
from digest.errors import DigestError
from digest.feeds import feed_links
from digest.model import Feed

SETTINGS = """\
# Ours since 2026.
[site]
title = "Mine"   # for now
url = 'https://digest.example/'

# ---- feeds

[[feeds]]
url = "https://old.example/feed"   # the first
id = "old"
# excerpt = 10

# ---- how it works

[pull]
draft = true
"""
SIMPLE = '[site]\ntitle = "Mine"\nurl = "https://digest.example/"\n'
NEW = Feed(id="new", url="https://new.example/f", title="New", publisher="New")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A digest with comments in its digest.toml."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    return tmp_path


def feeds_of(root: Path) -> list[tuple[str, str, bool]]:
    return [(feed.id, feed.url, feed.retired) for feed in config.load(root).feeds]


# ---------------------------------------------------------------- add


def test_a_feed_is_added_after_the_others_and_no_other_line_changes(mine: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS)) as host:
        added = digest("feeds", "add", host.url("/feed.xml"), cwd=mine)
        url = host.url("/feed.xml")
        pulled = digest("pull", "harbour-sea", cwd=mine)

    assert (added.returncode, added.stderr) == (0, "")
    assert added.stdout == (
        f"harbour-sea: Harbour & sea, {url}\n"
        "Before you pull, look at the feeds in digest.toml: an id stays for good, "
        "and readers see 'publisher', or else 'title', as the source\n"
        "1 feed added to digest.toml. Next: digest pull\n"
    )
    table = (
        f'\n[[feeds]]\nid = "harbour-sea"\nurl = "{url}"\ntitle = "Harbour & sea"\nexcerpt = 40\n'
    )
    assert (mine / "digest.toml").read_text() == SETTINGS.replace(
        "# excerpt = 10\n", f"# excerpt = 10\n{table}"
    )
    assert "1 new story added; 1 of 1 feeds read" in pulled.stdout


def test_feeds_advertised_by_pages_are_added_once_each(mine: Path) -> None:
    answers = Answers(feed_xml=RSS, lights_atom=ATOM, page=NAMING.format("/feed.xml"))
    with FeedHost(answers) as host:
        words = [host.url(path) for path in ("/page", "/feed.xml", "/lights.atom")]
        added = digest("feeds", "add", *words, cwd=mine)
        again = digest("feeds", "add", *words, cwd=mine)

    assert added.stdout.endswith("2 feeds added to digest.toml. Next: digest pull\n")
    assert [id for id, *_ in feeds_of(mine)] == ["old", "harbour-sea", "lights"]
    assert (again.returncode, again.stdout) == (
        0,
        "harbour-sea: already in digest.toml, left unchanged\nlights: already in digest.toml, left unchanged\n"
        "Nothing to add\n",
    )


def test_a_feed_url_is_requested_over_http(mine: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS)) as host:
        added = digest("feeds", "add", host.url("/feed.xml").replace("http:", "feed:"), cwd=mine)

        assert added.returncode == 0
        assert feeds_of(mine)[1] == ("harbour-sea", host.url("/feed.xml"), False)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/deep/news.xml">RSS</a>',
        "<a href='/deep/news.xml'>Our Atom feed</a>",
        '<a href="/deep/news.xml"><img src="i.png" alt="RSS"></a>',
        '<a href="/deep/news.xml" title="Subscribe by RSS"><svg></svg></a>',
        '<a href="/deep/news.xml" class="icon-rss"></a>',
        '<a type="application/rss+xml" href="/deep/news.xml">Follow us</a>',
    ],
)
def test_a_link_named_rss_is_followed_if_a_page_advertises_no_feed(mine: Path, link: str) -> None:
    page = f'<!doctype html><title>x</title><body><a href="/about">About</a><a href="#rss">RSS</a>{link}'
    with FeedHost(Answers(news=page, deep__news_xml=RSS)) as host:
        added = digest("feeds", "add", host.url("/news"), cwd=mine)

        assert added.returncode == 0, added.stderr
        assert feeds_of(mine)[1][1] == host.url("/deep/news.xml")
        assert "/about" not in [path for path, _ in host.requests]


def test_advertised_feeds_come_before_links() -> None:
    page = b'<!doctype html><link rel=alternate type="application/rss+xml" href=/a><a href=/b>RSS</a><a href=/c>Feed</a>'

    assert feed_links.candidates(page, "https://a.example/x") == tuple(
        f"https://a.example/{name}" for name in "abc"
    )


def test_unclosed_links_are_searched_in_linear_time() -> None:
    link = "<a href=/x>RSS"

    def linked(page: str) -> tuple[str, ...]:
        return feed_links.linked(page.encode(), "https://a.example/")

    assert linked("<!doctype html>" + link * 1_000) == ("https://a.example/x",)
    assert growth.is_growing(linked, lambda size: link * (size // len(link)), 40_000) is None


def test_nothing_is_written_if_one_url_has_no_feed(mine: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS)) as host:
        added = digest("feeds", "add", host.url("/feed.xml"), host.url("/gone"), cwd=mine)

    assert (added.returncode, added.stdout) == (1, "")
    assert "/gone: no feed at this address (404)" in added.stderr
    assert (mine / "digest.toml").read_text() == SETTINGS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "There is nothing to add; give a URL, or a list with --opml FILE."),
        (
            ["news.example"],
            "'news.example' is not an http(s) address; did you mean https://news.example?",
        ),
        (
            ["digest.toml"],
            "is a file, and URL takes addresses; put the file's path into digest.toml",
        ),
        (["--opml", "gone.opml"], "File 'gone.opml' does not exist"),
    ],
)
def test_wrong_usage_of_feeds_add_changes_nothing(mine: Path, words: list[str], said: str) -> None:
    added = digest("feeds", "add", *words, cwd=mine)

    assert added.returncode == 2
    assert said in added.stderr
    assert (mine / "digest.toml").read_text() == SETTINGS


def test_feeds_of_a_list_are_added_below_a_comment_with_their_folder(mine: Path) -> None:
    for name, folder in (("a", "Ports &amp; [[feeds]]"), ("b", "")):
        outline = f'<outline text="{name}" xmlUrl="https://{name}.example/f"/>'
        (mine / f"{name}.opml").write_text(
            f'<opml><body><outline text="{folder}">{outline}</outline><outline xmlUrl="https://old.example/feed/"/>'
            '<outline xmlUrl="ftp://x"/></body></opml>'
        )

    added = digest("feeds", "add", "--opml", "a.opml", "--opml", "b.opml", cwd=mine)

    assert added.returncode == 0
    assert added.stderr == "ftp://x: left out, because it is not an http(s) address\n" * 2
    assert [id for id, *_ in feeds_of(mine)] == ["old", "a", "b"]
    assert '\n\n# Ports & [[feeds]]\n[[feeds]]\nid = "a"\n' in (mine / "digest.toml").read_text()
    assert '\n\n[[feeds]]\nid = "b"\n' in (mine / "digest.toml").read_text()


def test_a_retired_feed_that_is_added_is_pulled_again(mine: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS)) as host:
        digest("feeds", "add", host.url("/feed.xml"), cwd=mine)
        before = (mine / "digest.toml").read_text()
        digest("feeds", "remove", "harbour-sea", cwd=mine)
        added = digest("feeds", "add", host.url("/feed.xml"), cwd=mine)

    assert added.stdout == ("harbour-sea: was retired, is pulled again\nNext: digest pull\n")
    assert (mine / "digest.toml").read_text() == before


def test_a_new_feed_never_gets_the_id_of_an_existing_ledger(mine: Path) -> None:
    (mine / "content/ledger").mkdir(parents=True)
    (mine / "content/ledger/harbour-sea.jsonl").write_text("")
    with FeedHost(Answers(feed_xml=RSS)) as host:
        added = digest("feeds", "add", host.url("/feed.xml"), cwd=mine)

    assert feeds_of(mine)[1][0] == "harbour-sea-2"
    assert added.stderr == (
        "harbour-sea-2: an earlier feed had the id 'harbour-sea'; if this is the same feed, write "
        'id = "harbour-sea" before you pull\n'
    )


# ---------------------------------------------------------------- remove, list


def test_a_removed_feed_is_retired_and_the_report_says_what_stays(tmp_path: Path) -> None:
    digest("init", "mine", cwd=tmp_path)
    mine = tmp_path / "mine"
    digest("pull", cwd=mine)
    before = (mine / "digest.toml").read_text()

    removed, again = (digest("feeds", "remove", "harbour-lantern", cwd=mine) for _ in range(2))

    stays = (
        "What stays: 12 stories with the feed's name, and content/ledger/harbour-lantern.jsonl, as they are\n"
        "No feed is left to pull. Next: digest feeds add URL\n"
    )
    assert (removed.returncode, removed.stderr) == (0, "")
    assert removed.stdout == "harbour-lantern: retired, so pull no longer asks for it\n" + stays
    assert (
        again.stdout
        == "harbour-lantern: was retired already, so pull no longer asks for it\n" + stays
    )
    comment = (
        '# ignore = ["advertisement*"]       # entries that one of these finds are passed over\n'
    )
    assert (mine / "digest.toml").read_text() == before.replace(
        comment, f"{comment}retired = true\n"
    )
    assert digest("build", cwd=mine).returncode == 0
    assert digest("pull", cwd=mine).returncode == 1


def test_a_feed_without_stories_can_be_deleted(mine: Path) -> None:
    removed = digest("feeds", "remove", "old", cwd=mine)

    assert (
        "It has brought no story, so you can also delete its table in digest.toml\n"
        in removed.stdout
    )


def test_a_misspelt_feed_gets_a_suggestion(mine: Path) -> None:
    removed = digest("feeds", "remove", "odl", cwd=mine)

    assert removed.returncode == 2
    assert "digest.toml has no feed 'odl'; did you mean 'old'?" in removed.stderr
    assert (mine / "digest.toml").read_text() == SETTINGS


def test_the_list_has_the_url_last_answer_and_number_of_stories(tmp_path: Path) -> None:
    digest("init", "mine", cwd=tmp_path)
    mine = tmp_path / "mine"
    digest("pull", cwd=mine)
    next((mine / "content/2026/w08").glob("*lamp*")).unlink()
    with (mine / "digest.toml").open("a") as settings:
        settings.write(
            '[[feeds]]\nid = "b"\nurl = "https://name:secret@b.example/f"\nretired = true\n'
        )

    listed = digest("feeds", cwd=mine)

    head, lantern, other = listed.stdout.splitlines()
    assert head.split() == ["feed", "last", "answer", "new", "brought", "kept", "address"]
    assert lantern.split() == [
        "harbour-lantern",
        "just",
        "now",
        "12",
        "12",
        "11",
        "feeds/sample.xml",
    ]
    assert other.split()[:5] == ["b", "retired", "·", "·", "·"]
    assert "secret" not in listed.stdout


def test_a_digest_without_feeds_says_how_to_add_one(mine: Path) -> None:
    (mine / "digest.toml").write_text(SIMPLE)

    assert digest("feeds", cwd=mine).stdout == "No feeds yet. Next: digest feeds add URL\n"


# ---------------------------------------------------------------- feeds changed by hand


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A digest with the sample's stories."""
    digest("init", "mine", cwd=tmp_path)
    digest("pull", cwd=tmp_path / "mine")
    return tmp_path / "mine"


def without_feeds(root: Path, more: str = "") -> None:
    before, rest = (root / "digest.toml").read_text().split("[[feeds]]")
    (root / "digest.toml").write_text(f"{before}{more}\n# -----{rest.partition('# -----')[2]}")


def test_stories_of_a_feed_deleted_with_its_ledger_build_and_get_one_hint(
    sample: Path,
) -> None:
    without_feeds(sample)
    (sample / "content/ledger/harbour-lantern.jsonl").unlink()

    built, checked = digest("build", cwd=sample), digest("check", cwd=sample)

    assert (built.returncode, built.stderr) == (0, "")
    assert built.stdout.startswith("12 stories in 3 weeks")
    assert (
        checked.stdout.count(
            "is a story of a feed 'harbour-lantern' that digest.toml does not have; add it there"
        )
        == 1
    )
    assert checked.stdout.endswith("0 errors, 1 hint in 15 files\n")


def test_a_mistyped_feed_is_an_error_and_is_reported_once(sample: Path) -> None:
    without_feeds(sample, '[[feeds]]\nid = "harbour-lanterns"\nurl = "feeds/sample.xml"\n')
    (sample / "content/ledger/harbour-lantern.jsonl").unlink()

    built = digest("build", cwd=sample)

    assert built.returncode == 1
    assert built.stderr.count("\n") == 1
    assert built.stderr.endswith(
        ":6: unknown feed 'harbour-lantern', here and in 11 other stories; did you mean 'harbour-lanterns'? Or was that "
        "feed deleted? Then add it to digest.toml, with retired = true\n"
    )


def test_a_removed_theme_is_one_error_with_its_cure(sample: Path) -> None:
    settings = sample / "digest.toml"
    settings.write_text(settings.read_text().replace('id = "ferries"', 'id = "boats"'))
    (sample / "content/themes").mkdir()
    (sample / "content/themes/ferries.md").write_text("Of ferries.\n")

    second, first = digest("build", cwd=sample).stderr.splitlines()
    assert first.partition(": ")[2] == (
        "introduces an unknown theme 'ferries'; if the theme is gone, delete this file; known are: boats, lighthouses, "
        "tides-and-weather"
    )
    assert second.partition(": ")[2] == (
        "unknown theme 'ferries', here and in 2 other stories; if another theme takes its place, add  "
        'was = ["ferries"]  to that theme in digest.toml, and its stories and addresses lead there; if it is gone, '
        "remove it from its stories: digest themes --apply"
    )
    settings.write_text(
        settings.read_text().replace('id = "boats"', 'id = "boats"\nwas = ["ferries"]')
    )
    assert digest("build", cwd=sample).returncode == 0


# ---------------------------------------------------------------- the text of digest.toml


@pytest.mark.parametrize(
    "text",
    [
        SIMPLE,
        SIMPLE.rstrip(),
        "",
        SETTINGS,
        SETTINGS.replace("\n", "\r\n"),
        "\ufeff" + SETTINGS,
        "feeds = []\n" + SIMPLE,
        'feeds = [{id = "a", url = "https://a.example/f"}]   # all\n' + SIMPLE,
        SIMPLE
        + '[[feeds]]\nid = "a"\nurl = "https://a.example/f"\n[[themes]]\nid = "t"\ntitle = "T"\nmatch = ["t"]\n',
    ],
)
def test_adding_a_feed_leaves_every_other_line_unchanged(text: str) -> None:
    after = config_edit.with_new_feeds(text, [NEW], {"new": "Folder"})

    lines, rest = after.splitlines(keepends=True), iter(after.splitlines())
    if not text.startswith("feeds"):
        assert all(line in rest for line in text.splitlines())
    assert {line.endswith("\r\n") for line in lines} == {"\r\n" in text}
    site = "" if "[site]" in text else SIMPLE
    before, read = (config.loads(one.removeprefix("\ufeff") + site).feeds for one in (text, after))
    assert read == (*before, NEW)


def test_separated_feed_tables_are_not_moved() -> None:
    text = (
        SIMPLE
        + '[[feeds]]\nid = "a"\nurl = "a.xml"\n[[themes]]\nid = "t"\n[[feeds]]\nid = "b"\nurl = "b.xml"\n'
    )
    line = text[: text.rindex("[[feeds]]")].count("\n") + 1

    with pytest.raises(
        DigestError,
        match=rf"toml:{line}: this \[\[feeds\]\] is separated from the others by another table; move it",
    ):
        config_edit.with_new_feeds(text, [NEW], {})


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_feeds_can_be_changed_although_a_theme_is_separated_from_the_others(ends: str) -> None:
    themes = '# themes\n[[themes]]\nid = "t"\ntitle = "T"\nmatch = ["t"]\n'
    late = '[editions]\n\n[[themes]]\nid = "u"\ntitle = "U"\nmatch = ["u"]\n'
    before = SIMPLE + '[[feeds]]\nid = "a"\nurl = "https://a.example/f"   # ours\n'
    text = f"{before}\n{themes}\n{late}".replace("\n", ends)

    retired = config_edit.with_retired(text, "a", retired=True)
    more = config_edit.with_new_feeds(text, [NEW], {})

    assert retired == f"{before}retired = true\n\n{themes}\n{late}".replace("\n", ends)
    assert config_edit.with_retired(retired, "a", retired=False) == text
    assert more.startswith(before.replace("\n", ends))
    assert more.endswith(f"{themes}\n{late}".replace("\n", ends))
    assert [feed.id for feed in config.loads(more).feeds] == ["a", NEW.id]


def test_a_table_header_inside_a_multi_line_string_is_not_a_feed() -> None:
    apart = '[[themes]]\nid = "t"\ntitle = "T"\nmatch = ["t"]\n[editions]\n'
    late = '[[themes]]\nid = "u"\ntitle = "U"\nmatch = ["u"]\n'
    site = SIMPLE + 'description = """\n[[feeds]]\n"""\n'
    text = f'{site}[[feeds]]\nid = "a"\nurl = "https://a.example/f"\n{apart}{late}'

    with pytest.raises(DigestError, match="or make the change by hand"):
        config_edit.with_retired(text, "a", retired=True)


@given(st.text(), st.text(), st.sampled_from([SIMPLE, SETTINGS, "feeds = []\n" + SIMPLE]))
@settings(max_examples=many(40))
def test_any_name_of_a_feed_or_folder_gives_valid_settings(
    name: str, folder: str, text: str
) -> None:
    title = name.encode(errors="ignore").decode() or "x"
    feed = NEW._replace(title=title, publisher=title)
    after = config_edit.with_new_feeds(
        text, [feed], {"new": folder.encode(errors="ignore").decode()}
    )

    assert config.loads(after).feeds[-1].id == "new"
    retired = config_edit.with_retired(after, "new", retired=True)
    assert config.loads(retired).feeds[-1] == config.loads(after).feeds[-1]._replace(retired=True)
    assert config.loads(config_edit.with_retired(retired, "new", retired=False)) == config.loads(
        after
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: config_edit.with_retired(text, "old", retired=True),
        lambda text: config_edit.with_new_feeds(text, [NEW], {}),
    ],
)
def test_a_change_made_by_someone_else_meanwhile_is_never_lost(
    mine: Path, change: Callable[[str], str]
) -> None:
    before = (mine / "digest.toml").read_text()
    (mine / "digest.toml").write_text(SETTINGS + "# another line\n")

    with pytest.raises(DigestError, match="was changed in the meantime"):
        config_edit.write(mine, before, change(before))
    assert (mine / "digest.toml").read_text() == SETTINGS + "# another line\n"
