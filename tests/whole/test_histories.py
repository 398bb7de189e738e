"""What readers are promised, held over random histories of one digest on two machines that share it through git:
an editor's, and one that only pulls and commits, as a scheduled job does.

Corrections arrive in unedited stories. An address that was once built leads to its story for as long as the
story is published, and never to another one. A story keeps its Atom id. No quotation changes its speaker. Both machines
build the same bytes, with caches and without.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import newsroom
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from many import in_parts, many
from test_sequences import BIG, Sequence, Step, _chosen, _fields, _is_story, _number, _read

from digest import config
from digest.commands import build, pull
from digest.commands.pull_report import PullReport
from digest.content import load
from digest.errors import Faults

GIT = (
    "git",
    "-c",
    "user.name=T",
    "-c",
    "user.email=t@example.org",
    "-c",
    "merge.conflictStyle=merge",
)
ARTICLE = re.compile(r'<article class="(?:card|line)[^"]*" id="([^"]+)">(.*?)</article>', re.DOTALL)
REDIRECT = re.compile(r'<li id="([^"_][^"]*)"><a [^>]*?href="([^"]+)"')
LINK = re.compile(
    r'<h3[^>]*><a [^>]*?href="https?://news\.example/(?:article/3500(\d+)|story-(\d+)|(\d+))(?:[/"?])'
)
ALSO = re.compile(
    r'<p class="original" id="([^"]+)">Also: <cite[^>]*><a href="https?://news\.example/(?:article/3500(\d+)|story-(\d+)|(\d+))[/"?]'
)
EXCERPT = re.compile(r'<blockquote class="excerpt"[^>]*>(.*?)</blockquote>', re.DOTALL)
QUOTATION = re.compile(r"<blockquote>.*?</blockquote>", re.DOTALL)
NOTE = re.compile(r'<div class="note[^"]*"[^>]*>(.*?)</div>', re.DOTALL)
ENTRY = re.compile(r"<entry>(.*?)</entry>", re.DOTALL)
PUBLISHERS = re.compile(r"two paragraphs|some five words|said .{0,9}v\d|&amp; more")
"""Words of the publisher's summaries, as pages show them."""


class History(Sequence):
    """A digest on the editor's machine, `root`, and on the job's, `job`."""

    def __init__(self, folder: Path) -> None:
        root, self.job, self.folder = folder / "desk", folder / "job", folder
        root.mkdir()
        super().__init__(root)
        (root / ".gitignore").write_text("/.digest/\n/site/\n/first.json\n/second.json\n")
        (root / ".gitattributes").write_text("content/ledger/*.jsonl merge=union text eol=lf\n")
        self._git(root, "init", "-q", "-b", "main")
        self._commit(root)
        self._git(folder, "clone", "-q", root, self.job)
        self.owners: dict[tuple[str, str], int] = {}
        """The story that each address ever built belongs to: page and fragment, number."""
        self.live: set[tuple[str, str]] = set()
        """The addresses whose story has not been deleted since."""
        self.ids: dict[int, str] = {}
        self.replaced: set[str] = set()
        """The files whose conflicts were resolved by using one side."""

    def do_hide(self, one: int, _: int) -> None:
        self._edit(
            one, lambda text: re.sub(rb"(?m)^(link:[^\r\n]*)", rb"\1\nhide: true", text, count=1)
        )

    def do_show(self, _: int, __: int) -> None:
        for file in self._stories():
            text = (self.root / file).read_bytes()
            (self.root / file).write_bytes(re.sub(rb"(?m)^hide: true\n", b"", text))

    def do_also(self, one: int, other: int) -> None:
        """The editor names another story of the week, or one that is not in it, as the same event."""
        file, named = _chosen(self._stories(), one), _chosen(self._stories(), other)
        beside = [
            place
            for place in self._stories()
            if place.rpartition("/")[0] == file.rpartition("/")[0]
        ]
        names = {named, _chosen(beside, other)} if other % 2 else {_chosen(beside, other)}
        words = ", ".join(sorted(name.rpartition("/")[2] for name in names)).encode()

        def also(text: bytes) -> bytes:
            text = re.sub(rb"(?m)^also:[^\r\n]*\r?\n", b"", text)
            return re.sub(rb"(?m)^(link:[^\r\n]*)", rb"\1\nalso: [" + words + b"]", text, count=1)

        self._edit(one, also)

    def do_alone(self, _: int, __: int) -> None:
        for file in self._stories():
            text = (self.root / file).read_bytes()
            (self.root / file).write_bytes(re.sub(rb"(?m)^also:[^\r\n]*\r?\n", b"", text))

    def do_swap(self, one: int, other: int) -> None:
        """Two files change places; the job sees it before it pulls again, since git would merge one into the other."""
        self.do_sync(0, 0)
        super().do_swap(one, other)
        self.do_sync(0, 0)

    def do_job(self, one: int, _: int) -> None:
        """The job pulls and commits."""
        self.publisher.write(self.job)
        self.now += timedelta(minutes=13)
        at = config.load(self.job)
        report = pull.run(
            self.job,
            at,
            pull.select_feeds(at, newsroom.FEEDS if one % 4 else newsroom.FEEDS[:1]),
            now=self.now,
        )
        self._hold_report(report)
        self._commit(self.job)

    def _pull(self, names: tuple[str, ...]) -> None:
        self.now += timedelta(hours=1)
        self._hold_report(
            pull.run(self.root, self.config, pull.select_feeds(self.config, names), now=self.now)
        )

    def _hold_report(self, report: PullReport) -> None:
        """Nothing is wrong, but for what git does not have: files that were deleted before they were committed."""
        others = [
            line
            for line in report.problems
            if "never committed" not in line and "before git had" not in line
        ]
        assert (report.failed, others) == (0, [])

    def do_sync(self, _: int, __: int) -> None:
        """The editor commits and merges what the job has; the job takes the result."""
        self._commit(self.root)
        before, known = _read(self.root / "content"), set(self._in_ledgers())
        self._git(self.root, "fetch", "-q", self.job, "main")
        self.replaced.clear()
        merged = self._git(self.root, "merge", "-q", "--no-edit", "FETCH_HEAD", may_fail=True)
        if merged:
            self._resolve()
        self._learn(before, known)
        self._git(self.job, "fetch", "-q", self.root, "main")
        self._git(self.job, "merge", "-q", "--ff-only", "FETCH_HEAD")

    def _resolve(self) -> None:
        """Resolves every conflict as an editor would: their own file stays where they have one."""
        for line in self._git_out(self.root, "status", "--porcelain=v1", "-z").split("\0"):
            state, file = line[:2], line[3:]
            if state in {"UU", "AA"}:
                side = "--theirs" if file in self.pristine and state == "UU" else "--ours"
                self._git(self.root, "checkout", side, "--", file)
                self.pristine.discard(file)
                self.replaced.add(file)
                note(f"  conflict in {file}: {side}")
            elif state in {"UD", "DU", "DD", "UA", "AU"}:
                note(f"  conflict in {file}: {state}")
                ours = state in {"UD", "AU"}
                self._git(
                    self.root,
                    "checkout" if ours else "rm",
                    "--ours" if ours else "-q",
                    "--",
                    file,
                    may_fail=True,
                )
        self._commit(self.root)

    def _learn(self, before: dict[str, bytes], known: set[int]) -> None:
        """Takes note of what a merge has brought, and removes the second file of one story.

        A story that this machine had pulled too, and deleted, comes back in another state than its ledger says.
        """
        after = _read(self.root / "content")
        there = {number: file for file, number in self.owner.items()}
        for file in sorted(after):
            place = f"content/{file}"
            if not _is_story(place) or after[file] == before.get(file):
                continue
            number = self.owner.get(place) or self._number_of(after[file])
            if file not in before and number in there:
                (self.root / place).unlink()
                self.pristine.discard(there[number])
                continue
            if file not in before:
                self.owner[place], self.put[place] = number, _fields(after[file])
                self.pristine |= {place} if number not in known else set()
                there[number] = place
            else:
                if place not in self.replaced:
                    self._hold_story(place, before[file], after[file])
                self.put[place] |= _fields(after[file])
        self._commit(self.root)

    def _number_of(self, text: bytes) -> int:
        found = re.search(
            rb"(?m)^link: .*?news\.example/(?:article/3500(\d+)|story-(\d+)|(\d+))", text
        )
        return int(next(filter(None, found.groups()))) if found else _number(text)

    def do_delete(self, one: int, other: int) -> None:
        number = self.owner.get(_chosen(self._stories(), one))
        super().do_delete(one, other)
        if number is not None and number not in self.owner.values():
            self.ids.pop(number, None)
            self.live = {address for address in self.live if self.owners[address] != number}

    def do_build(self, one: int, _: int) -> None:
        if not self._build(self.root):
            return
        pages = {
            path: text.decode()
            for path, text in _read(self.root / "site").items()
            if path.endswith(".html")
        }
        self._hold_addresses(pages)
        self._hold_ids((self.root / "site" / "feed.atom").read_text())
        self._hold_speakers(pages)
        if one % 3 == 0:
            self._hold_bytes()

    def _build(self, root: Path) -> bool:
        """True if the site could be built; the two files of one story that a clone can bring are an error."""
        self.now += timedelta(minutes=1)
        try:
            build.run(root, config.load(root), output=root / "site", base_url=None, now=self.now)
        except Faults as faults:
            assert all(problem.file for problem in faults.problems)
            return False
        return True

    def _hold_addresses(self, pages: dict[str, str]) -> None:
        shown: dict[tuple[str, str], int] = {}
        redirects: dict[tuple[str, str], tuple[str, str]] = {}
        for path, page in pages.items():
            if re.fullmatch(r"\d{4}/w\d\d/index\.html", path):
                for anchor, article in ARTICLE.findall(page):
                    found = LINK.search(article)
                    assert found, article
                    shown[path, anchor] = int(next(filter(None, found.groups())))
                for anchor, *numbers in ALSO.findall(page):
                    assert (path, anchor) not in shown
                    shown[path, anchor] = int(next(filter(None, numbers)))
                for anchor, href in REDIRECT.findall(page):
                    target, _, fragment = href.partition("#")
                    redirects[path, anchor] = f"{target.lstrip('/')}index.html", fragment
        content = load.load(self.root, config.load(self.root))
        published = [story for story in content.stories if not (story.hide or story.draft)]
        assert len(shown) == len(published), "a story is shown twice, or nowhere"
        for address, number in shown.items():
            owner = self.owners.setdefault(address, number)
            assert owner == number, f"{address} was E{owner}'s and now shows E{number}"
            self.live.add(address)
        public = set(shown.values())
        for address in sorted(self.live):
            number = self.owners[address]
            if number in public:
                target = redirects.get(address, address)
                assert shown.get(target) == number, (
                    f"{address} of E{number} leads to {target}: {shown.get(target)}"
                )

    def _hold_ids(self, feed: str) -> None:
        for entry in ENTRY.findall(feed):
            found = re.search(r"news\.example/(?:article/3500(\d+)|story-(\d+)|(\d+))", entry)
            named = re.search(r"<id>([^<]+)</id>", entry)
            assert found and named, entry
            number = int(next(filter(None, found.groups())))
            assert self.ids.setdefault(number, named[1]) == named[1], (
                f"E{number} has another Atom id"
            )

    def _hold_speakers(self, pages: dict[str, str]) -> None:
        for path, page in pages.items():
            for excerpt in EXCERPT.findall(page):
                assert "✎" not in excerpt, (
                    f"{path}: the editor's words are shown as the publisher's: {excerpt}"
                )
            for words in NOTE.findall(page):
                outside = QUOTATION.sub("", words)
                assert not PUBLISHERS.search(outside), (
                    f"{path}: the publisher's words are shown as ours: {outside}"
                )

    def _hold_bytes(self) -> None:
        """A clone without caches builds the same site."""
        self._commit(self.root)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            clone = Path(folder, "clone")
            self._git(self.folder, "clone", "-q", self.root, clone)
            assert self._build(clone)
            assert _read(clone / "site") == _read(self.root / "site"), (
                "another machine builds another site"
            )

    def _commit(self, root: Path) -> None:
        self._git(root, "add", "-A")
        self._git(root, "commit", "-q", "--allow-empty", "-m", "Work")

    def _git(self, root: Path, *words: object, may_fail: bool = False) -> int:
        done = subprocess.run(
            [*GIT, "-C", root, *map(str, words)], capture_output=True, text=True, check=False
        )
        assert may_fail or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.returncode

    def _git_out(self, root: Path, *words: str) -> str:
        return subprocess.run(
            [*GIT, "-C", root, *words], capture_output=True, text=True, check=True
        ).stdout


KINDS = ("tell", "tell", "tell", "edit", "edit", "pull", "pull", "job", "job", "sync", "sync", "move", "rename",
         "swap", "delete", "write", "earlier", "clash", "hide", "show", "also", "also", "also", "also", "alone",
         "build", "build", "build")  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), BIG, BIG), min_size=3, max_size=14)


CALM = settings(
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("part", range(3))
def test_no_history_on_two_machines_breaks_the_guarantees_to_readers(part: int) -> None:
    some = settings(CALM, max_examples=many(4))
    in_parts(some(given(STEPS)(lambda steps: _play(steps, part))), part)()


def test_a_story_that_two_machines_named_differently_keeps_both_addresses() -> None:
    steps = [("tell", 0, 0), ("job", 0, 0), ("move", 0, 1)]
    CALM(given(st.just(steps))(lambda steps: _play(steps, 2)))()


def _play(steps: list[Step], part: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        history.now += timedelta(minutes=part)
        for step in _framed(steps, part):
            note(f"{step}")
            history.step(step)


def _framed(steps: list[Step], part: int) -> Iterator[Step]:
    yield from [("pull", 1, 1), ("build", 1, 1), *steps]
    yield from [
        ("sync", 1, 1),
        ("build", 3, 1),
        ("tell", part, part),
        ("pull", 1, 1),
        ("build", 3, 1),
    ]
