"""The command line, called as a person calls it: words on the two streams, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import warm
from feedhost import FeedHost

from digest.installed import in_words

SMALLEST = '[site]\ntitle = "x"\nurl = "https://example.org/"\n'
STORY = "content/2026/w20/2026-05-15-a.md"


def digest(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    return warm.run(list(words), cwd, {**os.environ, **variables})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assert digest("init", "mine", cwd=folder).returncode == 0
    return folder / "mine"


@pytest.fixture
def new(made: Path, tmp_path: Path) -> Path:
    """A digest as `init` makes it."""
    return shutil.copytree(made, tmp_path / "mine", symlinks=True)


@pytest.mark.usefixtures("with_extras")
def test_three_commands_lead_from_an_empty_folder_to_a_site(tmp_path: Path) -> None:
    made = digest("init", "my-tea", cwd=tmp_path)
    pulled = digest("pull", cwd=tmp_path / "my-tea")
    built = digest("build", cwd=tmp_path / "my-tea")

    assert (made.returncode, pulled.returncode, built.returncode) == (0, 0, 0)
    assert (made.stderr, pulled.stderr, built.stderr) == ("", "", "")
    assert (
        made.stdout == "A new digest is in my-tea. Next: cd my-tea && digest pull && digest serve\n"
    )
    assert "12 new stories added; 1 of 1 feeds read" in pulled.stdout
    assert "12 stories in 3 weeks: " in built.stdout
    assert (tmp_path / "my-tea" / "site" / "index.html").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep a folder that is in use")
def test_a_deleted_working_directory_is_reported(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    words = ["sh", "-c", 'rmdir "$PWD" && exec "$0" -P -m digest check', sys.executable]
    run = subprocess.run(words, cwd=tmp_path / "here", capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (1, "current folder: No such file or directory\n")


def test_one_story_is_counted_in_the_singular(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text('[site]\ntitle = "T"\nurl = "https://example.org/"\n')
    story = tmp_path / "content" / "2026" / "w20" / "2026-05-15-a.md"
    story.parent.mkdir(parents=True)
    story.write_text("---\ntitle: A\nlink: https://news.example/a\n---\n")

    assert "1 story in 1 week: " in digest("build", cwd=tmp_path).stdout


def test_init_writes_the_files_that_git_needs(new: Path) -> None:
    assert (
        "content/ledger/*.jsonl merge=union text eol=lf\n" in (new / ".gitattributes").read_text()
    )
    assert {".digest/", "site/*"} <= set((new / ".gitignore").read_text().split())
    assert "@" not in (new / "digest.toml").read_text().replace("@example", "")


def test_init_keeps_existing_files(tmp_path: Path) -> None:
    for name in ("README.md", "DIGEST.md"):
        (tmp_path / name).write_text("mine")

    made = digest("init", cwd=tmp_path)

    assert made.returncode == 0
    assert "DIGEST.md: already exists, left unchanged" in made.stdout
    assert [(tmp_path / name).read_text() for name in ("README.md", "DIGEST.md")] == ["mine"] * 2


def test_init_adds_the_missing_lines_to_git_files(tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text("*.md text\n")
    (tmp_path / ".gitignore").write_text(".digest/\n")

    made = digest("init", cwd=tmp_path)

    assert made.stdout.endswith("A new digest is here. Next: digest pull && digest serve\n")
    assert (tmp_path / ".gitattributes").read_text() == (
        "*.md text\ncontent/ledger/*.jsonl merge=union text eol=lf\n"
    )
    assert (tmp_path / ".gitignore").read_text() == ".digest/\nsite/*\n!site/.gitkeep\n*.eml\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*.log", "*.log\n.digest/\nsite/*\n!site/.gitkeep\n*.eml\n"),
        ("/.digest\nsite/\n", "/.digest\nsite/\n*.eml\n"),
        ("site/*\r\n", "site/*\r\n.digest/\n*.eml\n"),
        ("# .digest/\n", "# .digest/\n.digest/\nsite/*\n!site/.gitkeep\n*.eml\n"),
    ],
)
def test_init_adds_only_missing_lines_to_gitignore(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_bytes(before.encode())

    assert digest("init", cwd=tmp_path).returncode == 0

    assert (tmp_path / ".gitignore").read_bytes() == after.encode()


def test_init_refuses_a_folder_that_is_a_digest(new: Path) -> None:
    again = digest("init", cwd=new)

    assert again.returncode == 1
    assert again.stderr.endswith(
        "digest.toml: this folder already has a digest; choose another folder, or add a feed to it: "
        "digest feeds add URL\n"
    )


def test_two_new_digests_have_different_ids(tmp_path: Path) -> None:
    ids = set()
    for name in ("a", "b"):
        digest("init", name, cwd=tmp_path)
        ids |= {
            line
            for line in (tmp_path / name / "digest.toml").read_text().splitlines()
            if line.startswith("id = ")
        }

    assert len([line for line in ids if "urn:uuid:" in line]) == 2


@pytest.mark.parametrize("command", ["pull", "build"])
def test_a_command_outside_a_digest_says_so(tmp_path: Path, command: str) -> None:
    run = digest(command, cwd=tmp_path)

    assert (run.returncode, run.stdout) == (1, "")
    assert (
        run.stderr
        == f"{tmp_path}: no digest.toml here or in a folder above; 'digest init' makes a new digest\n"
    )


def test_a_command_works_from_any_folder_inside_and_with_root_from_outside(new: Path) -> None:
    inside = digest("pull", cwd=new / "content")
    outside = digest("--root", "mine", "build", cwd=new.parent)

    assert (inside.returncode, outside.returncode) == (0, 0)
    assert (new / "site" / "index.html").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["push"], "No such command 'push'"),
        (["pull", "--hurry"], "No such option"),
        (["-q"], "No such option '-q'; did you mean '--quiet'?"),
        (["pull", "-d"], "No such option '-d'; did you mean '--dry-run'?"),
        (["feeds", "add", "-o", "x.opml"], "No such option '-o'; did you mean '--opml'?"),
        (["pull", "-x"], "No such option '-x'."),
        (["-h"], "No such option '-h'; did you mean '--help'?"),
        (["serve", "-h"], "No such option '-h'; did you mean '--help' or '--host'?"),
        (
            ["pull", "harbour-lantren"],
            "digest.toml has no feed 'harbour-lantren'; did you mean 'harbour-lantern'?",
        ),
        (["--quiet", "--verbose", "pull"], ": --quiet and --verbose exclude each other;"),
        (["check", "a.md"], "'check' has no use for 'a.md'; leave it out."),
        (["letter", "w20", "w21"], "'letter' has no use for 'w21'; leave it out."),
        (["feeds", "remove", "a", "b"], "'remove' has no use for 'b'; leave it out."),
        (["serve", "--port", "abc"], "'abc' is not a port; write a number from 0 to 65535"),
        (["serve", "--port", "65536"], "'65536' is not a port; write a number from 0 to 65535"),
        (["serve", "--port", ""], "'' is not a port; write a number from 0 to 65535"),
        (["--root", "nowhere", "pull"], "does not exist"),
        (
            ["build", "--base-url", "ftp://x"],
            "'ftp://x' is not an http(s) address that a site can have",
        ),
        (["build", "--base-url", ""], "'' is not an http(s) address that a site can have"),
    ],
)
def test_wrong_usage_exits_with_two(new: Path, words: list[str], said: str) -> None:
    run = digest(*words, cwd=new)

    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_every_content_error_is_listed_on_one_line_and_the_old_site_stays(new: Path) -> None:
    digest("pull", cwd=new)
    digest("build", cwd=new)
    before = (new / "site" / "index.html").read_bytes()
    for name, text in (("a", "no front matter"), ("b", "---\ntitle: b\n---\n")):
        (new / "content" / "2026" / "w20").mkdir(exist_ok=True)
        (new / "content" / "2026" / "w20" / f"2026-05-15-{name}.md").write_text(text)

    run = digest("build", cwd=new)

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines() == [
        "content/2026/w20/2026-05-15-a.md:1: there is no front matter; "
        "begin the file with a line ---, then title: and link:, then ---",
        "content/2026/w20/2026-05-15-b.md:1: there is no 'link'; add link: … to the front matter",
    ]
    assert (new / "site" / "index.html").read_bytes() == before


def test_a_config_error_stops_every_command_and_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SMALLEST + 'titel = "y"\n')

    run = digest("pull", cwd=tmp_path)

    assert run.returncode == 1
    assert run.stderr == "digest.toml:4: unknown key 'titel' in [site]; did you mean 'title'?\n"


def test_a_pull_without_feeds_says_what_to_add(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SMALLEST)

    run = digest("pull", cwd=tmp_path)

    assert run.returncode == 1
    assert run.stderr == "digest.toml: has no feed to pull; add one: digest feeds add URL\n"


def test_an_empty_archive_builds(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SMALLEST)

    run = digest("build", cwd=tmp_path)

    assert run.returncode == 0
    assert (tmp_path / "site" / "index.html").is_file()


def test_pull_fails_when_no_feed_was_read_and_strictly_when_any_failed(new: Path) -> None:
    settings = (new / "digest.toml").read_text()
    dead = '\n[[feeds]]\nid = "dead"\nurl = "feeds/gone.xml"\n'
    (new / "digest.toml").write_text(settings + dead)

    some, strict, none = (
        digest("pull", cwd=new),
        digest("pull", "--strict", cwd=new),
        digest("pull", "dead", cwd=new),
    )

    assert (some.returncode, strict.returncode, none.returncode) == (0, 1, 1)
    assert "dead" in some.stderr
    assert "failed" in some.stderr


def test_only_json_is_printed_with_the_json_option(new: Path) -> None:
    pulled = json.loads(digest("pull", "--json", cwd=new).stdout)
    built = json.loads(digest("build", "--json", cwd=new).stdout)

    assert [(row["feed"], row["state"], len(row["new"])) for row in pulled["rows"]] == [
        ("harbour-lantern", "read", 12)
    ]
    assert built["stories"] == 12


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("biuld",), "build"),
        (("stauts",), "status"),
        (("st",), "status"),
        (("feeds", "ad"), "add"),
        (("Pull",), "pull"),
    ],
)
def test_a_misspelt_command_gets_a_suggestion(
    tmp_path: Path, words: tuple[str, ...], meant: str
) -> None:
    run = digest(*words, cwd=tmp_path)

    assert run.returncode == 2
    assert f"No such command '{words[-1]}'; did you mean '{meant}'?" in run.stderr


@pytest.mark.parametrize(
    "words",
    [("--quiet", "build"), ("build", "--quiet"), ("--quiet", "feeds"), ("feeds", "--quiet")],
)
def test_quiet_may_come_before_or_after_the_command(new: Path, words: tuple[str, ...]) -> None:
    run = digest(*words, cwd=new)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_verbose_may_come_before_or_after_the_command(new: Path) -> None:
    digest("pull", cwd=new)
    before, behind = (
        digest(*words, cwd=new).stdout
        for words in (("--verbose", "status"), ("status", "--verbose"))
    )

    assert before == behind != digest("status", cwd=new).stdout


@pytest.mark.parametrize(
    "words", [("--quiet", "build", "--verbose"), ("build", "--quiet", "--verbose")]
)
def test_quiet_and_verbose_exclude_each_other_wherever_they_are(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    run = digest(*words, cwd=tmp_path)

    assert run.returncode == 2
    assert "--quiet and --verbose exclude each other; use one at a time." in run.stderr


def test_quiet_prints_nothing_and_verbose_names_the_files(new: Path) -> None:
    verbose = digest("--verbose", "pull", cwd=new)
    quiet = digest("--quiet", "build", cwd=new)

    assert verbose.stdout.count("  content/2026/") == 12
    assert (quiet.stdout, quiet.stderr, quiet.returncode) == ("", "", 0)


@pytest.mark.parametrize("words", [[], ["init"], ["pull"], ["build"]])
def test_every_command_has_a_help_sentence(tmp_path: Path, words: list[str]) -> None:
    run = digest(*words, "--help", cwd=tmp_path)

    assert run.returncode == 0
    assert "Usage:" in run.stdout
    assert all(len(line) <= 80 for line in run.stdout.splitlines())


def test_light_commands_import_no_heavy_libraries(tmp_path: Path) -> None:
    heavy = {
        "feedparser",
        "httpx",
        "jinja2",
        "markdown",
        "slugify",
        "watchdog",
        "yaml",
        "nh3",
        "digest.model",
    }
    code = (
        "import sys\nfrom digest.cli.main import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )

    for option in ("--version", "--help"):
        run = subprocess.run(
            [sys.executable, "-c", code, option],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({}, "a package index"),
        ({"url": "file:///a/digest.whl", "archive_info": {}}, "/a/digest.whl"),
        ({"url": "file:///a/digest", "dir_info": {}}, "/a/digest"),
        ({"url": "file:///my%20work/digest", "dir_info": {}}, "/my work/digest"),
        (
            {"url": "file:///a/digest", "dir_info": {"editable": True}},
            "/a/digest, which it runs from",
        ),
        (
            {"url": "https://git.example/d", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
            "https://git.example/d at commit 0a1b",
        ),
        ({"url": ""}, ""),
    ],
)
def test_the_version_says_where_it_is_from(source: object, words: str) -> None:
    assert in_words(source) == words


def test_output_in_another_encoding_causes_no_traceback(new: Path) -> None:
    # Python 3.11 cannot start in that locale from an environment in a folder with such a name
    locale = "C" if sys.prefix.isascii() else "C.UTF-8"
    run = digest("pull", "--json", cwd=new, PYTHONIOENCODING="ascii", LC_ALL=locale)

    assert run.returncode == 0
    assert "Traceback" not in run.stderr


def test_an_output_folder_is_relative_to_the_current_directory(new: Path) -> None:
    digest("pull", cwd=new)

    run = digest(
        "--root",
        str(new),
        "build",
        "--output",
        "public",
        "--base-url",
        "http://127.0.0.1:8000/x",
        cwd=new.parent,
    )

    assert run.returncode == 0
    assert 'href="/x/archive/"' in (new.parent / "public" / "index.html").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("build", "--output", "a", "--output", "b"),
        ("build", "--output=a", "--output", "a"),
        ("build", "--base-url", "https://a.example/", "--base-url", "https://b.example/"),
        ("serve", "--port", "8001", "--port", "8002"),
        ("serve", "--host", "localhost", "--host", "127.0.0.1"),
        ("check", "--since", "a", "--since", "b"),
        ("check", "--format", "json", "--format", "text"),
        ("themes", "--explain", "a.md", "--explain", "b.md"),
        ("--root", ".", "--root", ".", "status"),
    ],
)
def test_an_option_that_takes_one_value_may_not_be_given_twice(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    run = digest(*words, cwd=tmp_path)

    flag = next(word for word in words if word.startswith("--")).partition("=")[0]
    assert run.returncode == 2
    assert f"{flag} is given 2 times; give it once." in run.stderr
    assert "Usage: digest" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_switch_may_be_given_twice_and_a_list_of_values_counts_as_one_value(
    tmp_path: Path,
) -> None:
    assert digest("init", "mine", cwd=tmp_path).returncode == 0
    assert digest("check", "--links", "--links", "--help", cwd=tmp_path).returncode == 0
    assert digest("themes", "--try", "a", "--try", "b", cwd=tmp_path / "mine").returncode == 0


def test_a_renamed_feed_is_reported_once(tmp_path: Path) -> None:
    digest("init", "mine", cwd=tmp_path)
    root = tmp_path / "mine"
    digest("pull", cwd=root)
    settings = root / "digest.toml"
    settings.write_text(settings.read_text().replace('"harbour-lantern"', '"lantern"'))

    run, again = digest("pull", cwd=root), digest("pull", cwd=root)

    said = (
        "lantern: all its stories are those of 'harbour-lantern', which is no longer in digest.toml"
    )
    assert (run.returncode, again.stderr) == (0, "")
    assert run.stderr == f"{said}; if you renamed the feed, they now name both ids\n"


def test_a_named_feed_is_fetched_even_before_its_retry_after_time(tmp_path: Path) -> None:
    with FeedHost({"/feed.xml": lambda exchange: exchange.reply(503, Retry_After="3600")}) as host:
        settings = '[site]\ntitle = "T"\nurl = "https://example.org/"\n[[feeds]]\nid = "a"\n'
        (tmp_path / "digest.toml").write_text(f'{settings}url = "{host.url("/feed.xml")}"\n')
        digest("pull", cwd=tmp_path)
        waiting, named = digest("pull", cwd=tmp_path), digest("pull", "a", cwd=tmp_path)

    assert "a  waiting: its server asked not to be contacted again before " in waiting.stdout
    assert "; 'digest pull a' asks now\n" in waiting.stdout
    assert "a  failed: " in named.stderr
