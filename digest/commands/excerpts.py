"""`digest excerpts`: cuts the excerpts that pull wrote to the `excerpt` of digest.toml, or removes
them if that is 0.

    survey ──cut──▶ what to do with each story's excerpt ──▶ edits, then lines of the ledger ──▶ report

An excerpt that an editor changed is listed and left alone. If the run is killed, the next one, or
the next pull, adds the lines of the stories that were written (`journal`).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.cache import Cache
from digest.commands.shared import git_merges, journal
from digest.content import load, recut, store
from digest.content.recut import Cut
from digest.errors import changed_meanwhile
from digest.model import Config, Skipped


@dataclass(frozen=True, slots=True)
class ExcerptChange:
    """A story and what was done with its excerpt: "shortened", "lengthened", "removed" or
    "restored"."""

    file: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptsReport:
    """What was changed, and what was not.

    - `excerpts`: how many pull wrote
    - `short`: how many cannot be lengthened, since their whole summaries are not stored
    - `gone`: how many were removed earlier and cannot be restored, for the same reason
    - `unknown`: how many are of feeds that digest.toml does not name
    - `left`: lines on files that were left alone
    - `skipped`: files that cannot be read
    """

    changed: tuple[ExcerptChange, ...]
    excerpts: int
    short: int
    gone: int
    unknown: int
    left: tuple[str, ...]
    dry: bool
    skipped: Skipped

    @property
    def counts(self) -> Mapping[str, int]:
        """How many excerpts were shortened, lengthened, removed or restored."""
        return Counter(change.state for change in self.changed)


def run(root: Path, config: Config, *, now: datetime, dry: bool = False) -> ExcerptsReport:
    """Cuts every excerpt that pull wrote to the length in digest.toml; with `dry` nothing is
    written."""
    feeds = {feed.id: feed for feed in config.feeds}
    with store.locked_for_writing(root, dry=dry), Cache(root) as cache:
        if not dry:
            journal.complete(root, cache, feeds)
        survey = load.survey(root, config)
        history, summaries_of = survey.history, store.summaries_of(root)
        cuts = list[Cut]()
        for story in survey.content.stories:
            records = history.of(story)
            feed = recut.feed_of(story, records, feeds)
            cuts.append(recut.decide(story, records, feed, summaries_of(story)))
        due = {cut.story.file: cut for cut in cuts if cut.is_due}
        texts = {file: store.read_exactly(root, file) for file in due}
        edits = recut.edits_of(due.values(), texts, config.site.zone)
        done = {file: cut for file, cut in due.items() if edits[file]}
        changed_files: tuple[str, ...] = ()
        if done and not dry:
            stories = [cut.story for cut in done.values()]
            merges = git_merges.find_merges(root, stories, history, texts.__getitem__)
            lines = {
                file: recut.ledger_lines([cut], edits, merges, now) for file, cut in done.items()
            }
            made = [edit for edit in edits.values() if edit]
            with journal.noted(root, cache, made, lines):
                changed_files = store.apply_edits(root, made)
                for file in changed_files:
                    del lines[file]
                store.add_lines(root, itertools.chain(*lines.values()))
            cache.save(flush=True)
    left = []
    for cut in cuts:
        if cut.why_not == recut.EDITED:
            what = "its excerpt is not as pull wrote it, so it counts as yours; left unchanged"
            left.append(f"{cut.story.file}: {what}")
    for file, edit in edits.items():
        if edit is None:
            what = "Digest cannot change its excerpt safely; left unchanged, so edit it by hand"
            left.append(f"{file}: {what}")
    for file in changed_files:
        left.append(changed_meanwhile(file))
        del done[file]
    reasons = Counter(cut.why_not for cut in cuts if cut.is_counted)
    return ExcerptsReport(
        changed=tuple(ExcerptChange(file, cut.action) for file, cut in done.items()),
        excerpts=reasons.total(),
        short=reasons[recut.TOO_SHORT],
        gone=reasons[recut.GONE],
        unknown=reasons[recut.UNKNOWN],
        left=tuple(left),
        skipped=survey.skipped,
        dry=dry,
    )
