"""What every command receives: where the digest is, the current time, and how much to print."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from digest.cli.shared.colours import in_colour
from digest.cli.shared.safe_print import echo

if TYPE_CHECKING:
    from digest.model import Config


class Call(NamedTuple):
    """One call of the command line: `folder` is that of `--root`, `now` the time of the call.

    `clock` returns the present time, for a command that runs on.
    """

    folder: Path | None
    quiet: bool
    verbose: bool
    now: datetime
    clock: Callable[[], datetime]

    def say(self, *lines: str) -> None:
        """Prints lines of a report, unless --quiet."""
        if not self.quiet:
            for line in lines:
                echo(line)

    def warn(self, *lines: str) -> None:
        """Prints problems to stderr, also with --quiet."""
        for line in lines:
            echo(in_colour(line), err=True)

    def root(self) -> Path:
        """Returns the digest's root; raises DigestError if the current folder is not in a digest.

        When the command ends, it says if the digest's cache is damaged.
        """
        from digest.config import find_root

        root = self.folder.resolve() if self.folder else find_root(Path.cwd())
        click.get_current_context().call_on_close(lambda: self.warn_of_cache(root))
        return root

    def load(self) -> tuple[Path, Config]:
        """Returns the digest's root and its configuration, checked."""
        from digest.config import load as load_config

        root = self.root()
        return root, load_config(root)

    def warn_of_cache(self, root: Path) -> None:
        """Prints that the cache was damaged or cannot be read, unless the command fails by that."""
        cache = sys.modules.get("digest.cache")  # some commands need none, and import none
        if cache:
            error = str(sys.exc_info()[1]).splitlines()
            self.warn(*(line for line in cache.notices(root) if line not in error))

    def resolve_file(self, root: Path, given: Path) -> str:
        """Returns a file of the digest, named from the current folder or from the digest's root."""
        home = root.resolve()
        for base in (Path.cwd(), root):
            path = (base / given).resolve()
            if path.is_file() and path.is_relative_to(home):
                return path.relative_to(home).as_posix()
        return given.as_posix()
