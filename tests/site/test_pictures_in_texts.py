"""Pictures beside texts: their size, which of them are published, and how they are found."""

from __future__ import annotations

import shutil
import struct
import unicodedata
import zlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from builders import make_config, make_content, make_letter
from hypothesis import given
from hypothesis import strategies as st
from sites import build_into, find, parse, rendered

from digest import config
from digest.commands import build, check, export
from digest.content.images import size_of
from digest.errors import Faults
from digest.model import Copied
from digest.site.arrange import arrange

NOW = datetime(2026, 5, 20, tzinfo=UTC)
DIGEST = '[site]\ntitle = "Quays"\nurl = "https://example.org/repo/"\n'


def box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + name + content


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    rows = zlib.compress(b"".join(b"\0" + b"\x60" * 3 * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int, height: int, turned: int = 0) -> bytes:
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)
    turn = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif if turned else b""
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + turn + b"\xff\xc0" + frame + b"\xff\xda" + bytes(20) + b"\xff\xd9"


def webp(width: int, height: int) -> bytes:
    def sides(side: int) -> bytes:
        return struct.pack("<I", side - 1)[:3]

    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides(width) + sides(height)
    return b"RIFF" + struct.pack("<I", len(extended) + 4) + b"WEBP" + extended


def avif(width: int, height: int) -> bytes:
    size = box(b"ispe", bytes(4), struct.pack(">II", width, height))
    associations = box(b"ipma", bytes(4), struct.pack(">IHBB", 1, 1, 1, 1))
    item = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 1, 0), b"av01\0")
    items = box(b"iinf", bytes(4), struct.pack(">H", 1), item)
    main = box(b"pitm", bytes(4), struct.pack(">H", 1))
    meta = box(b"meta", bytes(4), main, items, box(b"iprp", box(b"ipco", size), associations))
    return box(b"ftyp", b"avif", bytes(4), b"avifmif1") + meta


GIF = b"GIF89a" + struct.pack("<HH", 30, 20) + bytes(3) + b";"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}><rect width="5" height="5"/></svg>'


@pytest.mark.parametrize(
    ("suffix", "content", "size"),
    [
        (".png", png(30, 20), (30, 20)),
        (".jpg", jpeg(30, 20), (30, 20)),
        (".jpeg", jpeg(30, 20, turned=6), (20, 30)),  # a phone held upright
        (".gif", GIF, (30, 20)),
        (".webp", webp(3000, 20), (3000, 20)),
        (".avif", avif(30, 20), (30, 20)),
        (".svg", SVG.format('width="30" height="20"').encode(), (30, 20)),
        (".svg", SVG.format("width='30.4px' viewBox='0 0 1 1' height='20px'").encode(), (30, 20)),
        (".svg", SVG.format('viewBox="0 0 30 20"').encode(), (30, 20)),
        (".svg", SVG.format('width="100%" height="100%" viewBox="-1,-1,30,20"').encode(), (30, 20)),
        (".svg", b'\n<?xml version="1.0"?>\n<!-- <svg width="1" height="1"> -->'
                 + SVG.format('width="30" height="20"').encode(), (30, 20)),
    ],
)  # fmt: skip
def test_the_size_of_every_kind_is_read(suffix: str, content: bytes, size: tuple[int, int]) -> None:
    assert size_of(f"content/a{suffix}", lambda _: content) == size


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".png", b""),
        (".png", png(30, 20)[:18]),
        (".jpg", jpeg(30, 20)[:6]),
        (".gif", b"no picture"),
        (".png", png(30, 20).replace(struct.pack(">I", 30), b"\xff\xff\xff\xff", 1)),
        (".svg", b"<p>no drawing</p>"),
        (".svg", SVG.format("").encode()),
        (".svg", SVG.format('width="0" height="20"').encode()),
    ],
)
def test_a_damaged_picture_has_no_size(suffix: str, content: bytes) -> None:
    assert size_of(f"content/a{suffix}", lambda _: content) is None


HEADS = [png(3, 2)[:20], jpeg(3, 2)[:9], avif(3, 2)[:50], GIF[:8], b"<svg width='"]


@given(
    content=st.binary(max_size=80)
    | st.builds(lambda head, rest: head + rest, st.sampled_from(HEADS), st.binary()),
    suffix=st.sampled_from([".png", ".jpg", ".gif", ".webp", ".avif", ".svg"]),
)  # fmt: skip
def test_any_file_has_a_size_or_none(content: bytes, suffix: str) -> None:
    found = size_of(f"content/a{suffix}", lambda _: content)

    assert found is None or min(found) > 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest whose letter shows a picture."""
    (tmp_path / "digest.toml").write_text(DIGEST)
    week = tmp_path / "content/2026/w20"
    week.mkdir(parents=True)
    (week / "letter.md").write_text(
        "---\ntitle: Dear reader\n---\n\nSee ![The quay](quay%20side.png) here.\n"
    )
    (week / "quay side.png").write_bytes(png(30, 20))
    return tmp_path


def made(root: Path, name: str = "2026/w20/index.html") -> bytes:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    return (root / "site" / name).read_bytes()


def test_an_editors_picture_has_its_size_and_is_loaded_lazily(root: Path) -> None:
    picture = next(parse(made(root)).iter("img"))

    assert dict(picture.attrib) == {
        "src": "/repo/2026/w20/quay%20side.png",
        "alt": "The quay",
        "width": "30",
        "height": "20",
        "loading": "lazy",
        "decoding": "async",
    }


def test_a_changed_picture_size_rebuilds_its_page(root: Path) -> None:
    made(root)
    (root / "content/2026/w20/quay side.png").write_bytes(png(40, 20))

    assert b'width="40"' in made(root)


def test_a_page_with_a_picture_depends_on_its_size() -> None:
    one = Copied(
        source=Path("a.png"), file="content/2026/w20/a.png", path="2026/w20/a.png", size=(30, 20)
    )
    other = one._replace(size=(40, 20))
    marks = {
        arrange(make_content(copied=(copied,)), make_config()).links_key for copied in (one, other)
    }

    assert len(marks) == 2


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('<img src="quay side.png" width="15">', {"width": "15"}),
        (
            '<img src="quay side.png" loading="eager">',
            {"width": "30", "height": "20", "loading": "eager"},
        ),
    ],
)
def test_a_size_written_by_the_editor_comes_first(
    root: Path, written: str, expected: dict[str, str]
) -> None:
    (root / "content/2026/w20/letter.md").write_text(written)

    picture = next(parse(made(root)).iter("img"))

    assert {"loading": "lazy", **expected} == {
        name: value
        for name, value in picture.attrib.items()
        if name in {"width", "height", "loading"}
    }


def test_feeds_have_the_size_and_no_lazy_loading() -> None:
    one = Copied(
        source=Path("a.png"), file="content/2026/w20/a.png", path="2026/w20/a.png", size=(30, 20)
    )
    words = 'His words: <code> loading="lazy" decoding="async"</code>'
    letter = make_letter(body=f"![A](a.png)\n\n{words}")
    site = rendered(
        make_content(letters=(letter, make_letter("2026-W21")), copied=(one,)), make_config()
    )
    feed = site["weeks.atom"].decode()

    assert 'src="https://example.org/2026/w20/a.png" width="30" height="20"&gt;' in feed.replace(
        "&#34;", '"'
    )
    assert feed.count("loading") == 1
    assert len(find(parse(site["2026/w20/index.html"]), "img")) == 1


def test_check_reports_a_damaged_picture_and_the_build_continues(root: Path) -> None:
    (root / "content/2026/w20/quay side.png").write_bytes(png(30, 20)[:18])

    said = [str(problem) for problem in check.run(root, now=NOW).problems]

    assert said == [
        "content/2026/w20/quay side.png: the width and height of this picture cannot be read; it may be damaged; "
        "open it, and save it again"
    ]
    assert b"width=" not in made(root).partition(b"<main")[2]


# ---------------------------------------------------------------- pictures are published with the text next to them

STORY = (
    "---\ntitle: Story {name}\nlink: https://news.example/{name}\n{key}---\n\n![x]({name}.png)\n"
)
LETTER = "---\ntitle: L\n{key}---\n\n![x](letter.png) and [a drawing](../w20/linked.svg)\n"


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A digest with texts of every kind; each shows a picture with its own name."""
    (tmp_path / "digest.toml").write_text(
        DIGEST + '[[themes]]\nid = "ice"\ntitle = "Ice"\nmatch = ["ice"]\n'
    )
    week = tmp_path / "content/2026/w20"
    for folder in (week, tmp_path / "content/pages", tmp_path / "content/themes"):
        folder.mkdir(parents=True)
    for name, key in (("shown", ""), ("hidden", "hide: true\n"), ("draft", "draft: true\n")):
        (week / f"2026-05-15-{name}.md").write_text(STORY.format(name=name, key=key))
    (week / "letter.md").write_text(LETTER.format(key=""))
    (tmp_path / "content/pages/about.md").write_text("![x](page.png) <!-- ![x](hushed.png) -->\n")
    (tmp_path / "content/themes/ice.md").write_text(
        "![x](intro.png) ![x](/repo/2026/w20/rooted.png)\n"
    )
    for name in (
        "shown.png",
        "hidden.png",
        "draft.png",
        "letter.png",
        "nobody.png",
        "rooted.png",
        "linked.svg",
    ):
        (week / name).write_bytes(png(2, 2))
    for name in ("pages/page.png", "pages/hushed.png", "themes/intro.png"):
        (tmp_path / "content" / name).write_bytes(png(2, 2))
    return tmp_path


def pictures(root: Path, *, drafts: bool = False) -> set[str]:
    """The pictures of the site, by name, once it was built."""
    build_into(root / "site", root, config.load(root), drafts=drafts)
    return {path.name for path in (root / "site").rglob("*") if path.suffix in {".png", ".svg"}} - {
        "icon.svg",
        "site.png",
    }


ALBUM = {"shown.png", "letter.png", "linked.svg", "page.png", "intro.png", "rooted.png"}


def test_only_pictures_that_a_published_text_shows_are_published(album: Path) -> None:
    assert pictures(album) == ALBUM


def test_a_preview_shows_the_pictures_of_drafts(album: Path) -> None:
    assert pictures(album, drafts=True) == ALBUM | {"draft.png"}


@pytest.mark.parametrize(
    ("file", "gone"),
    [
        ("content/2026/w20/2026-05-15-shown.md", {"shown.png"}),
        ("content/2026/w20/letter.md", {"letter.png", "linked.svg"}),
    ],
)
@pytest.mark.parametrize("forget", [False, True])
def test_a_picture_leaves_the_site_with_the_last_text_that_shows_it(
    album: Path, file: str, gone: set[str], forget: bool
) -> None:
    pictures(album)
    key = "hide: true" if "shown" in file else "draft: true"
    (album / file).write_text((album / file).read_text().replace("\n---\n", f"\n{key}\n---\n", 1))
    if forget:
        shutil.rmtree(album / ".digest")

    assert pictures(album) == ALBUM - gone


def test_a_picture_of_two_texts_stays_while_one_of_them_is_published(album: Path) -> None:
    story = album / "content/2026/w20/2026-05-15-shown.md"
    story.write_text(story.read_text() + "\n![y](letter.png)\n")
    pictures(album)

    (album / "content/2026/w20/letter.md").unlink()

    assert "letter.png" in pictures(album)


def test_check_reports_a_picture_that_no_text_shows(album: Path) -> None:
    said = {
        problem.file
        for problem in check.run(album, now=NOW).problems
        if "no text shows" in problem.what
    }

    assert said == {"content/2026/w20/nobody.png", "content/pages/hushed.png"}


def test_an_export_has_no_url_for_an_unpublished_picture(album: Path) -> None:
    records = [one for one in export.run(album, config.load(album)) if one["kind"] == "file"]
    addresses = {str(one["file"]).rpartition("/")[2]: one["address"] for one in records}

    assert {name for name, address in addresses.items() if address} == ALBUM


def test_check_reports_large_pictures(album: Path) -> None:
    (album / "content/2026/w20/shown.png").write_bytes(png(4032, 3))
    (album / "content/2026/w20/letter.png").write_bytes(png(2, 2) + bytes(1_500_000))
    (album / "content/2026/w20/linked.svg").write_text(SVG.format('viewBox="0 0 9000 9000"'))

    said = [
        str(problem) for problem in check.run(album, now=NOW).problems if "large" in problem.what
    ]

    cure = "save it with at most 2000 pixels a side and 1 MB"
    assert said == [
        f"content/2026/w20/letter.png: this picture is large: 1.5 MB; {cure}",
        f"content/2026/w20/shown.png: this picture is large: 4032 by 3 pixels; {cure}",
    ]


@pytest.mark.parametrize("composed", [True, False])
def test_a_picture_is_found_whatever_unicode_form_its_name_has(album: Path, composed: bool) -> None:
    name, other = (
        unicodedata.normalize(form, "é.png")
        for form in (("NFC", "NFD") if composed else ("NFD", "NFC"))
    )
    (album / "content/2026/w20" / name).write_bytes(png(3, 2))
    (album / "content/2026/w20/letter.md").write_text(f"![x]({other})\n")

    assert name in pictures(album)
    (picture,) = [
        one
        for one in parse((album / "site/2026/w20/index.html").read_bytes()).iter("img")
        if one.get("width") == "3"
    ]
    assert unquote(picture.attrib["src"]) == f"/repo/2026/w20/{name}"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("[x](doc.pdf)", "'doc.pdf' is there, but only pictures (avif, gif, jpeg, jpg, png, svg, webp) are copied from "
         "beside a text; put it into content/static/, and link to /doc.pdf"),
        ("![x](my%20pic.heic)", "'my pic.heic' is there, but only pictures (avif, gif, jpeg, jpg, png, svg, webp) are "
         "copied from beside a text; put it into content/static/, and link to /my%20pic.heic"),
        ("![x](Shown.PNG)", "there is no file 'Shown.PNG' beside this one, but 'shown.png'; write its name as it is"),
        ("![x](gone.png)", "there is no file 'gone.png' beside this one; put it there, or correct the link"),
        ("[x](www.news.example/a)", "there is no file 'www.news.example/a' beside this one; to link to another site, "
         "write https://www.news.example/a"),
        ("![x](../../../digest.toml)", "there is no file '../../../digest.toml' beside this one; put it there, or "
         "correct the link"),
    ],
)  # fmt: skip
def test_a_link_to_a_file_that_is_not_copied_is_explained(
    album: Path, link: str, said: str
) -> None:
    for name in ("doc.pdf", "my pic.heic"):
        (album / "content/2026/w20" / name).write_bytes(b"x")
    (album / "content/2026/w20/letter.md").write_text(f"{link}\n")

    with pytest.raises(Faults) as caught:
        pictures(album)
    assert [str(problem) for problem in caught.value.problems] == [
        f"content/2026/w20/letter.md:1: {said}"
    ]
    errors = [str(problem) for problem in check.run(album, now=NOW).problems if not problem.is_hint]
    assert errors == [f"content/2026/w20/letter.md:1: {said}"]
