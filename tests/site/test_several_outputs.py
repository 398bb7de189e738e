"""Several outputs of one digest, built in any order: each equals a clean build, whatever was built before."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import test_incremental as edits
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many
from repositories import git, own_settings
from sites import build_into, read_folder
from test_incremental import NOTES, NUMBERS, SMALL, THEMES, WORDS, Change, copied

from digest import config, disk
from digest.cache import Cache
from digest.commands import build, publish, publish_branch, serve
from digest.content import paths
from digest.errors import DigestError

HIDDEN = "content/2026/w20/2026-05-11-cranes-arrive.md"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ELSEWHERE = "https://harbour-mirror.net/deep/"


@pytest.fixture(scope="module", autouse=True)
def _own_git_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with own_settings(tmp_path_factory.mktemp("git")):
        yield


class Digest:
    """A digest in a repository with a remote, its outputs, and a preview that goes on from build to build.

    Each output method builds, and asserts that the output equals a build of a copy without any memory.
    """

    def __init__(self, folder: Path) -> None:
        self.root, self.remote = copied(SMALL, folder / "small"), folder / "remote.git"
        (self.root / "content/static/CNAME").unlink()
        edits.configured("https://example.org/", "https://harbour-notes.net/")(self.root)
        git(folder, "init", "--quiet", "--bare", str(self.remote))
        git(self.root, "init", "--quiet")
        git(self.root, "remote", "add", "origin", str(self.remote))
        self._preview = serve.Preview(self.root, lambda _: None, lambda: NOW)
        self._previewed: dict[str, bytes] = {}  # the files that the preview has seen
        self._cleaned: dict[object, dict[str, bytes] | str] = {}

    def site(self) -> None:
        self._compare(self.root / "site", self.build("site"), self._clean())

    def other(self) -> None:
        self._compare(self.root.with_name("other"), self.build("../other"), self._clean())

    def other_address(self) -> None:
        """The same folder, now for another address."""
        self._compare(
            self.root.with_name("other"), self.build("../other", ELSEWHERE), self._clean(ELSEWHERE)
        )

    def nested(self) -> None:
        """A folder within the site's own."""
        self._compare(
            self.root / "site/deep", self.build("site/deep", ELSEWHERE), self._clean(ELSEWHERE)
        )

    def preview(self) -> None:
        before, now = self._previewed, self._files()
        changed = frozenset(
            file for file in before.keys() | now.keys() if before.get(file) != now.get(file)
        )
        self._previewed = now
        problems = () if self._preview.rebuild(changed) else self._preview.state.shown.problems
        self._compare(
            self.root / ".digest/preview", "\n".join(map(str, problems)), self._clean(drafts=True)
        )

    def preview_and_rest(self) -> None:
        """The preview builds, and then keeps what it has learnt."""
        self.preview()
        self._preview.prepare()

    def preview_begins_anew(self) -> None:
        self._preview = serve.Preview(self.root, lambda _: None, lambda: NOW)

    def killed(self) -> None:
        """A build into the site that is killed before it has kept what it has learnt."""
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Cache, "save", lambda _: None)
                build_into(self.root / "site", self.root, config.load(self.root), extras=True)
        except DigestError:
            pass

    def dry_run(self) -> None:
        self._publish(dry=True)

    def publish(self) -> None:
        problem, clean = self._publish(dry=False), self._clean()
        assert problem == (clean if isinstance(clean, str) else "")
        if not problem:
            assert isinstance(clean, dict)
            rows = git(self.remote, "ls-tree", "-r", "gh-pages").splitlines()
            pushed = {
                path: about.split()[2] for about, _, path in (row.partition("\t") for row in rows)
            }
            assert pushed.pop(".nojekyll")
            assert pushed == {
                path: publish_branch.blob_id(content) for path, content in clean.items()
            }

    def _publish(self, *, dry: bool) -> str:
        try:
            publish.run(self.root, config.load(self.root), dry=dry, now=NOW)
        except DigestError as error:
            return str(error)
        return ""

    def build(self, output: str, base_url: str | None = None) -> str:
        """Builds, and returns what is wrong."""
        try:
            build.run(
                self.root,
                config.load(self.root),
                output=self.root / output,
                base_url=base_url,
                now=NOW,
            )
        except DigestError as error:
            return str(error)
        return ""

    def _clean(self, url: str = "", *, drafts: bool = False) -> dict[str, bytes] | str:
        """Returns the files of a clean build of the present content, or what is wrong with it."""
        state = url, drafts, tuple(sorted(self._files().items()))
        if state not in self._cleaned:
            root = copied(self.root, self.root.with_name("copy"))
            self._cleaned[state] = clean_build(root, url, drafts=drafts)
        return self._cleaned[state]

    def _compare(self, folder: Path, problem: str, clean: dict[str, bytes] | str) -> None:
        if isinstance(clean, str) or problem:
            assert problem == clean
            return
        built = {
            path: content
            for path, content in read_folder(folder).items()
            if not path.startswith("deep/")
        }
        assert built.keys() == clean.keys()
        assert [path for path, content in built.items() if content != clean[path]] == []

    def _files(self) -> dict[str, bytes]:
        walks = (os.walk(self.root / top, followlinks=True) for top in ("content", "templates"))
        below = (
            Path(folder, name) for walk in walks for folder, _, names in walk for name in names
        )
        files = [self.root / "digest.toml", *below]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}


def clean_build(root: Path, url: str, *, drafts: bool) -> dict[str, bytes] | str:
    """Returns the files of a digest that was not built yet, or what is wrong with it."""
    try:
        given = config.load(root)
        given = given._replace(site=given.site._replace(url=url)) if url else given
        build_into(root / "clean", root, given, drafts=drafts, extras=True)
    except DigestError as error:
        return str(error)
    return read_folder(root / "clean")


def put(file: Path, content: bytes) -> None:
    """Writes a file."""
    file.write_bytes(content)


def settle() -> None:
    """Waits until what has been written is old enough that its time of change is believed."""
    time.sleep(disk._TICK / 1e9 + 0.01)


def hidden(root: Path) -> None:
    edits.replaced(HIDDEN, "\n---\n", "\nhide: true\n---\n")(root)


def same_size_and_time(root: Path) -> None:
    """An edit after which the file has the size and the time that it had, as `cp -p` leaves it."""
    status = (root / HIDDEN).stat()
    edits.replaced(HIDDEN, "rane", "rate")(root)
    os.utime(root / HIDDEN, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (root / HIDDEN).stat().st_size == status.st_size


CHANGES: dict[str, Change] = {
    "an edit": edits.noted(1, "Said later."),
    "a story that is hidden": hidden,
    "a story that becomes a draft": edits.replaced(HIDDEN, "\n---\n", "\ndraft: true\n---\n"),
    "a deletion": edits.gone(HIDDEN),
    "a move": edits.renamed(HIDDEN, HIDDEN.replace("w20", "w22")),
    "an edit that leaves size and time": same_size_and_time,
    "a letter": edits.written("content/2026/w20/letter.md", "Dear reader.\n"),
    "a picture": edits.written("content/2026/w19/quay.svg", edits.PIXEL.format(9)),
    "a picture that is gone": edits.gone("content/2026/w19/quay.svg"),
    "a ledger": edits.recorded(0),
    "a template": edits.written("templates/story/line.html", "{{ card.headline|upper }}"),
    "digest.toml": edits.configured('title = "Ice"', 'title = "Frost"'),
}
BETWEEN: dict[str, Callable[[Digest], object]] = {
    "another folder": Digest.other,
    "another address": Digest.other_address,
    "a folder within": Digest.nested,
    "a dry run": Digest.dry_run,
    "a publication": Digest.publish,
    "a preview": Digest.preview_and_rest,
    "a killed build": Digest.killed,
}


@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
def test_a_change_built_for_another_output_first_reaches_the_site(
    tmp_path: Path, between: Callable[[Digest], object]
) -> None:
    digest = Digest(tmp_path)
    settle()
    digest.site()
    digest.publish()
    for change in (edits.noted(1, "Said later."), hidden):
        change(digest.root)
        settle()
        between(digest)
        digest.site()
        digest.publish()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_built_in_another_folder_does_not_count_as_built(
    tmp_path: Path, change: Change
) -> None:
    digest = Digest(tmp_path)
    settle()
    digest.site()
    change(digest.root)
    settle()
    digest.other()
    digest.site()


def test_a_place_merged_by_git_during_a_build_is_read_by_the_next_one(tmp_path: Path) -> None:
    digest = Digest(tmp_path)
    places = digest.root / paths.LOCATIONS
    digest.site()
    ours = places.read_bytes()
    moved = HIDDEN.replace("w20", "w22")
    edits.renamed(HIDDEN, moved)(digest.root)
    digest.site()
    theirs = places.read_bytes()
    edits.renamed(moved, HIDDEN.replace("w20", "w21"))(digest.root)
    places.write_bytes(ours)
    settle()
    output, given = digest.root / "site", config.load(digest.root)
    build.run(
        digest.root,
        given,
        output=output,
        base_url=None,
        now=NOW,
        on_progress=lambda *_: put(places, theirs),
    )
    settle()

    digest.site()


def test_a_changed_template_in_a_linked_folder_is_noticed(tmp_path: Path) -> None:
    digest = Digest(tmp_path)
    linked = digest.root / "ours/line.html"
    linked.parent.mkdir()
    linked.write_text("{{ card.headline }}")
    (digest.root / "templates").mkdir()
    (digest.root / "templates/story").symlink_to(linked.parent)
    digest.site()

    linked.write_text("{{ card.headline|upper }}")

    digest.site()


FILES = edits.FILES.filter(lambda pair: "CNAME" not in pair[0])
EDITS: st.SearchStrategy[Change] = st.one_of(
    st.builds(edits.added, NUMBERS, WORDS, THEMES, NOTES),
    st.builds(edits.noted, NUMBERS, NOTES),
    st.builds(edits.said, NUMBERS, st.sampled_from(["hide: true", "draft: true", "lead: true"])),
    st.builds(edits.retitled, NUMBERS, WORDS),
    st.builds(edits.moved, NUMBERS, st.integers(18, 22)),
    st.builds(edits.deleted, NUMBERS),
    st.builds(edits.touched, NUMBERS),
    st.builds(lambda pair: edits.written(*pair), FILES),
    st.builds(lambda pair: edits.gone(pair[0]), FILES),
    st.builds(lambda pair: edits.configured(*pair), edits.SETTINGS),
    st.builds(lambda pair: edits.wronged(*pair), edits.WRONG),
    st.builds(edits.recorded, NUMBERS),
    st.builds(edits.meddled, NUMBERS),
)
OUTPUTS = st.sampled_from(
    [
        Digest.site, Digest.site, Digest.site, Digest.other, Digest.other_address, Digest.nested, Digest.publish,
        Digest.dry_run, Digest.preview, Digest.preview_and_rest, Digest.preview_begins_anew, Digest.killed,
    ]
)  # fmt: skip


@settings(max_examples=many(4))
@given(
    st.lists(
        st.tuples(st.lists(EDITS, max_size=2), st.lists(OUTPUTS, min_size=1, max_size=4)),
        max_size=6,
    )
)
def test_each_output_equals_a_clean_build_whatever_is_built_in_between(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[list[Change], list[Callable[[Digest], None]]]],
) -> None:
    digest = Digest(tmp_path_factory.mktemp("outputs"))
    settle()
    for changes, outputs in steps:
        for change in changes:
            change(digest.root)
        if changes:
            settle()
        for output in outputs:
            output(digest)
