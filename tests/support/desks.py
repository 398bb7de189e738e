"""A desk as tests meet it: a digest with a pulled week, `digest serve`, and forms sent to it over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import warm
from previews import Preview, previewing

WEEK = "content/2026/w48"
SETTINGS = """\
[site]
title = "Chip Digest"
url = "https://example.org/chips/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.json"
publisher = "The Example Post"
excerpt = 8
[[themes]]
id = "memory-crunch"
title = "Memory crunch"
match = ["memory"]
[[themes]]
id = "export-controls"
title = "Export controls"
match = ["export control*"]
"""
SUMMARY = "Words of number {n}, of which the file has but the first.\n\nA second paragraph of {n}."


def make(root: Path, count: int = 6, titles: tuple[str, ...] = ()) -> Path:
    """Writes a digest and pulls its feed: stories `Number 1` and so on, every third one on memory."""
    items = []
    for n in range(1, count + 1):
        title = titles[n - 1] if titles else f"Number {n}" + (" on memory" if n % 3 == 0 else "")
        items.append(
            {
                "id": f"n{n}",
                "url": f"https://news.example/article/35{n:05}/x",
                "title": title,
                "summary": SUMMARY.format(n=n),
                "date_published": f"2026-11-{23 + n % 6:02}T{8 + n % 12:02}:00:00+08:00",
            }
        )
    root.mkdir(parents=True, exist_ok=True)
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": "First", "items": items}
    (root / "first.json").write_text(json.dumps(feed))
    (root / "digest.toml").write_text(SETTINGS)
    digest(root, "pull")
    return root


def digest(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of digest."""
    return warm.run(list(words), root, dict(os.environ))


def files(root: Path) -> dict[str, bytes]:
    """Returns all content, byte for byte."""
    found = sorted(path for path in (root / "content").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


class Desk:
    """A client of a running desk, as a browser without scripts."""

    def __init__(self, root: Path, client: httpx.Client) -> None:
        self.root, self.client = root, client
        self.origin = str(client.base_url).rstrip("/")
        self.page = ""
        self.preview: Preview

    @property
    def address(self) -> str:
        """The desk's address with the run's key, as the command has printed it."""
        return address(self.preview)

    def enter(self) -> None:
        """Opens that address, as a browser that then has the cookie."""
        assert self.client.get(self.address).status_code == 200

    def open(self, week: str = "2026-W48") -> str:
        """Asks for a week's page."""
        response = self.client.get("/_desk/", params={"week": week})
        assert response.status_code == 200, response.text
        self.page = response.text
        return self.page

    def file(self, name: str) -> str:
        """Returns the one file of a story whose name has this in it."""
        (found,) = (self.root / "content").rglob(f"*{name}*.md")
        return found.relative_to(self.root).as_posix()

    def text(self, name: str) -> str:
        """Returns the text of a story's file."""
        return (self.root / self.file(name)).read_text()

    def form(self, name: str) -> dict[str, str]:
        """Returns the fields of a story's form as the page has them, without a button."""
        file = self.file(name)
        card = next(one for one in self.page.split("<article")[1:] if f'value="{file}"' in one)
        card = card.partition("</article>")[0]
        inputs = re.findall(r'<input(?: type="hidden")?[^>]*? name="(\w+)"([^>]*)>', card)
        fields = {}
        for key, rest in inputs:
            value = re.search(r'value="([^"]*)"', rest)
            fields[key] = unescape(value[1]) if value else ""
        for key, words in re.findall(
            r'<textarea[^>]*? name="(\w+)"[^>]*>\n(.*?)</textarea>', card, re.DOTALL
        ):
            fields[key] = unescape(words).replace("\n", "\r\n")
        return fields

    def send(self, place: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Sends a form, as this page of the same origin would."""
        usual = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self.client.post(f"/_desk/{place}", data=fields, headers=usual | headers)

    def save(self, name: str, **changed: str) -> httpx.Response:
        """Changes fields of a story's form and sends it; `set` is the button."""
        return self.send("story", self.form(name) | changed)

    def token(self) -> str:
        """Returns the run's token as the page has it."""
        found = re.search(r'name="token" value="([^"]+)"', self.page)
        assert found
        return found[1]

    def undo(self) -> httpx.Response:
        """Presses the button that undoes the last save."""
        return self.send("undo", {"token": self.token(), "at": "2026-W48"})

    def letter(self, **changed: str) -> httpx.Response:
        """Sends the letter's form."""
        form = self.page.partition('<aside id="letter"')[2]
        seen = re.search(r'name="seen" value="([^"]*)"', form)
        title = re.search(r'name="title" value="([^"]*)"', form)
        body = re.search(r'name="body"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
        fields = {"token": self.token(), "at": "2026-W48", "seen": seen[1] if seen else ""}
        if title and "<fieldset hidden disabled>" not in form:
            fields["title"] = unescape(title[1])
        if body and "<fieldset hidden disabled>" not in form:
            fields["body"] = unescape(body[1]).replace("\n", "\r\n")
        return self.send("letter", fields | changed)


@contextmanager
def serving(root: Path, *words: str, opened: bool = True) -> Iterator[Desk]:
    """Yields the open desk of a digest that is served."""
    with previewing(root, *words) as preview, client(preview) as one:
        desk = Desk(root, one)
        desk.preview = preview
        desk.enter()
        if opened:
            desk.open()
        yield desk


def address(preview: Preview) -> str:
    """Returns the address of the desk that a preview has printed, once it has."""
    while True:
        for line in preview.lines:
            if line.startswith("The desk is at "):
                return line.removeprefix("The desk is at ")
        assert preview.process.poll() is None, preview.lines
        time.sleep(0.01)


def client(preview: Preview) -> httpx.Client:
    """Returns a client of a running preview."""
    return httpx.Client(base_url=f"http://{preview.host}:{preview.port}", timeout=60)


def parsed(response: httpx.Response) -> dict[str, Any]:
    """Returns the JSON of an answer."""
    found = response.json()
    assert isinstance(found, dict)
    return found
