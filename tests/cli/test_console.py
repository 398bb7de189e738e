"""The terminal: help with examples, shell completion, and colours and progress bars only on a terminal."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from feedhost import FeedHost
from previews import Preview
from test_cli import digest
from test_init import RSS

from digest.cli.main import cli
from digest.cli.shared.colours import in_colour, wants_colour

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

_CONTEXT = click.Context(cli)
COMMANDS = {
    name: command
    for name in cli.list_commands(_CONTEXT)
    if (command := cli.get_command(_CONTEXT, name))
}
COMMANDS |= {
    f"{name} {part}": command
    for name, group in COMMANDS.items()
    if isinstance(group, click.Group)
    for part, command in group.commands.items()
}
FAULT = "content/2026/w20/2026-05-15-a.md"
DECIDING = ("NO_COLOR", "FORCE_COLOR", "CI", "TTY_COMPATIBLE")


@pytest.fixture(autouse=True)
def _undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no setting of this machine decide on colours and bars."""
    for name in DECIDING:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def new(pulled_sample: Path, tmp_path: Path) -> Path:
    """A digest with the sample's stories."""
    return shutil.copytree(pulled_sample, tmp_path / "mine", symlinks=True)


def on_a_terminal(*words: str, cwd: Path, **variables: str) -> str:
    """Returns everything that a command shows on a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **variables}
    with subprocess.Popen(
        [sys.executable, "-m", "digest", *words],
        cwd=cwd,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # as Linux tells of the other end's close
                break
            if not part:
                break
            seen += part
    os.close(ours)
    return seen.decode()


def completed(*words: str, cwd: Path) -> list[str]:
    """Returns what bash offers to complete the last of these words."""
    run = digest(
        cwd=cwd,
        _DIGEST_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(("digest", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert run.stderr == ""
    return [line.partition(",")[2] for line in run.stdout.splitlines() if line]


# ---------------------------------------------------------------- the first minute


def test_two_lines_lead_from_an_empty_folder_to_a_served_site_without_a_network(
    tmp_path: Path,
) -> None:
    line = digest("init", "mine", cwd=tmp_path).stdout.partition("Next: ")[2].strip()
    steps = [step.split() for step in line.split(" && ")]

    assert steps == [
        ["cd", "mine"],
        ["digest", "pull"],
        ["digest", "serve"],
    ]  # the second line, as it can be pasted
    assert digest(*steps[1][1:], cwd=tmp_path / steps[0][1]).returncode == 0
    preview = Preview(tmp_path / "mine")
    try:
        assert "lamp-on-gannet-rock" in preview.get().text
    finally:
        preview.end()


# ---------------------------------------------------------------- help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_in_its_help(name: str, tmp_path: Path) -> None:
    text = digest(*name.split(), "--help", cwd=tmp_path, COLUMNS="80").stdout

    assert re.search(rf"Examples?:\n  +digest (--verbose )?{name}\b", text)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_use_existing_options(name: str) -> None:
    command = COMMANDS[name]
    known = {option for each in (cli, command) for one in each.params for option in one.opts}

    used = set(re.findall(r"(?<= )--[a-z-]+", (command.help or "").partition("Example")[2]))

    assert used - known == set()


def test_every_option_has_a_help_text() -> None:
    silent = [
        f"{name} {option.opts[0]}"
        for name, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]

    assert silent == []


def test_commands_are_listed_in_the_order_of_use_and_no_sentence_is_cut(
    tmp_path: Path,
) -> None:
    listed = digest("--help", cwd=tmp_path, COLUMNS="80").stdout.partition("Commands:\n")[2]

    assert listed.split()[0] == "init"
    assert listed.index("  pull ") < listed.index("  build ") < listed.index("  publish ")
    assert "..." not in listed


# ---------------------------------------------------------------- completion


def test_completion_offers_feeds_weeks_and_stories(new: Path) -> None:
    assert completed("pull", "har", cwd=new) == ["harbour-lantern"]
    assert completed("letter", "2026-w0", cwd=new) == ["2026-W08", "2026-W07", "2026-W06"]
    assert completed("themes", "--explain", "content/2026/w0", cwd=new) == [
        "content/2026/w06/", "content/2026/w07/", "content/2026/w08/"
    ]  # fmt: skip
    (new / "content/2026/w06/2026-02-07-mine.markdown").write_text("")
    (first, *rest) = completed("themes", "--explain", "content/2026/w06/", cwd=new)
    assert (new / first).is_file()
    assert len(rest) == len(list((new / "content/2026/w06").iterdir())) - 1


def test_completion_offers_every_key_of_set(new: Path) -> None:
    assert completed("set", "s", cwd=new) == ["source=", "saved="]
    assert completed("set", "a", cwd=new) == ["also=", "ahead="]
    assert completed("set", "h", cwd=new) == ["hide", "headline="]


def test_completion_works_from_a_folder_inside_and_with_root_from_outside(new: Path) -> None:
    assert completed("pull", "", cwd=new / "content") == ["harbour-lantern"]
    assert completed("--root", "mine", "pull", "", cwd=new.parent) == ["harbour-lantern"]


@pytest.mark.parametrize("text", [None, "not [ toml", 'feeds = "x"', "feeds = [1]", "[[feeds]]\n"])
def test_completion_prints_nothing_when_there_is_nothing_to_offer(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "digest.toml").write_text(text)

    for words in (("pull", ""), ("letter", ""), ("themes", "--explain", "x")):
        assert completed(*words, cwd=tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(tmp_path: Path, shell: str) -> None:
    run = digest(cwd=tmp_path, _DIGEST_COMPLETE=f"{shell}_source")

    assert run.returncode == 0
    assert f"_DIGEST_COMPLETE={shell}_complete" in run.stdout


# ---------------------------------------------------------------- colours


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, None),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, None),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_environment_variables_can_turn_colours_on_and_off(
    environment: dict[str, str], wanted: bool | None
) -> None:
    assert wants_colour(environment) is wanted


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("content/a.md:3: it is wrong; mend it", "\x1b[31m\x1b[1mcontent/a.md:3\x1b[0m: it"),
        ("content/a.Markdown: it is wrong", "\x1b[31m\x1b[1mcontent/a.Markdown\x1b[0m: it"),
        ("digest.toml: hint: it may be wrong", "\x1b[33m\x1b[1mdigest.toml\x1b[0m: hint"),
        ("https://a.example/x: gone", "https://a.example/x: gone"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_an_error_has_a_coloured_location_and_its_full_text(line: str, start: str) -> None:
    assert in_colour(line).startswith(start)
    assert click.unstyle(in_colour(line)) == line


def test_colours_go_to_a_terminal_unless_disabled_and_to_a_pipe_only_if_forced(
    new: Path,
) -> None:
    (new / FAULT).parent.mkdir(parents=True)
    (new / FAULT).write_text("no front matter")

    assert "\x1b" not in digest("check", cwd=new).stdout
    assert "\x1b[31m" in digest("check", cwd=new, FORCE_COLOR="1").stdout
    assert "\x1b[31m" in digest("build", cwd=new, FORCE_COLOR="1").stderr
    assert "\x1b[31m" in on_a_terminal("check", cwd=new)
    assert "\x1b" not in on_a_terminal("check", cwd=new, NO_COLOR="1")


# ---------------------------------------------------------------- bars


def _many_feeds(root: Path, host: FeedHost, count: int) -> None:
    feeds = "".join(
        f'[[feeds]]\nid = "f{number}"\nurl = "{host.url("/feed.xml")}"\n' for number in range(count)
    )
    (root / "digest.toml").write_text(f'[site]\ntitle = "T"\nurl = "https://example.org/"\n{feeds}')


@pytest.mark.parametrize(
    ("count", "words", "variables", "bar"),
    [
        (6, ("pull",), {}, True),
        (2, ("pull",), {}, False),
        (6, ("--quiet", "pull"), {}, False),
        (6, ("pull",), {"CI": "true"}, False),
        (6, ("pull",), {"TERM": "dumb"}, False),
    ],
)
def test_a_terminal_shows_a_progress_bar_for_long_work(
    tmp_path: Path, count: int, words: tuple[str, ...], variables: dict[str, str], bar: bool
) -> None:
    with FeedHost({"/feed.xml": lambda exchange: exchange.reply(body=RSS.encode())}) as host:
        _many_feeds(tmp_path, host, count)
        seen = on_a_terminal(*words, cwd=tmp_path, **variables)

    assert ("Feeds" in seen and f"{count}/{count}" in seen) is bar
    assert ("feeds read" in seen) is ("--quiet" not in words)


def test_a_pipe_gets_the_report_without_a_progress_bar(tmp_path: Path) -> None:
    with FeedHost({"/feed.xml": lambda exchange: exchange.reply(body=RSS.encode())}) as host:
        _many_feeds(tmp_path, host, 6)
        run = subprocess.run(
            [sys.executable, "-m", "digest", "pull"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )

    assert run.stdout.endswith("; 6 of 6 feeds read\n")
    assert "\x1b" not in run.stdout
    assert "\r" not in run.stdout
    assert run.stderr == ""


def test_a_progress_bar_is_shown_while_links_are_checked(tmp_path: Path) -> None:
    (tmp_path / "content/pages").mkdir(parents=True)
    (tmp_path / "digest.toml").write_text('[site]\ntitle = "T"\nurl = "https://example.org/"\n')
    paths = [f"/{number}" for number in range(6)]
    with FeedHost(dict.fromkeys(paths, lambda exchange: exchange.reply(body=b"x"))) as host:
        links = "\n".join(f"[a]({host.url(path)})" for path in paths)
        (tmp_path / "content/pages/about.md").write_text(f"---\ntitle: A\n---\n\n{links}\n")
        seen = on_a_terminal("check", "--links", cwd=tmp_path)

    assert "Linked pages" in seen
    assert "6/6" in seen
    assert "0 errors" in seen


def test_the_progress_bar_of_a_large_build_is_erased_at_the_end(tmp_path: Path) -> None:
    pages = tmp_path / "content/pages"
    pages.mkdir(parents=True)
    (tmp_path / "digest.toml").write_text('[site]\ntitle = "T"\nurl = "https://example.org/"\n')
    for number in range(210):
        (pages / f"p{number}.md").write_text(f"---\ntitle: Page {number}\n---\nWords.\n")

    seen = on_a_terminal("build", cwd=tmp_path)

    assert "Pages" in seen
    assert seen.rstrip().endswith(f"The site is in {tmp_path / 'site'}")
