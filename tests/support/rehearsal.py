"""A stand-in for GitHub: performs a workflow file as a runner does, against a bare repository on this disk.

Every `run:` step is read out of the file and given to bash as it stands; the actions are replaced by what they do.
The installation is passed over, since what is tested is installed here, unless the hub `installs`: then its runners
begin with a bare Python, and install what the file says from the package index. Refuses an action or an expression
that it does not know.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BRANCH = "main"
INSTALLATION = "Install Digest"
CALLED = Path(__file__).parents[2] / ".github/workflows/publish-digest.yml"
CALL = re.compile(
    r"(?:\.|[\w-]+/[\w.-]+(?=.*@[0-9a-f]{40}$))/\.github/workflows/publish-digest\.yml(?:@\w+)?"
)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*')|(?P<call>\w+)\(\)|(?P<name>[\w.-]+)|(?P<sign>&&|\|\||==|!=|!|[()]))"
)
_SIGNS = {"&&": " and ", "||": " or ", "!": " not "}
_INSERTED = re.compile(r"\$\{\{(.*?)\}\}")
_STATUS = ("always()", "cancelled()", "failure()", "success()")
_QUIET = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}

Values = Mapping[str, Any]
Between = Mapping[str, Callable[[Path], object]]


class KilledError(Exception):
    """The runner is gone, in the middle of what it did."""


def value(expression: str, known: Values) -> Any:
    """Returns what an expression comes to; raises ValueError on a sign that is not known here."""
    parts, place = [], 0
    while expression[place:].strip():
        found = _TOKEN.match(expression, place)
        if not found:
            raise ValueError(f"unknown in an expression: {expression[place:]}")
        place = found.end()
        kind = str(found.lastgroup)
        parts.append(
            {"text": found[kind], "sign": _SIGNS.get(found[kind], found[kind])}.get(kind)
            or _looked_up(found, known)
        )
    return eval("".join(parts), {})


def _looked_up(found: re.Match[str], known: Values) -> str:
    if found["call"]:
        return repr(known[found["call"]])
    here: Any = known
    for part in found["name"].split("."):
        here = here.get(part) if isinstance(here, Mapping) else None
    return repr(here)


def filled(text: object, known: Values) -> str:
    """Returns a text with what its expressions come to; true, false and nothing as GitHub writes them."""

    def insert(found: re.Match[str]) -> str:
        came = value(found[1], known)
        return str(came).lower() if isinstance(came, bool) else str("" if came is None else came)

    return _INSERTED.sub(insert, str(text).lower() if isinstance(text, bool) else str(text))


def git(folder: Path, *words: str) -> str:
    """Runs git without this machine's settings; returns its output."""
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **_QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def index_answers(folder: Path) -> bool:
    """True if the package index can be reached: downloads one small package."""
    words = (
        "download",
        "--quiet",
        "--no-deps",
        "--retries=0",
        "--timeout=10",
        f"--dest={folder}",
        "text-unidecode==1.3",
    )
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, check=False)
    return done.returncode == 0


@dataclass
class Run:
    """What came of one run: each job's and each step's result, what was printed, and the summary of the jobs."""

    jobs: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""

    @property
    def green(self) -> bool:
        return set(self.jobs.values()) <= {"success", "skipped"}


@dataclass
class Hub:
    """A repository on GitHub: `origin.git`, its caches, its artifact, and in `pages` what Pages serves.

    `address` is what Pages reports, empty where it is not set up. `digest` is the shell's way to call the command, but
    where the hub `installs`. `environment` is what else its runners' shells are set to, `variables` and
    `secrets` what the repository's settings have.
    """

    folder: Path
    digest: str = f'exec "{sys.executable}" -m digest "$@"'
    address: str = "https://example.github.io/repo"
    runs: int = 0
    attempt: int = 1
    installs: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    handed: list[str] = field(default_factory=list)
    """The names under which this run has handed sites over, in all its attempts."""

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    @property
    def pages(self) -> Path:
        return self.folder / "pages"

    @property
    def tools(self) -> Path:
        """What a runner's shell finds first: `digest` as it is installed here, and a `sleep` that does not wait."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        scripts = (
            {"sleep": "exit 0"} if self.installs else {"digest": self.digest, "sleep": "exit 0"}
        )
        for name, script in scripts.items():
            (tools / name).write_text(f"#!/bin/sh\n{script}\n")
            (tools / name).chmod(0o755)
        return tools

    @property
    def artifact(self) -> Path:
        return self.folder / "artifact.tar"

    @property
    def workspace(self) -> Path:
        """Where the last run built."""
        return self.place("build") / "work"

    def place(self, job: str) -> Path:
        """Where a job of the last run is performed."""
        return (
            self.folder / f"run-{self.runs}-{job}{f'-{self.attempt}' if self.attempt > 1 else ''}"
        )

    def run(
        self,
        workflow: Path,
        event: str = "schedule",
        *,
        branch: str = BRANCH,
        job: str = "",
        between: Between | None = None,
        again: bool = False,
    ) -> Run:
        """Performs a workflow, or one job of it; `between` is done before the steps of these names, in the workspace.

        With `again`, all jobs of the last run are run once more, as the button does.

        Raises KilledError where what is done between raises it, or a step kills itself.
        """
        self.attempt = self.attempt + 1 if again else 1
        if not again:
            self.runs, self.handed = self.runs + 1, []
        run, needs = Run(), dict[str, Any]()
        for name, steps in jobs_of(yaml.safe_load(workflow.read_text())).items():
            if job and name != job:
                continue
            place = self.place(name)
            place.mkdir()
            runner = _Runner(self, run, place, steps, event, branch, needs, between or {})
            needs[name] = runner.perform(steps)
            run.jobs[name] = needs[name]["result"]
        return run


def jobs_of(workflow: Values) -> dict[str, Any]:
    """Returns the jobs of a workflow; in place of one that calls another workflow, that one's jobs.

    Each includes the settings of its whole file. None may have a permission that the caller does not grant.
    """
    jobs = {
        name: {**workflow, **job} for name, job in workflow["jobs"].items() if "uses" not in job
    }
    for job in (job for job in workflow["jobs"].values() if "uses" in job):
        assert CALL.fullmatch(job["uses"]), job["uses"]
        called = yaml.safe_load(CALLED.read_text())
        inputs = called[True]["workflow_call"]["inputs"]
        assert job.get("with", {}).keys() <= inputs.keys()
        given = {name: one.get("default") for name, one in inputs.items()} | job.get("with", {})
        for name, one in called["jobs"].items():
            for what, level in one.get("permissions", {}).items():
                assert job["permissions"].get(what) in {level, "write"}, f"{name} lacks {what}"
            jobs[name] = {**called, **one, "inputs": given}
    return jobs


class _Runner:
    """A fresh machine that performs one job."""

    def __init__(
        self,
        hub: Hub,
        run: Run,
        place: Path,
        job: Values,
        event: str,
        branch: str,
        needs: Values,
        between: Between,
    ) -> None:
        self.hub, self.run, self.place, self.job, self.between = hub, run, place, job, between
        self.workspace = place / "work"
        self.steps: dict[str, Any] = {}
        self.failed = False
        given = {"repository": {"fork": False, "default_branch": BRANCH}}
        self.github = {
            "event_name": event,
            "ref_name": branch,
            "ref": f"refs/heads/{branch}",
            "event": given,
        }
        self.github |= {
            "run_id": str(hub.runs),
            "run_attempt": str(hub.attempt),
            "base_ref": BRANCH,
        }
        wanted = job.get("needs", [])
        wanted = [wanted] if isinstance(wanted, str) else wanted
        self.needs = {name: needs[name] for name in wanted}
        self.inputs = job.get("inputs", {})

    def known(self) -> dict[str, Any]:
        """What expressions can speak of."""
        status = {
            "success": not self.failed,
            "failure": self.failed,
            "cancelled": False,
            "always": True,
        }
        contexts = {"github": self.github, "steps": self.steps, "needs": self.needs}
        settings = {"vars": self.hub.variables, "secrets": self.hub.secrets}
        return {**contexts, **settings, "inputs": self.inputs, **status}

    def due(self, of: Values) -> bool:
        """Tells whether a job or a step is to be performed: after a failure only where its condition speaks of that."""
        condition = str(of.get("if", "success()")).strip().removeprefix("${{").removesuffix("}}")
        asks = any(name in condition for name in _STATUS)
        return (asks or not self.failed) and bool(value(condition, self.known()))

    def perform(self, job: Values) -> dict[str, Any]:
        """Performs the job, unless one that it needs has failed."""
        self.failed = any(one["result"] != "success" for one in self.needs.values())
        if not self.due(job):
            return {"result": "skipped", "outputs": {}}
        self.failed = False
        for step in job["steps"]:
            self.step(step)
        outputs = {
            name: filled(text, self.known()) for name, text in job.get("outputs", {}).items()
        }
        return {"result": "failure" if self.failed else "success", "outputs": outputs}

    def step(self, step: Values) -> None:
        name = step.get("name", step.get("uses"))
        outcome, outputs = "skipped", dict[str, str]()
        if self.due(step):
            if name in self.between:
                self.between[name](self.workspace)
            done, outputs = self.act(step) if "uses" in step else self.shell(step)
            outcome = "success" if done else "failure"
            self.failed |= not done and not step.get("continue-on-error")
        self.run.steps[name] = outcome
        self.steps[step.get("id", name)] = {"outcome": outcome, "outputs": outputs}

    def shell(self, step: Values) -> tuple[bool, dict[str, str]]:
        """Gives a step's script to bash, as the runner calls it."""
        script = str(step["run"])
        assert "${{" not in script, "what others can write must come in through env"
        if step["name"] == INSTALLATION and not self.hub.installs:
            return True, {}
        (self.place / "step.sh").write_text(script)
        files = {name: self.place / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        variables = {**self.job.get("env", {}), **step.get("env", {})}
        given = {name: filled(text, self.known()) for name, text in variables.items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", self.place / "step.sh"],
            cwd=self.workspace if self.workspace.exists() else self.place,
            env={**self.environment(), **{name: str(file) for name, file in files.items()}, **given},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            start_new_session=True,
        )  # fmt: skip
        self.run.log += done.stdout
        self.run.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        if done.returncode == -signal.SIGKILL:
            raise KilledError(step["name"])
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        return done.returncode == 0, dict(line.split("=", 1) for line in lines)

    def environment(self) -> dict[str, str]:
        """What a runner's shell finds: `digest`, and none of what this machine's own shell is set to."""
        tools = self.hub.tools
        context = {name.upper(): str(text) for name, text in self.github.items() if name != "event"}
        ours = ["PYTHONPATH", "COVERAGE_PROCESS_START", "XDG_CACHE_HOME"]
        path = os.environ["PATH"]
        if self.hub.installs:
            ours = [name for name in os.environ if name.startswith("PIP_")]  # where the index is
            bare = [
                folder
                for folder in path.split(os.pathsep)
                if not (Path(folder) / "digest").exists()
            ]
            path = os.pathsep.join([str(self.place / "python/bin"), *bare])
        return {
            **{name: os.environ[name] for name in ours if name in os.environ},
            **_QUIET,
            **{f"GITHUB_{name}": text for name, text in context.items()},
            "PATH": f"{tools}{os.pathsep}{path}",
            "HOME": str(self.place),
            "LANG": "C.UTF-8",
            # Without `CI`, which has each build compile the templates, they are compiled once.
            **({"CI": "true"} if self.hub.installs else {}),
            "GITHUB_ACTIONS": "true",
            **self.hub.environment,
        }

    def act(self, step: Values) -> tuple[bool, dict[str, str]]:
        """Does what an action does."""
        action = step["uses"].partition("@")[0]
        given = {name: filled(text, self.known()) for name, text in step.get("with", {}).items()}
        done = getattr(self, re.sub(r"\W", "_", action))(given)
        return (done is not False), done if isinstance(done, dict) else {}

    def may(self, what: str, *grants: str) -> bool:
        return (self.job.get("permissions") or {}).get(what) in grants

    def actions_checkout(self, given: Values) -> None:
        depth = [] if given.get("fetch-depth") == "0" else ["--depth=1", "--no-single-branch"]
        ref = given.get("ref", self.github["ref_name"])
        commit = ref if re.fullmatch("[0-9a-f]{40}", ref) else ""
        branch = [] if commit else ["--branch", ref]
        git(self.place, "clone", "-q", *depth, *branch, f"file://{self.hub.origin}", "work")
        if commit:
            git(self.workspace, "fetch", "-q", "--depth=1", "origin", commit)
            git(self.workspace, "checkout", "-q", commit)
        if not self.may("contents", "write"):
            git(self.workspace, "remote", "set-url", "--push", "origin", "no-permission")

    def actions_setup_python(self, given: Values) -> None:
        assert given["python-version"]
        if self.hub.installs:
            subprocess.run([sys.executable, "-m", "venv", self.place / "python"], check=True)

    def actions_cache_restore(self, given: Values) -> None:
        saved = sorted(
            (self.hub.folder / "cache").glob(f"{given['restore-keys']}*"),
            key=lambda path: path.stat().st_mtime,
        )
        if saved:
            shutil.copytree(saved[-1], self.workspace / given["path"])

    def actions_cache_save(self, given: Values) -> None:
        (self.hub.folder / "cache").mkdir(exist_ok=True)
        if (self.workspace / given["path"]).is_dir():
            shutil.copytree(
                self.workspace / given["path"], self.hub.folder / "cache" / given["key"]
            )

    def actions_configure_pages(self, _: Values) -> bool | dict[str, str]:
        may = self.may("pages", "read", "write") and self.hub.address
        return {"base_url": self.hub.address} if may else False

    def actions_upload_pages_artifact(self, given: Values) -> None:
        """Packs the folder as the action does: follows links, and skips dotfiles unless they are requested."""
        hidden = [] if given.get("include-hidden-files") == "true" else ["--exclude=.[^/]*"]
        words = [
            "tar",
            "--dereference",
            "--hard-dereference",
            "--directory",
            given["path"],
            *hidden,
        ]
        subprocess.run([*words, "-cf", self.hub.artifact, "."], cwd=self.workspace, check=True)
        self.hub.handed.append(given.get("name", "github-pages"))

    def actions_deploy_pages(self, given: Values) -> bool | dict[str, str]:
        """Deploys the one site that was handed over under a name; of several it takes none."""
        if not (self.may("pages", "write") and self.may("id-token", "write")):
            return False
        if self.hub.handed.count(given.get("artifact_name", "github-pages")) != 1:
            return False
        shutil.rmtree(self.hub.pages, ignore_errors=True)
        self.hub.pages.mkdir()
        subprocess.run(["tar", "-xpf", self.hub.artifact], cwd=self.hub.pages, check=True)
        return {"page_url": f"{self.hub.address}/"}
