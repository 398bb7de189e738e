"""The files of a new digest beside `digest.toml`, which `init` writes and `upgrade` brings up to
date.

    digest/starter/ + the requirement of this copy of Digest + themes ──▶ path of each file ──▶ its content

The workflow calls the one in Digest's own repository, at the same commit, if Digest comes from a
public repository on GitHub. Otherwise the digest's own file gets the jobs of that workflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from digest import config_template, disk
from digest.commands.starter import own_wheel, requirement
from digest.commands.starter.requirement import Requirement
from digest.model import CONFIG_FILE, Theme

STARTER = Path(__file__).parents[2] / "starter"
SAMPLE = "feeds/sample.xml"
WORKFLOW = ".github/workflows/publish.yml"
README, OTHER_README = "README.md", "DIGEST.md"
"""How a digest is made, and by what; under the second name if the folder has a README of its own."""
REQUIREMENTS = (requirement.FILE, "requirements-digest.txt")
"""The possible names of the file from which pip installs Digest."""
_DOTTED = frozenset({"gitignore", "gitattributes", "github", "vscode"})
"""What carries no dot in the package, since some tools leave dotfiles out of what they pack."""
_MANAGED = (
    ".github/",
    ".git",
    ".vscode/",
    "requirements",
    f"{requirement.FOLDER}/",
    "digest.schema.json",
)
"""How the places of files begin that are not the editor's."""
_JOBS = "defaults:\n"
"""The first line of what a digest's own workflow has of the called one."""


def new_files(
    this_copy: Requirement | None,
    themes: Iterable[Theme],
    *,
    requirements: str = requirement.FILE,
) -> dict[str, bytes]:
    """Returns each file of a new digest but `digest.toml`, by its path.

    Without a copy to install, the workflow is left out. `requirements` is the name of the file that
    pip installs it from; the snippets of VS Code offer the `themes`.
    """
    files = dict[str, bytes]()
    for source in STARTER.rglob("*"):
        if source.is_file():
            path = source.relative_to(STARTER).as_posix()
            dot = "." if path.partition("/")[0] in _DOTTED else ""
            files[dot + path] = source.read_bytes()
    del files[CONFIG_FILE]
    snippets = files[config_template.SNIPPETS]
    choice = config_template.theme_choice(themes)
    files[config_template.SNIPPETS] = snippets.replace(b"@THEMES@", choice.encode())
    if this_copy is None:
        del files[WORKFLOW]
        return files
    files[WORKFLOW] = _workflow(files[WORKFLOW].decode(), this_copy, requirements).encode()
    files[README] = files[README].replace(requirement.FILE.encode(), requirements.encode())
    files[requirements] = this_copy.text(requirements).encode()
    if this_copy.wheel:
        name, content = this_copy.wheel
        files[f"{requirement.FOLDER}/{name}"] = content
    return files


def _workflow(starter: str, copy: Requirement, requirements: str) -> str:
    """Returns the workflow of a digest that installs this copy; `starter` has when it runs, and the
    call."""
    called = own_wheel.called_workflow()
    if copy.repository:
        call = f"{copy.repository}/.github/workflows/{called.name}@{copy.commit}"
        own = starter.replace("@WORKFLOW@", call)
        return own.replace(f" {requirement.FILE}\n", f" {requirements}\n")
    jobs = called.read_text(encoding="utf-8").partition(_JOBS)[2]
    jobs = jobs.replace("${{ inputs.requirements }}", requirements)
    return starter[: starter.index("jobs:\n")] + _JOBS + jobs


def managed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files that are not the editor's, so that `upgrade` may change them."""
    return {file: content for file, content in files.items() if file.startswith(_MANAGED)}


def requirements_name(root: Path, this_copy: Requirement | None) -> str:
    """Returns the name of the requirements file: another one if the folder has its own file there."""
    present = disk.read_inside(root, requirement.FILE)
    is_free = present is None or (this_copy is not None and present == this_copy.text().encode())
    return REQUIREMENTS[0] if is_free else REQUIREMENTS[1]


def with_missing_lines(before: bytes | None, text: str) -> bytes:
    """Returns the content of a file with the lines of a text that it lacks; the text, if there is
    no file.

    A line that makes an exception (`!site/.gitkeep`) is added only with the one before it.
    """
    if before is None:
        return text.encode()
    present = {_pattern(line) for line in before.decode(errors="replace").splitlines()}
    missing: list[str] = []
    is_needed = False
    for line in text.splitlines():
        if line and not line.startswith("#"):
            is_needed = _pattern(line) not in present and (is_needed or not line.startswith("!"))
            if is_needed:
                missing.append(line)
    if not missing:
        return before
    end = b"" if not before or before.endswith(b"\n") else b"\n"
    return before + end + "".join(f"{line}\n" for line in missing).encode()


def _pattern(line: str) -> str:
    """Returns a line of .gitignore without what makes no difference here: `/site/`, `site` and
    `site/*` are one."""
    return line.strip().removesuffix("*").strip("/")
