"""The recipes of docs/hosting are run as they are written: with folders of this machine for hosts, and a bare
repository for their git servers. There is no Docker here: the Dockerfile's commands are run in an environment of
Python's. What a host's schema or linter can check, it checks, if it is installed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import warm
import yaml
from rehearsal import Hub, git, index_answers
from test_docs import BLOCK, HOSTING, ROOT
from test_rehearsal import LONG, WORKFLOWS

GITLAB, FORGEJO, BUILDERS, SERVER = (
    HOSTING / f"{name}.md"
    for name in ("gitlab-pages", "forgejo-pages", "cloudflare-and-netlify", "server")
)
DOCKERFILE = HOSTING / "Dockerfile"
ADDRESS = "https://news.press/chips/"
STORIES = 12
MEGABYTE = 1_000_000
BASE_IMAGE = 48 * MEGABYTE
"""What python:3.13-alpine takes, generously."""


def block(page: Path, kind: str, number: int = 0) -> str:
    """Returns the content of a page's code block of this kind."""
    found = [body for _, marked, body in BLOCK.findall(page.read_text()) if marked == kind]
    return textwrap.dedent(found[number])


@dataclass(frozen=True)
class World:
    """A digest in a bare repository, and an environment that has `digest`, and no other installation."""

    folder: Path
    environment: dict[str, str]

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    def clone(self, name: str) -> Path:
        git(self.folder, "clone", "-q", str(self.origin), name)
        return self.folder / name

    def run(self, script: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-c", script], cwd=cwd, env=self.environment | variables,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip

    def subjects(self, branch: str = "main") -> list[str]:
        return git(self.origin, "log", "--format=%s", branch).splitlines()

    def break_feed(self) -> None:
        desk = self.clone("desk-to-break")
        (desk / "feeds/sample.xml").write_text("not a feed")
        git(desk, "-c", "user.name=E", "-c", "user.email=e@e", "commit", "-qam", "Break the feed")
        git(desk, "push", "-q")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository with a new digest."""
    folder = tmp_path_factory.mktemp("made")
    desk = folder / "desk"
    warm.run(["init", str(desk)], folder, dict(os.environ)).check_returncode()
    settings = desk / "digest.toml"
    settings.write_text(re.sub('(?m)^url = "https.*"', f'url = "{ADDRESS}"', settings.read_text()))
    git(desk, "init", "-q", "--initial-branch=main")
    git(desk, "add", ".")
    git(desk, "-c", "user.name=E", "-c", "user.email=e@e", "commit", "-qm", "Begin")
    git(folder, "clone", "-q", "--bare", str(desk), "origin.git")
    git(folder / "origin.git", "config", "receive.advertisePushOptions", "true")
    return folder / "origin.git"


@pytest.fixture
def world(made: Path, tmp_path: Path) -> World:
    shutil.copytree(made, tmp_path / "origin.git")
    tools = tmp_path / "tools"
    tools.mkdir()
    python = shlex.quote(sys.executable)
    installed = 'case "$*" in *"-m pip install"*) exec test -f requirements.txt;; esac'
    scripts = {
        "digest": warm.command(),
        "python": f'{installed}\nexec {python} "$@"',
    }
    for name, script in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    settings = tmp_path / "gitconfig"
    there = "".join(
        f"\tinsteadOf = https://{login}@forge.press/ada/chips.git\n"
        for login in ("gitlab-ci-token:s3cret", "token:")
    )
    settings.write_text(
        f'[url "file://{tmp_path}/origin.git"]\n{there}[user]\n\tname = E\n\temail = e@e\n'
    )
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT")}
    return World(
        tmp_path,
        {
            **kept,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "GIT_CONFIG_GLOBAL": str(settings),
            "GIT_CONFIG_NOSYSTEM": "1",
        },
    )  # fmt: skip


def has_site(folder: Path, address: str = ADDRESS) -> bool:
    """Tells whether a folder has the site with all stories, for this address."""
    feed = (folder / "feed.atom").read_text() if (folder / "feed.atom").is_file() else ""
    return feed.count("<entry") == STORIES and f'href="{address}"' in feed


# ---------------------------------------------------------------- GitLab


def gitlab_job(
    world: World, name: str, number: int
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Runs a job as GitLab does: its lines one after the other, in a clone whose HEAD is detached."""
    jobs = yaml.safe_load(block(GITLAB, "yaml"))
    job = jobs[jobs[name]["extends"]] | jobs[name]
    desk = world.clone(f"{name}-{number}")
    git(desk, "checkout", "-q", "--detach", "HEAD~" if number > 1 else "HEAD")
    run = world.run(
        "\n".join([*job["before_script"], *job["script"]]),
        desk,
        CI_COMMIT_BRANCH="main",
        CI_JOB_TOKEN="s3cret",
        CI_SERVER_FQDN="forge.press",
        CI_PROJECT_PATH="ada/chips",
        CI_PAGES_URL="https://ada.gitlab.press/chips",
    )
    return desk, run


def test_gitlab_pulls_pushes_and_publishes(world: World) -> None:
    pulled = gitlab_job(world, "pull", 1)[1]
    assert pulled.returncode == 0, pulled.stdout
    again = gitlab_job(world, "pull", 2)[1]
    desk, published = gitlab_job(world, "pages", 1)

    assert (pulled.returncode, again.returncode) == (0, 0), pulled.stdout + again.stdout
    assert world.subjects() == ["Pull the feeds", "Begin"]
    assert published.returncode == 0, published.stdout
    assert has_site(desk / "public", "https://ada.gitlab.press/chips/")


def test_gitlab_publishes_if_no_feed_can_be_read(world: World) -> None:
    gitlab_job(world, "pull", 1)
    world.break_feed()

    pulled = gitlab_job(world, "pull", 2)[1]
    desk, published = gitlab_job(world, "pages", 1)

    assert (pulled.returncode, published.returncode) == (1, 0), pulled.stdout
    assert has_site(desk / "public", "https://ada.gitlab.press/chips/")
    assert yaml.safe_load(block(GITLAB, "yaml"))["pull"]["allow_failure"] is True


# ---------------------------------------------------------------- Forgejo


@pytest.mark.parametrize("is_broken", [False, True])
def test_forgejo_pulls_pushes_and_publishes_to_the_branch_pages(
    world: World, is_broken: bool
) -> None:
    workflow = world.folder / "publish.yml"
    workflow.write_text(block(FORGEJO, "yaml"))
    names = ("HOME", "GIT_CONFIG_GLOBAL", "PYTHONPATH")
    there = {name: world.environment[name] for name in names}
    there |= {"GITHUB_SERVER_URL": "https://forge.press", "GITHUB_REPOSITORY": "ada/chips"}
    hub = Hub(world.folder, warm.command(), environment=there)
    begin = {"Clone the branch as it is now": Path.mkdir}

    run = hub.run(workflow, between=begin)
    assert run.green, run.log
    if is_broken:
        world.break_feed()
        run = hub.run(workflow, between=begin)

    assert run.green is not is_broken
    assert run.steps["Publish the site"] == "success", run.log
    git(world.folder, "clone", "-q", "--branch", "pages", str(world.origin), "pages")
    assert has_site(world.folder / "pages")
    assert "Pull the feeds" in world.subjects()
    assert workflow.read_text().count("${{") == 1, "what others can write must come in through env"


# ---------------------------------------------------------------- Cloudflare, Netlify


def cloudflare() -> dict[str, str]:
    rows = re.findall(r"(?m)^\| (.+?) \| `(.+)` \|$", BUILDERS.read_text())
    return dict(rows)


def netlify() -> dict[str, str]:
    settings = tomllib.loads(block(BUILDERS, "toml"))
    assert settings.keys() == {"build"}
    assert settings["build"].keys() == {"command", "publish", "environment"}
    return dict(settings["build"])


@pytest.mark.parametrize("host", ["cloudflare", "netlify"])
def test_a_host_that_builds_itself_makes_the_site(world: World, host: str) -> None:
    table, file = cloudflare(), netlify()
    command, folder, address = (
        (table["Build command"], table["Build output directory"], ADDRESS)
        if host == "cloudflare"
        else (file["command"], file["publish"], "https://chips.netlify.press/")
    )
    desk = world.clone("desk")
    assert world.run("digest pull", desk).returncode == 0

    run = world.run(command, desk, URL="https://chips.netlify.press")

    assert run.returncode == 0, run.stdout
    assert has_site(desk / folder, address)


def test_github_pulls_for_hosts_that_build_themselves(world: World) -> None:
    workflow = world.folder / "pull.yml"
    workflow.write_text(block(BUILDERS, "yaml"))
    hub = Hub(world.folder, warm.command())

    runs = [hub.run(workflow), hub.run(workflow)]

    assert all(run.green for run in runs), runs[0].log
    assert world.subjects() == ["Pull the feeds", "Begin"]


def test_the_actions_of_a_recipe_are_those_of_our_workflows() -> None:
    pins = re.findall(r"uses: \S+ # \S+", block(BUILDERS, "yaml"))
    ours = "\n".join(path.read_text() for path in WORKFLOWS)

    assert pins
    assert [pin for pin in pins if pin not in ours] == []


# ---------------------------------------------------------------- a server


@pytest.fixture
def server(world: World) -> World:
    """A machine as the recipe wants it, whose web server shows the folder `www`."""
    if not shutil.which("rsync"):
        pytest.skip("rsync is not installed")
    world.clone("my-digest")
    (world.folder / "digest-tools").mkdir()
    (world.folder / "digest-tools/bin").symlink_to(world.folder / "tools")
    script = re.sub("(?m)^target=.*", f"target={world.folder}/www/", block(SERVER, "sh"))
    place = world.folder / "bin/update-digest"
    place.parent.mkdir()
    place.write_text(script)
    place.chmod(0o755)
    return world


def test_a_server_pulls_pushes_and_shows_the_site(server: World) -> None:
    line = block(SERVER, "cron").strip()
    *fields, command = line.split(" ", 5)
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in fields)

    first = server.run(f"exec sh -c {shlex.quote(command)}", server.folder)

    assert first.returncode == 0, first.stdout
    assert has_site(server.folder / "www")
    assert server.subjects() == ["Pull the feeds", "Begin"]
    (server.folder / "www/stray.html").write_text("not of this site")
    server.break_feed()
    second = server.run("bin/update-digest", server.folder)
    assert second.returncode == 1, "cron and systemd say that no feed could be read"
    assert has_site(server.folder / "www")
    assert not (server.folder / "www/stray.html").exists()


def test_cron_accepts_the_line(tmp_path: Path) -> None:
    if not shutil.which("crontab"):
        pytest.skip("cron is not installed")
    (tmp_path / "lines").write_text(block(SERVER, "cron"))
    run = subprocess.run(["crontab", "-n", tmp_path / "lines"], capture_output=True, check=False)

    assert run.returncode == 0, run.stderr


def test_systemd_accepts_the_units(server: World) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    units = [server.folder / "digest.service", server.folder / "digest.timer"]
    for number, unit in enumerate(units):
        text = block(SERVER, "ini", number)
        unit.write_text(text.replace("%h", str(server.folder)))
    run = server.run(
        f"systemd-analyze --user verify {shlex.join(map(str, units))}",
        server.folder,
        XDG_RUNTIME_DIR=str(server.folder),
    )
    calendar = re.search("OnCalendar=(.*)", block(SERVER, "ini", 1))
    assert calendar
    times = server.run(
        f"systemd-analyze calendar --iterations=6 {shlex.quote(calendar[1])}", server.folder
    )

    assert (run.returncode, run.stdout) == (0, "")
    assert times.returncode == 0, times.stdout


# ---------------------------------------------------------------- Docker


def instructions() -> list[tuple[str, str]]:
    """Returns each instruction of the Dockerfile, and what it says."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text()))
    instructions = (line.partition(" ") for line in lines.splitlines())
    return [(word, argument) for word, _, argument in instructions if word]


def test_the_image_runs_the_installed_command_as_an_unprivileged_user() -> None:
    steps = instructions()
    last = dict(steps)

    assert [word for word, _ in steps].count("FROM") == 2
    assert last["COPY"] == "--from=installed /opt/digest /opt/digest"
    assert "PATH=/opt/digest/bin:$PATH" in last["ENV"]
    assert last["WORKDIR"] == "/digest"
    assert last["USER"] == "65534"
    assert yaml.safe_load(last["ENTRYPOINT"]) == ["digest"]
    assert yaml.safe_load(last["CMD"]) == ["serve", "--host", "0.0.0.0"]


@LONG
def test_the_installed_image_pulls_and_builds_and_is_small(world: World, tmp_path: Path) -> None:
    if not index_answers(tmp_path):
        pytest.skip("the package index does not answer")
    desk = world.clone("desk")
    (step,) = (argument for word, argument in instructions() if word == "RUN" and "pip" in argument)
    step = re.sub(r"--mount=\S+ *", "", step).replace("/opt/digest", str(tmp_path / "opt"))

    run = world.run(step.replace("python -m", f"{sys.executable} -m"), desk, PYTHONPATH="")

    assert run.returncode == 0, run.stdout
    path = f"{tmp_path}/opt/bin"  # and so no git, as in the image
    for command in ("pull", "build"):
        run = world.run(f"PATH={path} digest {command}", desk, PYTHONPATH="", PYTHONDONTWRITEBYTECODE="1")  # fmt: skip
        assert run.returncode == 0, run.stdout
    assert has_site(desk / "site")
    size = sum(path.lstat().st_size for path in (tmp_path / "opt").rglob("*"))
    assert size + BASE_IMAGE < 100 * MEGABYTE


# ---------------------------------------------------------------- what others say of the files


def program(name: str) -> str:
    there = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(name, path=there)
    if not found:
        pytest.skip(f"{name} is not installed; pip has it")
    return found


@pytest.mark.parametrize(
    ("page", "schema"),
    [
        (GITLAB, "vendor.gitlab-ci"),
        (FORGEJO, "vendor.github-workflows"),
        (BUILDERS, "vendor.github-workflows"),
    ],
    ids=lambda one: one.stem if isinstance(one, Path) else "",
)
def test_the_workflow_files_match_the_schema_of_their_host(
    page: Path, schema: str, tmp_path: Path
) -> None:
    file = tmp_path / "file.yml"
    file.write_text(block(page, "yaml"))
    words = [program("check-jsonschema"), "--builtin-schema", schema, str(file)]

    run = subprocess.run(words, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_hadolint_finds_no_problem() -> None:
    words = [program("hadolint"), "--no-color", str(DOCKERFILE)]

    run = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (0, "")
