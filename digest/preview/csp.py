"""A page's Content-Security-Policy, widened by just what the preview adds: one script, one style, one stream of events.

What the page itself may not do in public it may not do here either. Refuses to drop a policy.
"""

from __future__ import annotations

import base64
import hashlib
import re

_META = re.compile(
    r"""(<meta\s+http-equiv="Content-Security-Policy"\s+content=")([^"]*)(")""", re.IGNORECASE
)  # as base.html writes it


def widened(html: str, script: str, style: str) -> str:
    """Returns the page with a policy that lets this script and this style in, and the script ask its own host."""
    return _META.sub(lambda found: found[1] + widen(found[2], script, style) + found[3], html)


def widen(policy: str, script: str, style: str) -> str:
    """Returns a policy that allows what it did, and the preview's own additions."""
    rules = dict(_rule(part) for part in policy.split(";") if part.strip())
    fallback = rules.get("default-src")
    for name, more in (
        ("script-src", _hash(script)),
        ("style-src", _hash(style)),
        ("connect-src", "'self'"),
    ):
        allowed = rules.get(name, fallback)
        if allowed is not None:
            rules[name] = _with(allowed, more)
    return "; ".join(f"{name} {' '.join(sources)}".rstrip() for name, sources in rules.items())


def _rule(part: str) -> tuple[str, list[str]]:
    name, *sources = part.split()
    return name.lower(), sources


def _with(sources: list[str], more: str) -> list[str]:
    if more in sources or ("'unsafe-inline'" in sources and more.startswith("'sha256-")):
        return sources  # beside a hash, browsers would take no notice of the general leave
    return [*(source for source in sources if source != "'none'"), more]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
