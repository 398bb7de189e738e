"""The site's address: what the host of the repository would make it, and a hint if readers cannot
reach it."""

from __future__ import annotations

import re
from pathlib import Path

from digest import urls
from digest.config import lines as config_lines
from digest.errors import DigestError, Kind, Problem
from digest.model import CONFIG_FILE, Config
from digest.private_addresses import private_host_of

_HOSTS = {
    "github.com": ("github.io", "{owner}.github.io"),
    "codeberg.org": ("codeberg.page", "pages"),
}
"""Hosts that show a repository at a known address: the domain of their sites, and the repository
that has it alone.

GitLab is not among them: a project's site has a domain with a random part there, unless its
settings say otherwise.
"""
_REMOTE = re.compile(
    r"(?:^|[/@])(?:ssh\.)?(github\.com|codeberg\.org)(?::\d+/|[:/])([\w-]+)/([\w.-]+?)(?:\.git)?/?$",
    re.IGNORECASE,
)


def of_remote(remote: str) -> str:
    """Returns the URL at which the host of a repository shows its site; "" if it is not known."""
    found = _REMOTE.search(remote)
    if not found:
        return ""
    owner, name = found[2].lower(), found[3]
    domain, alone = _HOSTS[found[1].lower()]
    path = "" if name.lower() == alone.format(owner=owner) else f"{name}/"
    return f"https://{owner}.{domain}/{path}"


def of_origin(root: Path) -> str:
    """Returns the URL of a folder's site by its remote `origin`; "" if the folder is not the top of a
    repository."""
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
    """Returns why readers cannot reach a URL, as a noun: an example's address, or a private one; else
    ""."""
    if urls.is_placeholder(url):
        return "still the example address"
    return "the private address" if private_host_of(url) else ""


def cure(address: str) -> str:
    """Returns what to do about a url that readers cannot reach; `address` is the site's, "" if unknown."""
    return f'write url = "{address}"' if address else "write the address of your site"
