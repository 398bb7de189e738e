"""Feed URLs as people type them."""

from __future__ import annotations

from pathlib import Path

import click

from digest import redact, urls


def web_address(feed: str, hint: str) -> str:
    """Returns the http(s) URL that was given; in an error, `hint` names the option."""
    address = urls.feed_link(feed)
    if address is not None:
        return address
    if feed and not feed.lower().startswith(("http:", "https:")) and Path(feed).is_file():
        first = "run init without it, then " if hint == "--feed" else ""
        cure = f"{first}put the file's path into digest.toml, as url of a feed"
        what = f"is a file, and {hint} takes addresses"
    else:
        meant = urls.web_link(f"https://{feed}") if "." in feed and ":" not in feed else None
        cure = f"did you mean {redact.mask(meant)}?" if meant else "copy it from the browser"
        what = "is not an http(s) address"
    raise click.BadParameter(f"'{redact.mask(feed)}' {what}; {cure}", param_hint=hint)
