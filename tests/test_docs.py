"""What the documentation says is so: its examples run, its links lead somewhere, and no command or key is missing.

In README and docs/, a block marked `console` is run, all of a page one after the other, in an empty folder and without
a network. `$ ` begins a command, `> ` its further lines; below it stands what it prints, `…` for anything, on a line of
its own for any lines. It ends well, or says `# exits with 1`. A block marked `bash` is for pasting, so each line is a
command, run in its turn; what would need a network there (the address of the repository, `make`, Python's environments) has
a stand-in. A block marked `text` is only shown: it needs a network, a browser or a person.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
import warm

from digest import config, disk
from digest.cli.main import cli
from digest.content import paths, story_file

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
HOSTING = DOCS / "hosting"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
LINKING = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "templates" / "README.md"]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]\n]+(?:\n[^\]\n]+)?\]\(([^)\s]+)\)")
KINDS = {
    "bash",
    "console",
    "text",
    "toml",
    "markdown",
    "html",
    "css",
    "yaml",
    "json",
    "sh",
    "cron",
    "ini",
}
EXITS = re.compile(r"# exits with (\d)$")
REPOSITORY_ADDRESS = "https://repository.example/digest"
IN_CLONE = ("pyproject.toml", "Makefile", "digest.toml")
STAND_INS = {
    "python3": """[ "$1 $2" = "-m venv" ] || exit 2
mkdir -p "$3/bin"
cp "$STAND_INS/digest-installed" "$3/bin/digest"
cp "$STAND_INS/pip" "$3/bin/pip"
""",
    # Only a folder with the program can be installed by the name `.`.
    "pip": """[ "$1" = install ] && grep -q '^name = "curated-digest"' pyproject.toml""",
    "make": """grep -q "^$1:" Makefile""",
}
"""Shell scripts in place of the programs that install."""


@dataclass(frozen=True)
class Step:
    """One command of an example, with what it prints (nothing where that is not shown) and how it ends."""

    command: str
    printed: str
    status: int


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, kind: str) -> list[str]:
    return [
        body
        for _, marked, body in BLOCK.findall(path.read_text(encoding="utf-8"))
        if marked == kind
    ]


def steps_of(path: Path) -> Iterator[Step]:
    """Yields the commands of a page's `console` and `bash` blocks, in order."""
    for _, kind, body in BLOCK.findall(path.read_text(encoding="utf-8")):
        if kind == "console":
            yield from steps(body)
        elif kind == "bash":
            yield from (Step(line, "", 0) for line in body.splitlines())


def steps(session: str) -> Iterator[Step]:
    for part in re.split(r"(?m)^\$ ", session)[1:]:
        first, *lines = part.rstrip("\n").split("\n")
        further = next(
            (number for number, line in enumerate(lines) if not line.startswith(("> ", ">"))),
            len(lines),
        )
        command = "\n".join([first, *(line[2:] for line in lines[:further])])
        ends = EXITS.search(command)
        yield Step(
            command, "".join(f"{line}\n" for line in lines[further:]), int(ends[1]) if ends else 0
        )


def pattern_of(printed: str) -> str:
    lines = (
        r"(?:.*\n)*" if line == "…\n" else re.escape(line).replace("…", ".*")
        for line in printed.splitlines(True)
    )
    return "".join(lines)


def timeless(printed: str) -> str:
    """What a command prints, however long the steps before it took: ages, and the width of a table that has some."""
    return re.sub(r" {2,}", "  ", re.sub(r"\b\d+ (?:minute|hour|day)s? ago\b", "just now", printed))


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    text = BLOCK.sub("", path.read_text(encoding="utf-8"))
    heads = re.findall(r"(?m)^#{1,6} (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def section(path: Path, heading: str) -> str:
    """The text of a page under a heading, up to the next heading of the same level."""
    depth = heading.split(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^{depth} |\Z)", path.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found, f"{name_of(path)} has no heading '{heading}'"
    return found[1]


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    return {
        name: command
        for name in cli.list_commands(context)
        if (command := cli.get_command(context, name))
    }


def write_script(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def without_digest(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """Returns an environment in which `digest` is yet to be installed, from a clone of its repository."""
    repository, tools = folder / "repository", folder / "stand-ins"
    for made in (repository, tools):
        made.mkdir()
    for name in IN_CLONE:
        shutil.copy(ROOT / name, repository)
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "Digest"]):
        subprocess.run(["git", *words], cwd=repository, env=environment, check=True)
    for name, script in STAND_INS.items():
        write_script(tools / name, script)
    (folder / "tools/digest").rename(tools / "digest-installed")
    return environment | {
        "PATH": f"{tools}{os.pathsep}{environment['PATH']}",
        "STAND_INS": str(tools),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": REPOSITORY_ADDRESS,
    }


@pytest.fixture
def sandbox(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """An empty folder, and an environment with the command `digest` and without a network."""
    tools = tmp_path / "tools"
    tools.mkdir()
    write_script(tools / "digest", warm.command())
    home = tmp_path / "sandbox"
    home.mkdir()
    nowhere = "http://127.0.0.1:9"
    names = ("author", "committer")
    git = {
        f"GIT_{name.upper()}_{key}": value
        for name in names
        for key, value in (("NAME", "E"), ("EMAIL", "e@e.example"))
    }
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT")},
        **git,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "TZ": "UTC",
        "COLUMNS": "100",
    }
    return home, environment


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("git")), reason="needs bash and git")
@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path, "console")], ids=name_of)
def test_the_examples_of_a_page_do_what_they_show(
    path: Path, sandbox: tuple[Path, dict[str, str]]
) -> None:
    folder, environment = sandbox
    place = folder.parent / "place"
    if blocks(path, "bash"):
        environment = without_digest(environment, folder.parent)

    for step in steps_of(path):
        at_end = f'status=$?\nprintf "%s\\n" "$PATH" "$PWD" > {shlex.quote(str(place))}'
        run = subprocess.run(
            ["bash", "-c", f"{step.command}\n{at_end}\nexit $status"],
            cwd=folder, env=environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        environment["PATH"], present = place.read_text().splitlines()
        folder = Path(present)

        assert run.returncode == step.status, f"{step.command}\n{run.stdout}"
        if step.printed:
            assert re.fullmatch(pattern_of(timeless(step.printed)), timeless(run.stdout)), (
                f"{step.command}\n{run.stdout}"
            )


def test_an_example_passes_on_a_slow_machine() -> None:
    shown = "feed             last pull  new\nharbour-lantern  just now    12\n"
    printed = "feed             last pull      new\nharbour-lantern  3 minutes ago   12\n"

    assert re.fullmatch(pattern_of(timeless(shown)), timeless(printed))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_code_block_names_its_language(path: Path) -> None:
    assert {kind for _, kind, _ in BLOCK.findall(path.read_text())} <= KINDS
    assert len(re.findall(r"(?m)^ *```", path.read_text())) == 2 * len(
        BLOCK.findall(path.read_text())
    )


@pytest.mark.parametrize(
    "path",
    [path for path in PAGES if blocks(path, "toml") and path.parent != HOSTING],
    ids=name_of,
)
def test_configuration_examples_are_valid(path: Path) -> None:
    for block in blocks(path, "toml"):
        site = "" if "[site]" in block else '[site]\ntitle = "T"\nurl = "https://example.org/"\n'

        config.loads(site + block)


@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path, "markdown")], ids=name_of)
def test_story_examples_are_valid(path: Path) -> None:
    for block in blocks(path, "markdown"):
        if block.startswith("---\n") and "\nlink:" in block:
            story_file.loads(block, "content/2026/w20/2026-05-15-slug.md")


@pytest.mark.parametrize("path", LINKING, ids=name_of)
def test_every_link_of_the_docs_works(path: Path) -> None:
    shown = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", path.read_text(encoding="utf-8")))
    lost = []
    for address in [*LINK.findall(shown), *re.findall(r'\b(?:src|srcset)="([^"]+)"', shown)]:
        parts = urlsplit(address)
        if parts.scheme:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        is_lost = not target.exists() or not target.is_relative_to(ROOT)
        if is_lost or (parts.fragment and parts.fragment not in anchors(target)):
            lost.append(address)

    assert lost == []


@pytest.mark.parametrize("path", LINKING, ids=name_of)
def test_no_word_of_the_docs_is_doubled(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "`", BLOCK.sub("", path.read_text(encoding="utf-8")))

    assert re.findall(r"(?i)(?<![\w-])([^\W\d_]+)[ \n]\1(?![\w-])", text) == []


def test_every_page_is_reached_from_the_readme() -> None:
    linked = {
        (ROOT / urlsplit(address).path).resolve()
        for address in LINK.findall((ROOT / "README.md").read_text())
    }

    assert [name_of(path) for path in PAGES[1:] if path not in linked] == []


def attributes() -> dict[str, set[str]]:
    """The names that each module, its classes, and each package of the program define, by the name of either."""
    found = defaultdict[str, set[str]](set)
    for path in (ROOT / "digest").rglob("*.py"):
        found[path.parent.name].add(path.stem)
        for owner in ast.walk(ast.parse(path.read_text())):
            if isinstance(owner, ast.Module | ast.ClassDef):
                names = found[owner.name if isinstance(owner, ast.ClassDef) else path.stem]
                for node in owner.body:
                    if isinstance(node, ast.FunctionDef | ast.ClassDef):
                        names.add(node.name)
                    elif isinstance(node, ast.AnnAssign | ast.Assign):
                        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                        names.update(map(ast.unparse, targets))
                found[path.stem] |= names
    return found


def test_every_name_in_the_architecture_exists() -> None:
    """A path leads to a file or folder of the repository, or stands in the code, for one of a digest or of its site. A
    dotted name is one of the module, class or package before the dot. A single word stands in the code."""
    files = [
        path.relative_to(ROOT).as_posix()
        for top in ("digest", "tests", "templates", "docs", ".github")
        for path in (ROOT / top).rglob("*")
    ]
    own_paths = {path for file in files for path in (f"/{file}", f"/{file.removesuffix('.py')}")}
    code = {
        file: Path(ROOT, file).read_text(errors="replace")
        for file in files
        if file.endswith((".py", ".html", ".js"))
    }
    program = "\n".join(text for file, text in code.items() if file.startswith("digest/"))
    words = {*re.findall(r"\w+", "\n".join(code.values())), *(Path(file).stem for file in files)}
    defined = attributes()

    def exists(name: str) -> bool:
        path = f"/{name.strip('/')}"
        literals = (f'"{path[1:]}"', f'"{path[1:]}/', f'}}{path}"')
        if any(known.endswith(path) for known in own_paths) or any(
            map(program.__contains__, literals)
        ):
            return True
        if "/" in name:
            folder, _, rest = name.rpartition("/")
            return folder in {disk.WORK_FOLDER, paths.LEDGERS} and f'}}/{rest}"' in program
        if "." in name:
            owner, _, attribute = name.rpartition(".")
            return attribute in defined.get(owner, ())
        return name in words

    named = re.findall(r"`([\w./]+)(?:\([^`]*\))?`", (DOCS / "architecture.md").read_text())

    assert [name for name in named if not exists(name)] == []
    assert not any(
        map(exists, ("content/journal.py", "content/led", "UnknownError.services", "store.nothing"))
    )


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented_with_all_its_options(name: str) -> None:
    said = section(DOCS / "commands.md", f"## digest {name}")
    command = commands()[name]
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    params = [param for one in (command, *parts) for param in one.params]
    options = {flag for param in params for flag in param.opts if flag.startswith("--")}
    arguments = [
        param.make_metavar(click.Context(cli))
        for param in params
        if isinstance(param, click.Argument)
    ]

    assert options == set(re.findall(r"(?<=`)--[a-z-]+", re.sub(r"`digest .*?`", "", said)))
    assert [word for word in arguments if word.strip("[].") not in said] == []
    assert f"| `digest {name}" in (ROOT / "README.md").read_text()


def test_global_options_are_documented() -> None:
    said = section(DOCS / "commands.md", "## Before every command")

    assert [
        flag
        for param in cli.params
        for flag in param.opts
        if flag.startswith("--") and f"`{flag}" not in said
    ] == []


@pytest.mark.parametrize("table", config._TABLES)
def test_every_key_of_the_configuration_is_documented(table: str) -> None:
    heading = f"## `[[{table}]]`" if table in config._LISTS else f"## `[{table}]`"
    rows = re.findall(r"(?m)^\| `(\w+)` \|", section(DOCS / "digest-toml.md", heading))

    assert set(rows) == set(config._TABLES[table])


def test_every_key_of_a_story_is_documented() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \|", section(DOCS / "front-matter.md", "## Every key"))

    assert sorted(rows) == sorted(story_file.KEYS)


def test_every_explained_warning_exists() -> None:
    said = section(DOCS / "operating.md", "## What each alarm means")
    rows = re.findall(r"(?m)^\| ([^|]+) \|", said)
    explained = [words for row in rows for words in re.findall(r"`([^`]+)`", row)]
    sources = [
        *(ROOT / "digest").rglob("*.py"),
        *(ROOT / ".github").rglob("*.yml"),
    ]
    given = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    assert len(explained) > 10
    assert [words for words in explained if words not in given] == []
