"""Git in tests: commands and identities that do not depend on the settings of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAME, EMAIL = "Ada Editor", "ada@example.org"
_OPTIONS = (
    "-c", f"user.name={NAME}", "-c", f"user.email={EMAIL}", "-c", "init.defaultBranch=main",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def git(folder: Path, *arguments: str) -> str:
    """Runs git in a folder as Ada; returns what it prints, without the last line break.

    Raises CalledProcessError if git fails.
    """
    return subprocess.run(
        ["git", *_OPTIONS, *arguments],
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@contextmanager
def own_settings(folder: Path) -> Iterator[None]:
    """Gives the git that Digest runs Ada's identity, in `folder/gitconfig`, and no other settings."""
    settings = folder / "gitconfig"
    settings.write_text(
        f"[user]\nname = {NAME}\nemail = {EMAIL}\nuseConfigOnly = true\n"
        "[init]\ndefaultBranch = main\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield
