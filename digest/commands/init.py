"""`digest init`: a new digest in a folder, with a sample feed in a file, or with your own feeds.

Never changes an existing digest: that is an error. Other files in the folder stay as they are,
except that git gets lines for the ledger, `.digest/` and the site. The workflow installs exactly
this version of Digest (`requirement`), and the site's address is that of the remote `origin`.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import config_template, disk, git
from digest.commands.shared import site_address
from digest.commands.shared.find_feeds import FoundFeeds
from digest.commands.starter import init_record, requirement, starter_files
from digest.commands.starter.starter_files import OTHER_README, README, SAMPLE, STARTER, WORKFLOW
from digest.config import loads as parse_config
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReport:
    """The files written (or added to) and those kept as they were, relative to the digest's root.

    `feeds` are the editor's own; `left_out` are addresses of a list that cannot be pulled.
    `address` is the site's, if `origin` says so; `warnings` tell why the workflow will not work as
    things are.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    feeds: tuple[Feed, ...] = ()
    left_out: tuple[str, ...] = ()
    address: str = ""
    warnings: tuple[str, ...] = ()


def run(
    root: Path,
    *,
    timezone: str = "UTC",
    found: FoundFeeds | None = None,
    now: datetime | None = None,
) -> InitReport:
    """Makes a digest in `root`; raises DigestError if there is one already.

    With `now`, servers may be asked for what the workflow installs (`requirement`).
    """
    check_no_digest(root)
    found = found or FoundFeeds()
    address = site_address.of_origin(root)
    text = _config(root, timezone, found, address)
    themes = parse_config(text).themes  # whatever a feed calls itself, what is written can be read
    this_copy = requirement.for_running_copy(now=now)
    name = starter_files.requirements_name(root, this_copy)
    files = starter_files.new_files(this_copy, themes, requirements=name)
    if found.feeds:
        del files[SAMPLE]
    if disk.read_inside(root, README) not in (None, files[README]):
        files[OTHER_README] = files.pop(README)
    config_file = (root / CONFIG_FILE).resolve()
    above = next(folder for folder in config_file.parents if folder.exists())
    written: list[str] = []
    kept: list[str] = []
    for file, content in sorted(files.items()):
        is_written = disk.create(root, file, content)
        if not is_written and file in init_record.LINES_ADDED:
            before = disk.read_inside(root, file) or b""
            after = starter_files.with_missing_lines(before, content.decode())
            is_written = after != before and disk.replace(root, file, before, after)
        (written if is_written else kept).append(file)
    disk.create(root, init_record.FILE, init_record.dumps(starter_files.managed(files)))
    check_no_digest(root)  # another run may have made one meanwhile
    disk.write(root, CONFIG_FILE, text.encode())  # last: a folder without it is not a digest yet
    disk.flush_names(
        above, [config_file.relative_to(above).as_posix()]
    )  # the new folders around it
    return InitReport(
        written=(*written, CONFIG_FILE),
        kept=tuple(kept),
        feeds=found.feeds,
        left_out=found.left_out,
        address=address,
        warnings=tuple(_warnings(root, files)),
    )


def check_no_digest(root: Path) -> None:
    """Raises DigestError if a folder is a digest already, or is inside one."""
    if (root / CONFIG_FILE).exists():
        cure = "choose another folder, or add a feed to it: digest feeds add URL"
        raise DigestError(f"{root / CONFIG_FILE}: this folder already has a digest; {cure}")
    for outer in root.resolve().parents:
        if (outer / CONFIG_FILE).exists():
            raise DigestError(
                f"{root}: this folder is inside the digest {outer}; choose one outside it"
            )


def _config(root: Path, timezone: str, found: FoundFeeds, address: str) -> str:
    """Returns the starter's `digest.toml`, called after the folder, with an id of its own and the
    feeds."""
    from digest.content.slug import ascii_words

    name = unicodedata.normalize("NFC", root.resolve().name)  # macOS parts letters and accents
    # Joiners are parts of words in Persian and in the languages of India.
    shown = (char if char.isprintable() or char in "\u200c\u200d" else " " for char in name)
    name = " ".join("".join(shown).split())
    title = name
    if name == name.lower() and " " not in name:  # a folder's name, such as my-digest
        title = " ".join(re.split(r"[\s._-]+", name)).strip()
        title = title[:1].title() + title[1:]
    values = {
        "@TITLE@": title if any(map(str.isalnum, name)) else "My digest",
        "@URL@": address or f"https://example.github.io/{ascii_words(name) or 'digest'}/",
        "@ID@": f"urn:uuid:{uuid.uuid4()}",
        "@TIMEZONE@": timezone,
        "@LANGUAGE@": found.language,
    }
    text = config_template.fill((STARTER / CONFIG_FILE).read_text(encoding="utf-8"), values)
    return config_template.with_feeds(text, found.feeds, found.folders) if found.feeds else text


def _warnings(root: Path, files: Iterable[str]) -> Iterator[str]:
    """Yields why the workflow will not run as things are, or not find what it installs."""
    if WORKFLOW not in files:
        yield f"{WORKFLOW}: not written, because this copy of Digest is not installed, and GitHub could not install it"
        return
    if git.prefix(root):
        cure = "run 'git init' here to make it a repository of its own"
        yield f"{WORKFLOW}: GitHub runs it at the top of a repository only, and this folder is inside one; {cure}"
    names = "\0".join(files).encode()
    try:
        ignored = git.run(root, "check-ignore", "-z", "--stdin", stdin=names, need="digest init")
    except DigestError:  # no git
        return
    for file in filter(None, ignored.stdout.decode(errors="replace").split("\0")):
        yield f"{file}: git ignores this file, and the digest needs it; find the rule with 'git check-ignore -v {file}'"
