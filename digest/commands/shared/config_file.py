"""Reads digest.toml to edit it, and writes the edited text, if it says what was intended.

read ──▶ its text and what it says ──(config_edit)──▶ the new text ──▶ write
"""

from __future__ import annotations

from pathlib import Path

from digest import config_edit, disk
from digest.config import load as load_config
from digest.config import loads as parse_config
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Config


def read(root: Path) -> tuple[str, Config]:
    """Returns digest.toml as text, and what it says; raises Faults if it has errors."""
    config = load_config(root)
    return (disk.read_inside(root, CONFIG_FILE) or b"").decode(), config


def parse(text: str) -> Config:
    """Returns what the text of digest.toml says; raises Faults if it has errors."""
    return parse_config(text.removeprefix("\ufeff"))


def write(root: Path, before: str, after: str, expected: Config) -> None:
    """Writes the new text; raises DigestError if it says something else than `expected`, or if the
    file has changed in the meantime.

    Names of feeds do not count: `config` fills them in if a table has none.
    """

    def without_names(config: Config) -> Config:
        feeds = (feed._replace(title="", publisher="") for feed in config.feeds)
        return config._replace(feeds=tuple(feeds))

    if without_names(parse(after)) != without_names(expected):
        raise DigestError(
            f"{CONFIG_FILE}: Digest cannot change this file without changing other lines, too; make the change by hand"
        )
    config_edit.write(root, before, after)
