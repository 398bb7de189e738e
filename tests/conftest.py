"""Fixtures that every test may ask for, and how Hypothesis searches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: what a busy machine does slowly is not wrong. A build server draws the same examples every time.
settings.register_profile("digest", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("digest")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real and hostile material beside the repository; a test that asks for it is skipped without it."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the material in ../shared is not here")
    return folder
