"""What every command is given: where the digest is, which moment it is, and how much to say.

Refuses to read the clock: the command line does, once for each call.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest.cli.colors import in_colour
from digest.cli.safe_print import echo

if TYPE_CHECKING:
    from digest.model import Config


class Call(NamedTuple):
    """One call of the command line; `folder` is the digest's where it was named, `now` the moment of the call."""

    folder: Path | None
    quiet: bool
    verbose: bool
    now: datetime

    def say(self, *lines: str) -> None:
        """Prints lines of a report, unless --quiet."""
        for line in () if self.quiet else lines:
            echo(line)

    def complain(self, *lines: str) -> None:
        """Prints what is wrong, to the second stream, which --quiet does not silence."""
        for line in lines:
            echo(in_colour(line), err=True)

    def root(self) -> Path:
        """Returns the digest's root; raises DigestError where the current folder lies in none."""
        from digest import config

        return self.folder.resolve() if self.folder else config.find_root(Path.cwd())

    def open(self) -> tuple[Path, Config]:
        """Returns the digest's root and its configuration, checked."""
        from digest import config

        root = self.root()
        return root, config.load(root)
