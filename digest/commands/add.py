"""`digest add`: a story from any web page, for what no feed carries.

    lock ──▶ fetch ──▶ read the page ──▶ is it here already? ──▶ a story file

Never adds a story twice, even if its file was deleted. The story gets no line in a feed's ledger,
since no feed carries it; if a feed does so later, that pull adopts the file. What the page said is
recorded in a ledger of its own, so that its summary is shown as the publisher's words and never as
the editor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import redact, urls
from digest.commands.shared import cached_content
from digest.content import store, story_file
from digest.content.edit import Edit
from digest.content.ledger import Ledgers
from digest.errors import DigestError
from digest.feeds import parse_client
from digest.feeds.fetch import fetch_page, user_agent
from digest.feeds.limits import USUAL, Limits
from digest.intake import add, snapshot
from digest.intake.new_story import has_credible_date
from digest.intake.snapshot import Snapshot
from digest.model import Config, Document, Failed, Story

_CURE = "write the story by hand into content/inbox/: title and link are enough, and the next pull files it"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """The story that was written; `is_dated` is False if its page has no date, so that it got the
    current time."""

    story: Story
    is_dated: bool
    problems: tuple[str, ...] = ()


def run(
    root: Path, config: Config, address: str, *, now: datetime, limits: Limits = USUAL
) -> AddReport:
    """Adds the story of a web page; raises DigestError if the page cannot be read or the story is
    here already."""
    with store.locked_for_writing(root):
        ledgers, problems = store.read_whole_ledgers(root)
        _check_new([address], _snapshot(root, config, ledgers, [address]))  # saves a request
        document, final = _read(address, config, now, limits)
        entry = document.entries[0]
        page_addresses = [address, final, entry.link]
        present = _snapshot(root, config, ledgers, page_addresses)
        _check_new(page_addresses, present)
        source = document.title or urls.host_of(entry.link)
        story = add.story_of(entry, source, present, config, now)
        # Ledger first: without its line, the page's words in the file would count as the editor's.
        store.add_lines(root, [add.record_of(story, now)])
        store.write_stories(root, [Edit(story.file, "", story_file.dumps(story))])
        cached_content.record_locations(root, config, now)
    return AddReport(
        story=story, is_dated=has_credible_date(entry, now), problems=tuple(map(str, problems))
    )


def _snapshot(root: Path, config: Config, ledgers: Ledgers, addresses: Sequence[str]) -> Snapshot:
    """Returns what the digest has that may be the story at these addresses."""
    search = add.search_texts_at(addresses, ledgers)
    altered = cached_content.read(root, config).altered
    return snapshot.read_snapshot(root, config, ledgers, search, altered)


def _check_new(addresses: Sequence[str], present: Snapshot) -> None:
    """Raises DigestError if the digest has, or had, the story at these addresses."""
    if why := add.why_not_new(addresses, present):
        raise DigestError(why)


def _read(address: str, config: Config, now: datetime, limits: Limits) -> tuple[Document, str]:
    """Returns the parsed page, and the URL after redirects."""
    fetched = fetch_page(address, agent=user_agent(config.site), now=now, limits=limits)
    document = fetched if isinstance(fetched, Failed) else parse_client.parse_page(fetched, limits)
    if document is None:
        raise DigestError(
            redact.mask(f"{address}: this is a feed; to pull it: digest feeds add URL")
        )
    if isinstance(fetched, Failed) or isinstance(document, Failed):
        reason = document.reason if isinstance(document, Failed) else ""
        raise DigestError(redact.mask(f"{address}: {reason}; {_CURE}"))
    return document, fetched.url
