"""How tests reach a browser: an installed Chromium, driven by playwright, and sites served to it on this machine alone.

Never downloads a browser: without one, the tests that need it are skipped with a message.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import loopback
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
BASE = "trial"
"""The base path that sites are served under: an address made by hand would miss it."""

WIDTH = """() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll('main, article, h1, h2, h3')]
    .map(node => Math.ceil(node.getBoundingClientRect().right))].reduce((a, b) => Math.max(a, b), 0)"""
"""Tells how wide a page is, words that stick out of their boxes included."""


def program() -> str:
    """Returns the path of an installed Chromium, or skips the test."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    """Yields a browser that runs, or skips the test."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = program()
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=SWITCHES)
        yield started
        started.close()


def serving(site: Path) -> AbstractContextManager[str]:
    """Yields the address that a site is served at, under the base path."""
    return loopback.serving_folder(site, f"/{BASE}/")


def addresses(site: Path) -> list[str]:
    """Returns the address of every HTML page of a site, below its base path."""
    paths = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [path.removesuffix("index.html") for path in paths]


@contextmanager
def reading(browser: Browser, **wishes: Any) -> Iterator[Page]:
    """Yields a page of a reader with these wishes: `viewport`, `color_scheme`, `java_script_enabled` and the like."""
    with browser.new_context(**wishes) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page
