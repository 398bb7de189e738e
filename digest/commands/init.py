"""`digest init`: a new digest in a folder, with a sample feed in a file, which works at once and without a network.

Refuses to touch what is there: a folder that is a digest already is an error, any other file in it stays as it is,
but for the one line that git has to know of the ledger and of `.digest/`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from digest import config, disk
from digest.errors import DigestError

STARTER = Path(__file__).parent.parent / "starter"
_DOTTED = frozenset({"gitignore", "gitattributes"})
"""Files that carry no dot in the package, since some tools leave dotfiles out of what they pack."""

_NEEDED = {".gitignore": f"{disk.CACHE}/", ".gitattributes": "content/ledger/*.jsonl merge=union text eol=lf"}
"""A line that git has to know, which is added to a file that is there already."""


@dataclass(frozen=True, slots=True)
class InitReport:
    """The files written (or added to) and those kept as they were, relative to the digest's root."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def run(root: Path) -> InitReport:
    """Makes a digest in `root`; raises DigestError where there is one already."""
    if (root / config.NAME).exists():
        raise DigestError(f"{root / config.NAME}: this folder is a digest already; name another folder")
    written: list[str] = []
    kept: list[str] = []
    for source in sorted(path for path in STARTER.rglob("*") if path.is_file()):
        place = source.relative_to(STARTER).as_posix()
        place = f".{place}" if place in _DOTTED else place
        if place == config.NAME:
            continue
        made = disk.create(root / place, source.read_bytes())
        if not made and place in _NEEDED:
            made = _add_missing(root / place, _NEEDED[place])
        (written if made else kept).append(place)
    disk.create(root / config.NAME, _config(root).encode())  # last: what has no digest.toml is no digest yet
    return InitReport(written=(*written, config.NAME), kept=tuple(kept))


def _add_missing(path: Path, line: str) -> bool:
    """Adds a line to a file that lacks it; tells whether it did."""
    if line in (disk.read(path) or b"").decode(errors="replace").splitlines():
        return False
    disk.append(path, f"{line}\n")
    return True


def _config(root: Path) -> str:
    """Returns the starter's `digest.toml`, called after the folder, with an id of its own."""
    name = root.resolve().name
    words = "".join(sign if sign.isalnum() else " " for sign in name).split()
    values = {
        "@TITLE@": " ".join(words).capitalize() or "My digest",
        "@URL@": f"https://example.github.io/{_ascii(words) or 'digest'}/",
        "@ID@": f"urn:uuid:{uuid.uuid4()}",
        "@TIMEZONE@": "UTC",
    }
    text = (STARTER / config.NAME).read_text(encoding="utf-8")
    for place, value in values.items():
        text = text.replace(place, value)
    return text


def _ascii(words: list[str]) -> str:
    return "-".join("".join(sign for sign in word.lower() if sign.isascii()) for word in words).strip("-")
