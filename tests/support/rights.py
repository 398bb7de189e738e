"""Takes the right to write from every user, for tests of what a command does without it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

has_rights = pytest.mark.skipif(
    not hasattr(os, "geteuid"), reason="rights are another thing on this system"
)
"""Skips a test where `unwritable` cannot work."""


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Prevents every user, root included, from putting a file into a folder."""
    if os.geteuid():
        folder.chmod(0o555)
    elif subprocess.run(["chattr", "+i", folder], capture_output=True, check=False).returncode:
        pytest.skip("root may write everywhere on this disk")
    try:
        yield
    finally:
        if os.geteuid():
            folder.chmod(0o755)
        else:
            subprocess.run(["chattr", "-i", folder], check=True)
