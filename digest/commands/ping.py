"""`digest ping`: tells the WebSub hub which feeds have changed, once they are on the web.

    feeds in the output folder ──▶ changed since the hub was notified? ──▶ POST to the hub ──▶ noted

What the hub was notified of is noted in `.digest/`, as a hash of each feed. Without the note, it is
notified of all feeds, and finds itself that they have not changed.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from digest import disk
from digest.cache import Cache, key_of
from digest.errors import DigestError, count_of
from digest.model import CONFIG_FILE, Config
from digest.site import marked_files

_KIND = "ping"
_SELF = re.compile(rb'<link rel="self"[^>]* href="([^"]*)"/>')
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class PingReport(NamedTuple):
    """Addresses of feeds that the hub was notified of (or would be, in a dry run), and what failed."""

    hub: str
    notified: tuple[str, ...]
    failures: tuple[str, ...] = ()


def run(root: Path, config: Config, *, output: Path, dry: bool) -> PingReport:
    """Notifies the hub of the feeds in `output` that have changed since the last time.

    Raises DigestError without a hub or a site.
    """
    hub = config.site.hub
    if not hub:
        cure = 'set hub = "https://…" in its table [site]'
        raise DigestError(f"{CONFIG_FILE}: names no hub; {cure}, then build and publish the site")
    hashes = {}  # of each feed that Digest built, by its own address
    for path in sorted(output.rglob("*.atom")):
        if marked_files.is_marked_file(path):
            content = disk.read(path) or b""
            if link := _SELF.search(content.partition(b"<entry")[0]):
                hashes[unescape(link[1].decode())] = key_of(content).hex()
    if not hashes:
        raise DigestError(f"{output}: has no feed of Digest; run 'digest build' first")
    key = key_of(hub.encode())
    with Cache(root) as cache:
        changed = [url for url in hashes if cache.get(_KIND, url, key, str) != hashes[url]]
        if dry:
            return PingReport(hub, tuple(changed))
        notified, failures = _notify(hub, changed, config)
        for url in notified:
            cache.put(_KIND, url, key, hashes[url])
        cache.keep_only(_KIND, hashes)
        cache.save()
    return PingReport(hub, tuple(notified), tuple(failures))


def _notify(hub: str, feeds: list[str], config: Config) -> tuple[list[str], list[str]]:
    """Returns the feeds that the hub took note of, and a line for each failure.

    Hubs ask for `hub.url`, and some for `hub.topic` (W3C WebSub §7 leaves it open). A hub that
    cannot be reached is not asked again.
    """
    from digest.feeds import fetch  # imported late: most often, nothing has changed

    notified, failures = list[str](), list[str]()
    agent = fetch.user_agent(config.site)
    for number, feed in enumerate(feeds, start=1):
        form = {"hub.mode": "publish", "hub.url": feed, "hub.topic": feed}
        reply = fetch.ask_api("POST", hub, _FORM, urlencode(form).encode(), agent=agent)
        if not reply.reason:
            notified.append(feed)
            continue
        rest = len(feeds) - number
        more = f"; {count_of(rest, 'more feed was', 'more feeds were')} not tried"
        skipped = more if rest and not reply.status else ""
        failures.append(f"{hub}: could not be notified of {feed}: {reply.reason}{skipped}")
        if not reply.status:
            break
    return notified, failures
