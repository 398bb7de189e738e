"""`digest ping`: tells the WebSub hub which feeds have changed, once they are on the web.

    feeds in the output folder ──▶ other bytes than the hub was told of? ──▶ POST to the hub ──▶ noted

What the hub was told of is noted in `.digest/`, as a hash of each feed. Without the note, the hub is
told of all feeds, and finds itself that they have not changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from digest import disk
from digest.cache import Cache, key_of
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Config
from digest.site import own_files

_KIND = "ping"
_SELF = re.compile(rb'<link rel="self"[^>]* href="([^"]*)"/>')
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class PingReport(NamedTuple):
    """Addresses of feeds that the hub was told of (or would be, in a dry run), and what failed."""

    hub: str
    told: tuple[str, ...]
    failures: tuple[str, ...] = ()


def run(root: Path, settings: Config, *, output: Path, dry: bool) -> PingReport:
    """Tells the hub of the feeds in `output` that have changed since it was last told.

    Raises DigestError if there is no hub, or no site.
    """
    hub = settings.site.hub
    if not hub:
        cure = 'set hub = "https://…" in its table [site]'
        raise DigestError(f"{CONFIG_FILE}: names no hub; {cure}, then build and publish the site")
    hashes = _hashes(output)
    if not hashes:
        raise DigestError(f"{output}: has no feed of Digest; run 'digest build' first")
    key = key_of(hub.encode())
    with Cache(root) as cache:
        changed = [url for url in hashes if cache.get(_KIND, url, key, str) != hashes[url]]
        if dry:
            return PingReport(hub, tuple(changed))
        told, failures = _tell(hub, changed, settings)
        for url in told:
            cache.put(_KIND, url, key, hashes[url])
        cache.keep_only(_KIND, hashes)
        cache.save()
    return PingReport(hub, told, failures)


def _hashes(output: Path) -> Mapping[str, str]:
    """Returns a hash of each feed that Digest built, by its own address."""
    found = {}
    for path in sorted(output.rglob("*.atom")):
        if own_files.is_ours(path):
            content = disk.read(path) or b""
            if link := _SELF.search(content.partition(b"<entry")[0]):
                found[unescape(link[1].decode())] = key_of(content).hex()
    return found


def _tell(
    hub: str, addresses: list[str], settings: Config
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the feeds that the hub took note of, and a line for each failure.

    Hubs ask for `hub.url`, and some for `hub.topic` (W3C WebSub §7 leaves it open). A hub that
    cannot be reached is not asked again.
    """
    from digest.feeds import fetch  # imported late: most often, nothing has changed

    told, failures = [], []
    for number, address in enumerate(addresses):
        form = {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
        reply = fetch.ask_api(
            "POST",
            hub,
            _FORM,
            urlencode(form).encode(),
            agent=fetch.user_agent(settings.site),
        )
        if not reply.reason:
            told.append(address)
            continue
        failures.append(f"{hub}: not told of {address}: {reply.reason}")
        if not reply.status:
            if rest := len(addresses) - number - 1:
                failures[-1] += f"; nor of {rest} more"
            break
    return tuple(told), tuple(failures)
