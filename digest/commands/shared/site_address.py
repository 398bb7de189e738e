"""The site's address: what the host of the repository would make it, and a hint if readers cannot
reach it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from digest import urls
from digest.config import lines as config_lines
from digest.errors import DigestError, Kind, Problem
from digest.model import CONFIG_FILE, Config

_HOSTS = {
    "github.com": ("github.io", "{owner}.github.io"),
    "codeberg.org": ("codeberg.page", "pages"),
}
"""Hosts that show a repository at a known address: the domain of their sites, and the repository
that has it alone.

GitLab is not among them: a project's site has a domain with a random part there, unless its
settings say otherwise.
"""
_LOCAL = re.compile(r"\.(?:local|localdomain|lan|home\.arpa)$")
"""The end of names that only a local network knows (RFC 6762, RFC 8375)."""
_REMOTE = re.compile(
    r"(?:^|[/@])(?:ssh\.)?(github\.com|codeberg\.org)(?::\d+/|[:/])([\w-]+)/([\w.-]+?)(?:\.git)?/?$",
    re.IGNORECASE,
)


def of_remote(remote: str) -> str:
    """Returns where the host of a repository shows its site; nothing where that is not known."""
    found = _REMOTE.search(remote)
    if not found:
        return ""
    owner, name = found[2].lower(), found[3]
    domain, alone = _HOSTS[found[1].lower()]
    path = "" if name.lower() == alone.format(owner=owner) else f"{name}/"
    return f"https://{owner}.{domain}/{path}"


def of_origin(root: Path) -> str:
    """Returns where the site of a folder is shown, by its remote `origin`; "" if the folder is not
    the top of a repository."""
    from digest import git

    try:
        prefix = git.run(root, "rev-parse", "--show-prefix")
        remote = git.run(root, "remote", "get-url", "origin")
    except DigestError:  # no git, or no such folder yet
        return ""
    if prefix.returncode or prefix.stdout.strip() or remote.returncode:
        return ""
    return of_remote(remote.stdout.decode(errors="replace").strip())


def hint(root: Path, config: Config) -> Problem | None:
    """Returns a hint at a url that readers cannot reach, once the digest has a repository that it
    may be pushed to."""
    url = config.site.url
    if not why_unreachable(url):
        return None
    from digest import git  # late: most builds need not ask it

    if not git.remotes(root):
        return None
    expected = of_origin(root)
    if url == expected:
        return None
    line = config_lines(root).get(("site", 0, "url"), 0)
    what = f"url is {why_unreachable(url)} {url}, and 'digest publish' refuses it"
    return Problem(CONFIG_FILE, line, what, cure(expected), kind=Kind.HINT)


def why_unreachable(url: str) -> str:
    """Returns what a site's URL is if readers cannot reach it: an example's, or a private one; else
    ""."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    if urls.is_placeholder(url):
        return "still the example address"
    return "the private address" if _is_private(host) else ""


def _is_private(host: str) -> bool:
    """True for an IP address in a private network, and for a name that only a local network knows."""
    last = host.rpartition(".")[2]
    if not (":" in host or last[:1].isdigit()):
        return last == host or _LOCAL.search(host) is not None
    from digest.feeds.private_networks import is_private

    try:
        return is_private(host)
    except ValueError:  # such as 127.1
        return True


def cure(address: str) -> str:
    """Returns what to do about a url that readers cannot reach, if the site's own is known or not."""
    return f'write url = "{address}"' if address else "write the address of your site"
