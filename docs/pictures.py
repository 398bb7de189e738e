"""Takes the pictures of the shipped archive and of the desk, light and dark: `make pictures`.

Builds the archive, and a digest with the sample feed, into folders that are thrown away, shows them
to an installed Chromium without a server or a network, and writes what they look like into
docs/pictures/ as small WebP. The same content gives the same pictures where the fonts are the same.
Never downloads a browser.
"""

from __future__ import annotations

import base64
import mimetypes
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from digest import config
from digest.commands import build, init, letter, pull
from digest.commands.desk.desk import Desk
from digest.commands.serve import Preview
from digest.preview.desk.requests import DeskRequest, DeskSession

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "pictures"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH, HEIGHT, SHARPNESS, QUALITY = 1180, 1040, 1.5, 82
URL = "http://archive.invalid/"
PULLED = datetime(2026, 2, 22, 9, tzinfo=UTC)


def main(folder: Path) -> int:
    """Takes both pictures into a folder and says where they are; 1 if there is no browser."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = "no Chromium is installed; install one (Debian: apt install chromium)"
        print(f"make pictures: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as site, sync_playwright() as running:
        build.run(ROOT, config.load(ROOT), output=Path(site) / "site", base_url=URL)
        pages = {"home": of_site(Path(site) / "site"), "desk": of_desk(Path(site) / "digest")}
        browser = running.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--hide-scrollbars"]
        )
        for name, answer in pages.items():
            for scheme in SCHEMES:
                path = folder / f"{name}-{scheme}.webp"
                path.write_bytes(picture(browser, answer, scheme))
                print(f"{path}: {path.stat().st_size // 1024} KB")  # noqa: T201
        browser.close()
    return 0


def of_site(site: Path) -> Callable[[Route], None]:
    """Returns a function that answers requests with the files of a site."""

    def answer(route: Route) -> None:
        path = site / urlsplit(route.request.url).path.lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            raise SystemExit(
                f"make pictures: a page asks for {route.request.url}, which is missing"
            )
        kind = mimetypes.guess_type(path.name)[0] or "text/plain"
        route.fulfill(path=path, content_type=kind)

    return answer


def of_desk(root: Path) -> Callable[[Route], None]:
    """Returns a function that answers requests with the desk of a new digest."""
    init.run(root)
    settings = config.load(root)
    pull.run(root, settings, settings.feeds, now=PULLED)
    letter.run(root, settings)
    session = DeskSession(8000)
    desk = Desk(root, session, lambda: PULLED)
    Preview(root, lambda _: None, lambda: PULLED, desk=desk).rebuild(frozenset())
    page = desk.answer(DeskRequest(method="GET", path="", cookie=session.key)).body
    return lambda route: route.fulfill(body=page, content_type="text/html")


def picture(
    browser: Browser, answer: Callable[[Route], None], scheme: Literal["light", "dark"]
) -> bytes:
    """Returns what the top of a page looks like in a colour scheme, as WebP."""
    from playwright.sync_api import Error

    with browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        device_scale_factor=SHARPNESS,
        color_scheme=scheme,
    ) as context:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(URL)
        devtools = context.new_cdp_session(page)  # playwright's own pictures are PNG or JPEG
        wanted = {"format": "webp", "quality": QUALITY}
        try:
            taken = devtools.send("Page.captureScreenshot", wanted)
        except Error:  # now and then it is "unable to capture" what it has only just drawn
            taken = devtools.send("Page.captureScreenshot", wanted)
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
