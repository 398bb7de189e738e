"""`digest init`: a new digest in a folder, with a sample feed in a file, or with feeds of one's own.

    own addresses ──find──▶ feeds │ a reader's list ──▶ feeds │ all of them, once ──▶ digest.toml

Never changes an existing digest: that is an error. Other files in the folder stay as they are, except that git gets
lines for the ledger, `.digest/` and the site. Addresses that are given one by one are requested, and nothing is written
unless each leads to a feed; those of a list are not requested. The workflow installs this very copy of Digest
(`requirement`), and the site's address is that of the remote `origin`.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest import __version__, config, config_template, disk, git, redact, urls
from digest.commands import init_record, requirement, site_address, workflow
from digest.commands.requirement import Requirement
from digest.errors import DigestError
from digest.feeds.limits import USUAL, Limits
from digest.model import CONFIG_FILE, Failed, Feed, Theme
from digest.names import free_name

if TYPE_CHECKING:
    from digest.feeds.feed_info import FeedInfo

STARTER = Path(__file__).parent.parent / "starter"
_DOTTED = frozenset({"gitignore", "gitattributes", "github", "vscode"})
"""What carries no dot in the package, since some tools leave dotfiles out of what they pack."""
SAMPLE = "feeds/sample.xml"
README, OTHER_README = "README.md", "DIGEST.md"
"""How a digest is made, and by what; under the second name if the folder has a README of its own."""
_LONGEST_ID = 40

REQUIREMENTS = (requirement.FILE, "requirements-digest.txt")
"""What the file may be called from which pip installs Digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReport:
    """The files written (or added to) and those kept as they were, relative to the digest's root.

    `feeds` are those of one's own; `left_out` are addresses of a list that cannot be pulled. `address` is the site's,
    where `origin` says so; `warnings` tell why the workflow will not work as things are.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    feeds: tuple[Feed, ...] = ()
    left_out: tuple[str, ...] = ()
    address: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDigest:
    """What an editor wants to follow: feeds, their common language, and what of a list cannot be pulled.

    `folders` has the folder of a list in which a feed was, by its id. `known` are feeds that the digest has already.
    """

    feeds: tuple[Feed, ...] = ()
    language: str = "en"
    left_out: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)
    known: tuple[Feed, ...] = ()


def run(
    root: Path, *, timezone: str = "", beat: NewDigest | None = None, now: datetime | None = None
) -> InitReport:
    """Makes a digest in `root`; raises DigestError where there is one already. For `now`, see `requirement`."""
    check_new(root)
    beat = beat or NewDigest()
    address = site_address.of_origin(root)
    text = _config(root, timezone or "UTC", beat, address)
    themes = config.loads(text).themes  # whatever a feed calls itself, what is written can be read
    this_copy = requirement.for_running_copy(now=now)
    files = starter_files(this_copy, requirements=free_for(root, this_copy))
    files = with_themes(files, themes)
    if beat.feeds:
        del files[SAMPLE]
    if disk.read_inside(root, README) not in (None, files[README]):
        files[OTHER_README] = files.pop(README)
    settings = (root / CONFIG_FILE).resolve()
    above = next(folder for folder in settings.parents if folder.exists())
    written: list[str] = []
    kept: list[str] = []
    for place, content in sorted(files.items()):
        made = disk.create(root, place, content)
        if not made and place in init_record.LINES_ADDED:
            made = _add_missing(root, place, content.decode())
        (written if made else kept).append(place)
    disk.create(root, init_record.FILE, init_record.dumps(managed(files)))
    check_new(root)  # another run may have made one meanwhile
    disk.write(root, CONFIG_FILE, text.encode())  # last: what has no digest.toml is no digest yet
    disk.settle(above, [settings.relative_to(above).as_posix()])  # the new folders around it
    return InitReport(
        written=(*written, CONFIG_FILE),
        kept=tuple(kept),
        feeds=beat.feeds,
        left_out=beat.left_out,
        address=address,
        warnings=tuple(_warnings(root, files)),
    )


def managed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files that are not the editor's, so that `upgrade` may change them."""
    places = (
        ".github/",
        ".git",
        ".vscode/",
        "requirements",
        f"{requirement.FOLDER}/",
        "digest.schema.json",
    )
    return {file: content for file, content in files.items() if file.startswith(places)}


def with_themes(files: Mapping[str, bytes], themes: Iterable[Theme]) -> dict[str, bytes]:
    """Returns the files of a new digest, with snippets that offer these themes."""
    choice = config_template.theme_choice(themes).encode()
    return {
        file: content.replace(b"@THEMES@", choice) if file == config_template.SNIPPETS else content
        for file, content in files.items()
    }


def starter_files(
    this_copy: Requirement | None, *, requirements: str = requirement.FILE
) -> dict[str, bytes]:
    """Returns each file of a new digest but `digest.toml`, by its place; without a copy to install, no workflow.

    `requirements` is the name of the file that pip installs it from.
    """
    files = dict[str, bytes]()
    for source in (path for path in STARTER.rglob("*") if path.is_file()):
        place = source.relative_to(STARTER).as_posix()
        files[f".{place}" if place.partition("/")[0] in _DOTTED else place] = source.read_bytes()
    del files[CONFIG_FILE]
    if this_copy is None:
        del files[workflow.PLACE]
        return files
    jobs = workflow.text(files[workflow.PLACE].decode(), this_copy, requirements=requirements)
    files[workflow.PLACE] = jobs.encode()
    readme = files[README].replace(requirement.FILE.encode(), requirements.encode())
    files[README] = readme
    files[requirements] = this_copy.text(requirements).encode()
    if this_copy.wheel:
        name, content = this_copy.wheel
        files[f"{requirement.FOLDER}/{name}"] = content
    return files


def free_for(root: Path, this_copy: Requirement | None) -> str:
    """Returns the name of the requirements file: another one where the folder has a file of that name for itself."""
    there = disk.read_inside(root, requirement.FILE)
    is_free = there is None or (this_copy is not None and there == this_copy.text().encode())
    return REQUIREMENTS[0] if is_free else REQUIREMENTS[1]


def _warnings(root: Path, files: Iterable[str]) -> Iterator[str]:
    """Yields why the workflow will not run as things are, or not find what it installs."""
    if workflow.PLACE not in files:
        yield f"{workflow.PLACE}: not written, because this copy of Digest is not installed, and GitHub could not install it"
        return
    if git.prefix(root):
        cure = "run 'git init' here to make it a repository of its own"
        yield f"{workflow.PLACE}: GitHub runs it at the top of a repository only, and this folder is inside one; {cure}"
    try:
        ignored = git.run(
            root,
            "check-ignore",
            "-z",
            "--stdin",
            stdin="\0".join(files).encode(),
            need="digest init",
        )
    except DigestError:  # no git
        return
    for file in filter(None, ignored.stdout.decode(errors="replace").split("\0")):
        yield f"{file}: git ignores this file, and the digest needs it; find the rule with 'git check-ignore -v {file}'"


def check_new(root: Path) -> None:
    """Raises DigestError where a folder is a digest already, or is inside one."""
    if (root / CONFIG_FILE).exists():
        cure = "choose another folder, or add a feed to it: digest feeds add URL"
        raise DigestError(f"{root / CONFIG_FILE}: this folder already has a digest; {cure}")
    for outer in root.resolve().parents:
        if (outer / CONFIG_FILE).exists():
            raise DigestError(
                f"{root}: this folder is inside the digest {outer}; choose one outside it"
            )


def beat_of(
    addresses: Sequence[str],
    files: Sequence[Path],
    *,
    now: datetime,
    limits: Limits = USUAL,
    there: Iterable[Feed] = (),
    taken: Iterable[str] = (),
) -> NewDigest:
    """Returns the feeds behind web addresses and in the lists of feed readers, each once, with ids of their own.

    `there` are the feeds that the digest has already, `taken` other ids that no new feed may have.
    Raises DigestError with a line for each address that leads to no feed, and where there is none at all.
    """
    from digest.feeds import discover
    from digest.feeds import opml as lists
    from digest.feeds.feed_info import FeedInfo

    listed = [lists.read(_read(file), str(file)) for file in files]
    found = discover.find(addresses, agent=f"digest/{__version__}", now=now, limits=limits)
    lost = [
        redact.mask(f"{address}: {one.reason}")
        for address, one in zip(addresses, found, strict=True)
        if isinstance(one, Failed)
    ]
    if lost:
        raise DigestError(
            "\n".join([*lost, "Nothing was written; correct the address, or leave that feed out"])
        )
    said = [(one.url, one.info, "") for one in found if isinstance(one, discover.Found)]
    said += [
        (one.url, FeedInfo(title=one.title), one.folder) for list_ in listed for one in list_.feeds
    ]
    if not said:
        names = ", ".join(map(str, files))
        raise DigestError(
            f"{names}: no feed in this list can be pulled; check that it is the right file"
        )
    old = {urls.canonical(feed.url): feed for feed in there}
    ids = {feed.id for feed in old.values()} | set(taken)
    new, folders, known = dict[str, Feed](), dict[str, str](), dict[str, Feed]()
    for url, imprint, folder in said:
        address = urls.canonical(url)
        if address in old:
            known[address] = old[address]
        elif address not in new:
            new[address] = feed = _feed(url, imprint, ids)
            ids.add(feed.id)
            folders[feed.id] = folder
    return NewDigest(
        feeds=tuple(new.values()),
        language=_shared(imprint.language for _, imprint, _ in said),
        left_out=tuple(address for list_ in listed for address in list_.left_out),
        folders=folders,
        known=tuple(known.values()),
    )


def _feed(url: str, said: FeedInfo, taken: Container[str]) -> Feed:
    """Returns the feed at an address, called by what it says of itself, else by its host."""
    from digest.content.slug import ascii_words, slug_of
    from digest.feeds.feed_info import publisher_of

    title = said.title or urls.host(url)
    id = free_name(_short(ascii_words(title) or slug_of(urls.host(url), url)), taken)
    return Feed(id=id, url=url, title=title, publisher=said.publisher or publisher_of(title, url))


def _short(slug: str) -> str:
    """Returns a slug that is short enough to be typed, cut at a word."""
    if len(slug) <= _LONGEST_ID:
        return slug
    return slug[: _LONGEST_ID + 1].rpartition("-")[0] or slug[:_LONGEST_ID]


def _shared(said: Iterable[str]) -> str:
    """Returns the language that all feeds name which name one: with its region where they share that, else without."""
    tags = [
        tag
        for tag in (words.strip().replace("_", "-") for words in said)
        if config.is_language(tag)
    ]
    whole, plain = {tag.casefold() for tag in tags}, {tag.partition("-")[0].lower() for tag in tags}
    if len(whole) == 1:
        return tags[0]
    return plain.pop() if len(plain) == 1 else "en"


def _read(file: Path) -> bytes:
    """Returns the bytes of a file that the user has named, which may be a pipe: so many that it can be refused."""
    from digest.feeds.opml import LARGEST

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise DigestError(f"{file}: there is no such file") from None
    except OSError as error:
        raise disk.refused("read", file, error) from error


def _add_missing(root: Path, file: str, text: str) -> bool:
    """Adds the lines of a text to a file that lacks them; tells whether it did."""
    before = disk.read_inside(root, file) or b""
    after = with_missing_lines(before, text)
    return after != before and disk.replace(root, file, before, after)


def with_missing_lines(before: bytes, text: str) -> bytes:
    """Returns the content of a file with the lines of a text that it lacks.

    A line that makes an exception (`!site/.gitkeep`) is added only with the one before it.
    """
    there = {_pattern(line) for line in before.decode(errors="replace").splitlines()}
    missing: list[str] = []
    is_needed = False
    for line in text.splitlines():
        if line and not line.startswith("#"):
            is_needed = _pattern(line) not in there and (is_needed or not line.startswith("!"))
            missing += [line] if is_needed else []
    stop = b"" if not before or before.endswith(b"\n") else b"\n"
    added = "".join(f"{line}\n" for line in missing).encode()
    return before + stop + added if missing else before


def _pattern(line: str) -> str:
    """Returns a line of .gitignore without what makes no difference here: `/site/`, `site` and `site/*` are one."""
    return line.strip().removesuffix("*").strip("/")


def _is_shown(sign: str) -> bool:
    """True for what a title may have; joiners are part of words in Persian and in the languages of India."""
    return sign.isprintable() or sign in "\u200c\u200d"


def _config(root: Path, timezone: str, beat: NewDigest, address: str) -> str:
    """Returns the starter's `digest.toml`, called after the folder, with an id of its own and the feeds of the beat."""
    from digest.content.slug import ascii_words

    name = unicodedata.normalize("NFC", root.resolve().name)  # macOS parts letters and accents
    name = " ".join("".join(sign if _is_shown(sign) else " " for sign in name).split())
    named = any(map(str.isalnum, name))
    title = name
    if name == name.lower() and " " not in name:  # a folder's name, such as my-digest
        title = " ".join(re.split(r"[\s._-]+", name)).strip()
        title = title[:1].title() + title[1:]
    values = {
        "@TITLE@": title if named else "My digest",
        "@URL@": address or f"https://example.github.io/{ascii_words(name) or 'digest'}/",
        "@ID@": f"urn:uuid:{uuid.uuid4()}",
        "@TIMEZONE@": timezone,
        "@LANGUAGE@": beat.language,
    }
    text = config_template.filled((STARTER / CONFIG_FILE).read_text(encoding="utf-8"), values)
    return config_template.with_feeds(text, beat.feeds, beat.folders) if beat.feeds else text
