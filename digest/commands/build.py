"""`digest build`: stories into the site.

    lock ──▶ look ──nothing new──▶ report
               └▶ read what changed ──▶ arrange ──▶ plan ──▶ make what would differ, unseen ──▶ commit ──▶ report

Nothing is seen of a build before all of it is made, so one that fails leaves the old site whole. What it remembers of
the last one saves it work and never changes what comes out. Reads no clock: the same content, templates and config
give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest import disk, domain, links, memory, pair, redact
from digest.errors import DigestError, Faults
from digest.model import Config
from digest.pages import ingredients
from digest.pages import output as outputs
from digest.pages.addresses import Base
from digest.pages.output import Output, Written
from digest.pages.past import Past
from digest.stories import public, sight
from digest.stories.shelf import Shelf
from digest.stories.sight import Sight, again, look

if TYPE_CHECKING:
    from digest.model import Catalogue
    from digest.pages.archive import Archive
    from digest.pages.lasting import Lasting
    from digest.pages.making import Told
    from digest.pair import Partner


_LARGE = 30_000  # stories: with fewer, it takes longer to let go of what was read of them than the room is worth
_MANY = 1000  # stories: with fewer to be read, a second process takes longer to begin than it saves


class BuildReport(NamedTuple):
    """What a build did: `pages` is every file of the site, parted into `written` and `unchanged`.

    `warning` says what is missing in it, and why; `notice` which memory of earlier builds was thrown away;
    `unrecorded` why it could not be noted where stories are; `not_removed` which old files could not be removed;
    `secrets` which files have a secret that was left out; `damaged` which lines of ledgers cannot be read, so that
    addresses and Atom ids may change; `hints` what an editor may want to look at in the texts whose pages were made.
    """

    output: Path
    url: str
    stories: int
    weeks: int
    themes: int
    pages: int
    written: int
    unchanged: int
    removed: int
    warning: str = ""
    notice: str = ""
    unrecorded: str = ""
    not_removed: tuple[str, ...] = ()
    secrets: str = ""
    damaged: Sequence[str] = ()
    hints: Sequence[str] = ()


class Built(NamedTuple):
    """What a build went by, and what it wrote."""

    catalogue: Catalogue
    archive: Archive
    written: Written
    warning: str


def run(
    root: Path,
    config: Config,
    *,
    output: Path,
    base_url: str | None,
    told: Told | None = None,
    now: datetime | None = None,
    force: bool = False,
) -> BuildReport:
    """Builds the digest at `root` into `output`, for the site's own address or for `base_url`.

    `told` hears how far it is. With `now`, the places of stories that no ledger has yet are recorded, so that
    their addresses redirect when they are moved later. No byte of the site depends on `now`.
    With `force`, files in the folder that Digest did not make are written over.
    Raises DigestError, of which Faults names every problem in content, links and templates; then nothing is written.
    """
    folder = outputs.check(root, output)
    _refuse_domain(root, config)
    config = config if base_url is None else _rebased(config, base_url)
    with disk.lock(root):
        builder, written, odd = _built(root, lambda: Builder(root, config, folder, now=now, force=force), told)
    return BuildReport(
        output=output,
        url=config.site.url,
        **builder.past.told,
        themes=len(config.themes),
        pages=written.written + written.unchanged,
        written=written.written,
        unchanged=written.unchanged,
        removed=written.removed,
        notice=thrown_away(odd) or builder.notice,
        unrecorded=builder.unrecorded,
        hints=builder.hints,
        not_removed=written.not_removed,
    )


def _built(root: Path, begun: Callable[[], Builder], told: Told | None) -> tuple[Builder, Written, str]:
    """Builds, and returns by what, what was written, and why memories were thrown away on the way."""

    def attempt() -> tuple[Builder, Written]:
        builder = begun()
        seen = builder.look()
        return builder, builder.unchanged(seen) or builder.build(seen, told).written

    (builder, written), odd = memory.believing(root, attempt)
    return builder, written, odd


def thrown_away(word: str) -> str:
    """Returns what to say where memories were thrown away, nothing where there is no word of that."""
    return f"{disk.CACHE}/: what the last build left there {word}, so everything is built again" if word else ""


class Builder:
    """Builds one digest into one folder as often as it is asked to; the caller holds the digest's lock.

    With `drafts`, what waits as such is built as well; unless it is `searched`, no index is made. With `now`, the
    ledgers are told where stories are.
    """

    def __init__(
        self,
        root: Path,
        config: Config,
        folder: Path,
        *,
        drafts: bool = False,
        searched: bool = True,
        now: datetime | None = None,
        force: bool = False,
    ) -> None:
        self._force = force
        self._root, self._config, self._folder, self._drafts = root, config, folder, drafts
        self._searched, self._now = searched, now
        self._seen: Sight | None = None
        self._archive: Archive | None = None
        self._lasting: Lasting | None = None
        self._output: Output | None = None
        self._shelf = Shelf(root, config, ingredients.of_reading(config))
        self._whole = ingredients.of_pages(root, config, drafts=drafts)
        self.past = Past(root, folder, self._whole)
        self.unrecorded = ""
        self.hints: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """Which memory was thrown away, as far as it has been asked for; nothing where none was."""
        return thrown_away(self._shelf.word or self.past.word)

    def look(self, files: Collection[str] = ()) -> Sight:
        """Returns what the content looks like now; where these files alone have changed, no others are looked at."""
        since = disk.moment(self._root)
        known = again(self._root, self._seen, files, since) if self._seen and files else None
        self._seen = known or look(self._root, since)
        if self._seen.unfinished:
            from digest.stories import store  # which hardly any build needs by now

            if any(store.sweep(self._root)):
                self._seen = look(self._root, since)
        return self._seen

    def unchanged(self, seen: Sight) -> Written | None:
        """Returns what to report of a build that has nothing to do, None where there may be something."""
        if self.past.told.get("warning") or self._shelf.word or seen.problems:
            return None  # what could not be made the last time may be made now
        if self.past.content != sight.fingerprint(seen.folders) or (self._now and self._shelf.has_news):
            return None
        output = Output(self._root, self._folder, self.past.paths, stamps=self.past.stamps)
        return output.commit() if self.past.stands(output) else None

    def build(self, seen: Sight, told: Told | None = None, *, keep: bool = True) -> Built:
        """Builds what has changed of the content that looks so; raises DigestError, and then nothing is written.

        Unless it shall `keep` what it has learnt for other runs, `keep` may do so later.
        """
        known = self._shelf.known(seen)
        if known:
            return self._built(known, seen, told, keep)
        whole = self._shelf.whole(seen)
        if len(whole.named) < _MANY or not pair.has_room():
            return self._built(self._shelf.read(whole, seen), seen, told, keep)
        from digest.pages.render import Renderer  # and all that it brings, once for both

        Renderer(self._root, Base(self._config.site.url)).compile()
        with pair.begun() as partner:
            catalogue = self._shelf.read(whole, seen, partner)
            if len(whole.named) > _LARGE:
                del whole  # which holds the ledgers: they take more than all the rest of a large archive
            return self._built(catalogue, seen, told, keep, partner)

    def _built(
        self, catalogue: Catalogue, seen: Sight, told: Told | None, keep: bool, partner: Partner | None = None
    ) -> Built:
        """Builds the site of a catalogue; with a partner, the second ends on the way."""
        from digest.pages import search_index
        from digest.pages.arrange import arrange
        from digest.pages.making import make
        from digest.pages.plan import plan

        root, config, whole = self._root, self._config, catalogue
        catalogue = public.published(whole)
        archive = self._archive = arrange(catalogue, config, drafts=self._drafts, before=self._archive)
        index = search_index.Index()
        if self._searched and not (partner and partner.second):
            index = search_index.index(catalogue, archive, config, root)
        program = partner.told(index.program) if partner else index.program
        searched = bool(program)
        planned = plan(
            catalogue, archive, config, self.past.texts, self._lasting, searched=searched, program=program, once=keep
        )
        paths, stamps = [*planned.paths, *index.files], self.past.stamps
        output = Output(root, self._folder, paths, self._output, stamps=stamps, id=config.site.id, force=self._force)
        self._output = None  # what a build that fails leaves is looked at
        if partner:
            partner.swap(None)  # neither looks any more at what lies in the folder when the other begins to write there
        made = partial(make, whole=self._whole, root=root, since=seen.since, told=told, partner=partner)
        written, keys = made(planned, index, output, self.past)
        report = {
            "stories": len(archive.stories),
            "weeks": len(archive.editions),
            "warning": index.warning,
            "secrets": public.notice(whole),
            "damaged": tuple(map(str, whole.damaged)),
        }
        self.past.learn(keys, output, report)
        self.hints = tuple(str(one._replace(what=f"hint: {one.what}")) for one in planned.found() if one.hint)
        self._lasting, self._output = planned.setting.lasting, output.leave()
        if self._now:
            self._record(self._now)
        if keep:
            self.keep()
        return Built(catalogue=whole, archive=archive, written=written, warning=index.warning)

    def _record(self, now: datetime) -> None:
        """Adds to the ledgers where stories are; where that cannot be written, the site is what counts."""
        try:
            self._shelf.record(now)
        except DigestError as error:
            self.unrecorded = f"{error}; so if you later move or rename a story, links to its old address may break"

    def keep(self) -> None:
        """Keeps what the last build has learnt, so that the next run begins with it."""
        self._shelf.keep()
        output, self._output = self._output, None
        is_left = output is not None and output.is_left()
        self.past.keep(self._shelf.fingerprint)
        if output and is_left:
            self._output = output.leave()


def _refuse_domain(root: Path, config: Config) -> None:
    """Raises Faults where `content/static/CNAME` names no host, or another one than `url` in digest.toml."""
    named = disk.read_inside(root, domain.FILE)
    problem = None if named is None else domain.problem(named, config.site.url)
    if problem and not problem.hint:
        raise Faults([problem])


def _rebased(config: Config, base_url: str) -> Config:
    """Returns the config with another address; ids stay, for they were made before."""
    url = links.site_url(base_url)
    if url is None:
        raise DigestError(f"'{redact.mask(base_url)}' is not an http(s) address that a site can have")
    return config._replace(site=config.site._replace(url=url))
