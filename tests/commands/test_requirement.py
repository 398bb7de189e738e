"""How other machines install exactly the version of Digest that made a digest: from a release, a repository, or a wheel."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PathDistribution, distribution
from pathlib import Path

import pytest
import warm
from feedhost import Exchange, FeedHost
from packaging.requirements import Requirement
from rehearsal import git

from digest import __version__
from digest.commands import init
from digest.commands.shared.site_address import of_origin
from digest.commands.starter import own_wheel, requirement, starter_files

ROOT = Path(__file__).parents[2]
WHEEL = f"curated_digest-{__version__}-py3-none-any.whl"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def of_git(url: str, **more: str) -> str:
    return json.dumps(
        {"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"}}
        | more
    )


@pytest.fixture
def noted(tmp_path: Path) -> Callable[..., requirement.Requirement]:
    """Returns the requirement of this copy as if its installer had noted something else of where it came from."""
    (tmp_path / "digest").symlink_to(own_wheel.PACKAGE)
    folder = tmp_path / f"curated_digest-{__version__}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: curated-digest\nVersion: {__version__}\n"
    )

    def found(text: str, now: datetime | None = None) -> requirement.Requirement:
        (folder / "direct_url.json").write_text(text)
        return requirement.for_copy(PathDistribution(folder), now=now)

    return found


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            of_git("https://github.com/ada/digest.git"),
            f"https://github.com/ada/digest.git@{COMMIT}",
        ),
        (of_git("https://git.press/d"), f"https://git.press/d@{COMMIT}"),
        (
            of_git("https://git.press/d", subdirectory="tool"),
            f"https://git.press/d@{COMMIT}#subdirectory=tool",
        ),
    ],
)
def test_a_copy_from_a_public_repository_is_required_from_there_at_its_commit(
    noted: Callable[..., requirement.Requirement], text: str, address: str
) -> None:
    found = noted(text)

    assert found.line == f"curated-digest @ git+{address}"
    assert found.wheel is None
    assert found.repository == ("ada/digest" if "github.com" in text else "")
    assert "--hash" not in found.text()
    assert re.search(r"(?m)^click==[\d.]+$", found.text())
    assert "\n#     python -m pip install --requirement tools.txt\n" in found.text("tools.txt")


@pytest.mark.parametrize(
    "text",
    [
        '{"url": "file:///home/ada/digest", "dir_info": {}}',
        '{"url": "file:///home/ada/digest", "dir_info": {"editable": true}}',
        '{"url": "file:///home/ada/x.whl", "archive_info": {"hashes": {"sha256": "00"}}}',
        '{"url": "https://files.press/digest.zip", "archive_info": {}}',
        of_git("file:///home/ada/digest"),
        of_git("ssh://git@github.com/ada/digest.git"),
        of_git("http://git.press/digest.git"),
        of_git("https://ada:secret@github.com/ada/digest.git"),
        of_git("https://${TOKEN}@github.com/ada/digest.git"),
        of_git("https://localhost/digest.git"),
        of_git("https://127.0.0.1/digest.git"),
        of_git("https://192.168.0.7/digest.git"),
        of_git("https://nas/digest.git"),
        of_git("https://github.com/ada/digest.git\nevil"),
        of_git("https://github.com/ada/digest.git ; evil"),
        of_git("https://github.com/ada/digest.git", subdirectory="a\nevil"),
        '{"url": "https://github.com/a/b", "vcs_info": {"vcs": "git", "commit_id": "main"}}',
        of_git("https://hg.press/b").replace('"git"', '"hg"'),
        '{"url": 1, "vcs_info": []}',
        "[]",
        "{",
    ],
)
def test_a_copy_that_others_cannot_install_is_included_as_a_wheel(
    noted: Callable[..., requirement.Requirement], text: str
) -> None:
    found = noted(text)

    assert found.wheel
    name, content = found.wheel
    assert name == WHEEL
    assert found.line == f"./tools/{name} --hash=sha256:{hashlib.sha256(content).hexdigest()}"
    assert "secret" not in found.text()


@pytest.mark.parametrize(
    ("status", "needs"), [(200, False), (401, True), (404, True), (503, False)]
)
def test_a_repository_that_its_host_does_not_show_is_private(status: int, needs: bool) -> None:
    place = "/ada/digest.git/info/refs?service=git-upload-pack"
    with FeedHost({place: lambda exchange: exchange.reply(status)}) as host:
        url = host.url("/ada/digest.git")

        assert requirement.needs_login(url, datetime(2026, 5, 20, tzinfo=UTC)) is needs


def test_a_copy_from_a_private_repository_is_included_as_a_wheel(
    noted: Callable[..., requirement.Requirement], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirement, "needs_login", lambda url, _: "secret" in url)
    now = datetime(2026, 5, 20, tzinfo=UTC)

    assert noted(of_git("https://github.com/ada/secret.git"), now).wheel
    assert noted(of_git("https://github.com/ada/digest.git"), now).commit == COMMIT


def test_no_requirement_is_just_the_name_digest(
    noted: Callable[..., requirement.Requirement],
) -> None:
    for text in ("{", of_git("https://github.com/ada/digest.git")):
        lines = [line for line in noted(text).text().splitlines() if "curated" in line]

        assert len(lines) == 1
        assert "@" in lines[0] or "--hash" in lines[0]


# ---------------------------------------------------------------- the wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of Digest that pip has installed from its own wheel, without a network."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / WHEEL).write_bytes(own_wheel.build(own())[1])
    words = (
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        folder / "lib",
        folder / WHEEL,
    )
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, capture_output=True)
    return folder


def own() -> PathDistribution:
    found = distribution("curated-digest")
    assert isinstance(found, PathDistribution)
    return found


def run(installed: Path, folder: Path, *words: str) -> str:
    """Returns what the installed copy says."""
    environment = {**os.environ, "PYTHONPATH": str(installed / "lib")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_has_the_whole_program_and_its_record_covers_every_file(installed: Path) -> None:
    with zipfile.ZipFile(installed / WHEEL) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    record = f"curated_digest-{__version__}.dist-info/RECORD"
    ours = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "digest").rglob("*") if path.is_file()
    }
    ours |= {"digest/publish-digest.yml"}
    ours |= {
        f"digest/{path.relative_to(ROOT)}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    assert {name for name in files if "dist-info" not in name} == {
        name for name in ours if not name.endswith(".pyc")
    }
    rows = list(csv.reader(io.StringIO(files[record].decode())))
    assert [row[0] for row in rows] == list(files)
    assert list(
        own_wheel.record_lines({name: files[name] for name in files if name != record})
    ) == [",".join(row) for row in rows[:-1]]


def test_the_same_files_give_the_same_wheel_in_any_folder(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "-m", "digest", "init", "mine")

    assert (tmp_path / "mine/tools" / WHEEL).read_bytes() == (installed / WHEEL).read_bytes()
    assert own_wheel.build(own())[1] == (installed / WHEEL).read_bytes()


def test_pip_refuses_a_wheel_that_was_changed(tmp_path: Path) -> None:
    init.run(tmp_path)
    wheel = tmp_path / "tools" / WHEEL
    lines = (tmp_path / "requirements.txt").read_text().split("\n\n")[1]
    (tmp_path / "own.txt").write_text(lines)
    words = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--target",
        "lib",
        "-r",
        "own.txt",
    ]
    before = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("digest/more.py", "print('mine')")

    after = subprocess.run(
        [*words, "--upgrade"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert before.returncode == 0, before.stderr
    assert after.returncode == 1
    assert "DO NOT MATCH THE HASHES" in after.stderr


# ---------------------------------------------------------------- a release


def answers(wheel: bytes, place: str = "/files/x.whl") -> dict[str, Callable[[Exchange], None]]:
    """An index that has one release."""

    def release(exchange: Exchange) -> None:
        address = f"http://{exchange.headers['Host']}{place}"
        file = {"packagetype": "bdist_wheel", "filename": WHEEL, "url": address}
        exchange.reply(body=json.dumps({"urls": [{"packagetype": "sdist"}, file]}).encode())

    return {
        f"/pypi/curated-digest/{__version__}/json": release,
        "/files/x.whl": lambda exchange: exchange.reply(body=wheel),
        "/files/gone.whl": lambda exchange: exchange.reply(404),
        "/pypi/curated-digest/odd/json": lambda exchange: exchange.reply(body=b"<html>"),
    }


ASKING = """
from datetime import UTC, datetime
from digest.commands.starter import requirement
asked = requirement.for_running_copy(now=datetime(2026, 5, 20, tzinfo=UTC) if {asks} else None, index="{index}")
print(asked.line)
"""


@pytest.fixture
def by_name(installed: Path, tmp_path: Path) -> Path:
    """A copy for which pip recorded no address, like one from an index."""
    lib = tmp_path / "installed/lib"
    lib.mkdir(parents=True)
    for path in (installed / "lib").iterdir():
        (lib / path.name).symlink_to(path)
    folder = lib / f"curated_digest-{__version__}.dist-info"
    folder.unlink()
    folder.mkdir()
    for path in (installed / "lib" / folder.name).iterdir():
        if path.name != "direct_url.json":
            (folder / path.name).symlink_to(path)
    return lib.parent


def test_a_release_is_installed_from_the_index_with_its_hash(
    by_name: Path, installed: Path, tmp_path: Path
) -> None:
    wheel = (installed / WHEEL).read_bytes()
    with FeedHost(answers(wheel)) as host:
        line = run(by_name, tmp_path, "-c", ASKING.format(asks=True, index=host.url("")))

    assert (
        line == f"curated-digest=={__version__} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}\n"
    )


@pytest.mark.parametrize(
    "case", ["another's", "gone", "no wheel at all", "not asked", "an odd answer"]
)
def test_a_release_that_differs_from_this_copy_is_never_required(
    by_name: Path, installed: Path, tmp_path: Path, case: str
) -> None:
    theirs = tmp_path / WHEEL
    theirs.write_bytes((installed / WHEEL).read_bytes())
    with zipfile.ZipFile(theirs, "a") as archive:
        archive.writestr("digest/more.py", "print('mine')")
    known = answers(
        theirs.read_bytes() if case == "another's" else (installed / WHEEL).read_bytes()
    )
    if case == "gone":
        known = answers(b"", "/files/gone.whl")
    if case == "no wheel at all":
        known = answers(b"no archive")
    if case == "an odd answer":
        known[f"/pypi/curated-digest/{__version__}/json"] = known["/pypi/curated-digest/odd/json"]
    with FeedHost(known) as host:
        line = run(
            by_name, tmp_path, "-c", ASKING.format(asks=case != "not asked", index=host.url(""))
        )

    assert line.startswith(f"./tools/{WHEEL} --hash=sha256:")


# ---------------------------------------------------------------- the packages beside it


def test_the_locked_packages_satisfy_the_packages_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = map(
        Requirement, (*project["dependencies"], *project["optional-dependencies"]["search"])
    )
    lock = requirement._LOCK.read_text()
    locked = {
        one.name.lower(): one
        for one in map(Requirement, re.findall(r"(?m)^(\w[^\\\n]*?) ?\\?$", lock))
    }

    for one in wanted:
        (pin,) = locked[one.name.lower()].specifier
        assert pin.operator == "=="
        assert one.specifier.contains(pin.version), f"{one} is locked at {pin}: run 'make lock'"
    assert lock.count("--hash=sha256:") > len(locked)
    assert all("--hash" in block for block in re.split(r"(?m)^(?=\w)", lock) if block.strip())


# ---------------------------------------------------------------- what init does with it


def test_an_existing_requirements_file_stays_and_digest_gets_its_own(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")

    init.run(tmp_path)

    assert (tmp_path / "requirements.txt").read_text() == "flask\n"
    assert "./tools/" in (tmp_path / "requirements-digest.txt").read_text()
    for file in (starter_files.WORKFLOW, "README.md"):
        assert "requirements-digest.txt\n" in (tmp_path / file).read_text()
        assert "requirements.txt" not in (tmp_path / file).read_text()


def test_a_digest_inside_a_repository_reports_that_its_workflow_will_not_run(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init", "-q")

    report = init.run(tmp_path / "mine")

    (warning,) = report.warnings
    assert "GitHub runs it at the top of a repository only" in warning
    git(tmp_path / "mine", "init", "-q")
    assert list(init._warnings(tmp_path / "mine", [starter_files.WORKFLOW])) == []


def test_a_file_ignored_by_git_is_reported(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*.whl\n")

    report = init.run(tmp_path)

    (warning,) = report.warnings
    assert warning.startswith(f"tools/{WHEEL}: git ignores this file")


def test_a_copy_that_is_not_installed_writes_no_workflow_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirement, "for_running_copy", lambda **_: None)

    report = init.run(tmp_path)

    assert not (tmp_path / ".github").exists()
    assert "not installed" in report.warnings[0]


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:Ada/chips.git", "https://ada.github.io/chips/"),
        ("https://github.com/ada/ada.github.io", "https://ada.github.io/"),
        ("https://codeberg.org/ada/chips", "https://ada.codeberg.page/chips/"),
        ("/srv/git/chips.git", ""),
        ("", ""),
    ],
)
def test_the_site_url_comes_from_the_remote(tmp_path: Path, remote: str, address: str) -> None:
    folder = tmp_path / "chips"
    folder.mkdir()
    git(folder, "init", "-q")
    if remote:
        git(folder, "remote", "add", "origin", remote)

    report = init.run(folder)

    assert report.address == address
    assert (
        f'url = "{address or "https://example.github.io/chips/"}"'
        in (folder / "digest.toml").read_text()
    )
    assert of_origin(folder) == address


def test_a_folder_inside_a_foreign_repository_does_not_use_its_url(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "git@github.com:ada/dotfiles.git")
    (tmp_path / "there").mkdir()

    for name in ("there", "new"):
        assert init.run(tmp_path / name).address == ""


def test_build_and_check_warn_about_an_example_url(tmp_path: Path) -> None:
    def said(*words: str) -> str:
        done = warm.run(list(words), tmp_path, dict(os.environ))
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    init.run(tmp_path)
    git(tmp_path, "init", "-q")
    alone = said("build") + said("check")
    git(tmp_path, "remote", "add", "origin", "git@github.com:ada/chips.git")

    cure = 'write url = "https://ada.github.io/chips/"'
    assert "example address" not in alone
    assert cure in said("build")
    assert cure in said("build"), "a second build, which has nothing to do, says it too"
    assert cure in said("check")
    assert "example address" not in said("build", "--base-url", "https://ada.github.io/chips/")
