"""Takes the pictures of the shipped archive that the README opens with, light and dark: `make pictures`.

Builds the archive into a folder that is thrown away, shows it to an installed Chromium without a server or a network,
and writes what it looks like into docs/pictures/ as small WebP. The same content gives the same pictures where the
fonts are the same. Never downloads a browser.
"""

from __future__ import annotations

import base64
import mimetypes
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from digest import config
from digest.commands import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "pictures"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH, HEIGHT, SHARPNESS, QUALITY = 1180, 1040, 1.5, 82
URL = "http://archive.invalid/"


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
        browser = running.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--hide-scrollbars"]
        )
        for scheme in SCHEMES:
            path = folder / f"home-{scheme}.webp"
            path.write_bytes(picture(browser, Path(site) / "site", scheme))
            print(f"{path}: {path.stat().st_size // 1024} KB")  # noqa: T201
        browser.close()
    return 0


def picture(browser: Browser, site: Path, scheme: Literal["light", "dark"]) -> bytes:
    """Returns what the top of the front page looks like in a colour scheme, as WebP."""

    def answer(route: Route) -> None:
        path = site / route.request.url.removeprefix(URL)
        path = path / "index.html" if path.is_dir() else path
        kind = mimetypes.guess_type(path.name)[0] or "text/plain"
        route.fulfill(path=path, content_type=kind) if path.is_file() else route.fulfill(status=404)

    with browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        device_scale_factor=SHARPNESS,
        color_scheme=scheme,
    ) as context:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(URL)
        devtools = context.new_cdp_session(page)  # playwright's own pictures are PNG or JPEG
        taken = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
