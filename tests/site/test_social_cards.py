"""Social cards: what other sites show when a page is shared."""

from __future__ import annotations

import shutil
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import make_config, make_content, make_letter, make_site, make_story, make_theme
from hypothesis import given
from hypothesis import strategies as st
from sites import build_into, pages, read_folder, rendered

from digest import config as configs
from digest.cache import Cache
from digest.errors import Faults
from digest.model import Story
from digest.site import arrange as arranging
from digest.site import formatting
from digest.site.plan import plan
from digest.site.render import Renderer
from digest.site.social import lettering, png
from digest.site.social.card import Part, SocialCard, lay_out

TOML = """\
[site]
title = "Harbour Notes"
url = "https://example.org/notes/"
description = "Ports, cranes and who may use them."

[[feeds]]
id = "quay"
url = "quay.xml"

[[themes]]
id = "cranes"
title = "Cranes"
match = ["crane*"]

[[themes]]
id = "tolls"
title = "Tolls"
match = ["toll*"]
"""
STORY = "---\ntitle: {title}\nlink: https://quay.example/{title}\nthemes: [{themes}]\n{more}---\n"
WEEKS = {"2026-04-29": "w18", "2026-05-06": "w19", "2026-05-13": "w20"}
BUDGET = 40 * 1024


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `cards` is installed, which tests elsewhere do as if it were not."""
    pytest.importorskip("resvg_py", reason="resvg-py is not installed")
    monkeypatch.setattr(png, "available", lambda: True)


def write(root: Path, day: str, title: str, themes: str, more: str = "") -> Path:
    path = root / f"content/2026/{WEEKS[day]}/{day}-{title.lower()}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STORY.format(title=title, themes=themes, more=more))
    return path


@pytest.fixture
def root(tmp_path: Path, drawn: None) -> Path:  # noqa: ARG001
    """A digest of three weeks and two themes."""
    (tmp_path / "digest.toml").write_text(TOML)
    for day in WEEKS:
        write(tmp_path, day, f"Story{day[-2:]}", "cranes")
    write(tmp_path, "2026-05-06", "Toll", "tolls")
    (tmp_path / "content/2026/w19/letter.md").write_text(
        "---\ntitle: The toll that came late\n---\n\nDear.\n"
    )
    return tmp_path


def made(root: Path, output: str = "site") -> dict[str, bytes]:
    """The cards of a digest, once it was built."""
    build_into(root / output, root, configs.load(root), extras=True)
    site = read_folder(root / output)
    return {path: content for path, content in site.items() if path.startswith("cards/")}


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The titles of the cards that are drawn while a test runs."""
    titles: list[str] = []
    draw = png.draw

    def noted(svg: bytes) -> bytes:
        titles.append(words(svg)[-1] if "nameplate" in words(svg) else " ".join(words(svg)))
        return draw(svg)

    monkeypatch.setattr(png, "draw", noted)
    yield titles


def words(svg: bytes) -> list[str]:
    """All texts in a card."""
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return [text.text or "" for text in texts]


def size(content: bytes) -> tuple[int, int]:
    assert content[:16] == b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    wide, high = struct.unpack(">II", content[16:24])
    return wide, high


def test_the_site_each_week_and_each_theme_have_a_card(root: Path) -> None:
    cards = made(root)

    assert sorted(cards) == [
        *(f"cards/2026-{week}.png" for week in ("w18", "w19", "w20")),
        *("cards/site.png", "cards/theme-cranes.png", "cards/theme-tolls.png"),
    ]
    assert {size(content) for content in cards.values()} == {(1200, 630)}
    assert max(map(len, cards.values())) <= BUDGET
    assert len(set(cards.values())) == len(cards)


def test_a_page_links_to_its_card(root: Path) -> None:
    cards = made(root)
    named = {}
    for path, page in pages(read_folder(root / "site")).items():
        metas = [
            (one.get("property") or one.get("name"), one.get("content"))
            for one in page.iter("meta")
        ]
        metadata = dict(metas)
        if path != "404.html":
            assert (metadata["og:image:width"], metadata["og:image:height"]) == ("1200", "630")
            assert metadata["twitter:card"] == "summary_large_image"
            address = metadata["og:image"].removeprefix("https://example.org/notes/")
            named[path] = (address.partition("?v=")[0], metadata["og:image:alt"])

    assert {card for card, _ in named.values()} == set(cards)
    assert named["2026/w19/index.html"] == (
        "cards/2026-w19.png",
        "Week 19, 2026: The toll that came late. 4–10 May 2026 · 2 stories: Cranes (1) and Tolls (1)",
    )
    assert named["themes/tolls/index.html"] == (
        "cards/theme-tolls.png",
        "Tolls. 1 story, 6 May 2026",
    )
    site = ("cards/site.png", "Harbour Notes. Ports, cranes and who may use them.")
    assert {
        named[path] for path in ("index.html", "archive/index.html", "subscribe/index.html")
    } == {site}


def test_a_new_title_gives_the_card_another_url(root: Path) -> None:
    def address() -> str:
        made(root)
        page = pages(read_folder(root / "site"))["2026/w19/index.html"]
        (image,) = [one for one in page.iter("meta") if one.get("property") == "og:image"]
        return str(image.get("content"))

    before = address()
    (root / "content/2026/w19/letter.md").write_text("---\ntitle: Another\n---\n\nDear.\n")

    assert address() != before


def test_without_the_extra_all_pages_have_the_shipped_card(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png, "available", lambda: False)

    cards = made(root)

    assert list(cards) == ["cards/site.png"]
    assert size(cards["cards/site.png"]) == (1200, 630)
    assert len(cards["cards/site.png"]) <= BUDGET
    for path, page in pages(read_folder(root / "site")).items():
        images = [
            one.get("content") for one in page.iter("meta") if one.get("property") == "og:image"
        ]
        assert images == (
            [] if path == "404.html" else ["https://example.org/notes/cards/site.png"]
        )


def test_cards_have_the_same_bytes_however_they_were_built(root: Path) -> None:
    first = made(root)
    (root / "content/2026/w19/letter.md").unlink()
    write(root, "2026-05-13", "Late", "tolls")
    incremental = made(root)
    shutil.rmtree(root / ".digest")
    clean = made(root, "clean")

    assert incremental == clean
    changed = {path for path in clean if clean[path] != first[path]}
    assert changed == {
        f"cards/{name}.png" for name in ("2026-w19", "2026-w20", "site", "theme-tolls")
    }


def test_a_card_is_drawn_only_if_it_would_look_different(root: Path, drawings: list[str]) -> None:
    made(root)
    assert len(drawings) == 6
    drawings.clear()

    story = next((root / "content/2026/w18").glob("*.md"))
    story.write_text(story.read_text() + "\nA note.\n")
    toml = root / "digest.toml"
    toml.write_text(toml.read_text() + "\n[pull]\ndraft = true\n")  # all pages are made again
    made(root)
    made(root, "another folder")
    assert drawings == []

    (root / "content/2026/w19/letter.md").write_text("---\ntitle: Renamed\n---\n\nDear.\n")
    made(root)
    (only,) = drawings
    assert "Renamed" in only


def test_a_card_is_removed_from_the_site_and_the_cache_with_its_week(root: Path) -> None:
    made(root)
    for story in (root / "content/2026/w18").iterdir():
        story.write_text(story.read_text().replace("---\n", "---\nhide: true\n", 1))

    assert "cards/2026-w18.png" not in made(root)
    with Cache(root) as cache:
        assert cache.get("card", "cards/2026-w18.png", b"", bytes) is None
        names = {name for (name,) in cache._rows("SELECT name FROM cache WHERE kind = 'card'", ())}
    assert names == set(made(root))


def test_old_cards_are_removed_when_the_list_of_files_is_lost(root: Path) -> None:
    made(root)
    shutil.rmtree(root / ".digest")
    shutil.rmtree(root / "content/2026/w18")

    assert "cards/2026-w18.png" not in made(root)


def svgs(*stories: Story, **fields: Any) -> dict[str, bytes]:
    """The cards of an archive as SVG, by path."""
    title = fields.pop("title", "Harbour Notes")
    config = make_config(site=make_site(title=title), themes=fields.pop("themes", ()))
    content = make_content(*stories, **fields)
    planned = plan(arranging.arrange(content, config), config, has_social_cards=True)
    renderer = Renderer(Path("no-such-root"), planned.base)
    renderer.begin(planned.context.shared, {})
    return {
        page.path: renderer.page(page, planned.data(page))
        for page in planned.pages
        if page.path.startswith("cards/")
    }


HOSTILE = [
    '</text><script>alert(1)</script> & "quoted"',
    "{{ config }} {% raw %} ]]> <!-- <![CDATA[",
    "&lt;b&gt; stays as it was typed",
    "word " * 100,
    "Donaudampfschifffahrtsgesellschaft" * 15,
    "W" * 500,
    "MW@Ж" * 120,
    "\u202eright to left\u202c \u2066isolated\u2069",
    "x\u0301" * 250,
    "Ships 🚢 and flags 🇳🇱, 3\ufe0f\u20e3 of them",
    "A  lot\tof \u2003 room",
    "Łódź, Zürich, Việt Nam, İstanbul, Київ: “one” – ‘two’ … 5 €",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_any_title_fits_the_card_and_the_size_limit(title: str, drawn: None) -> None:  # noqa: ARG001
    story = make_story("a", "2026-05-13", title=title)
    cards = svgs(
        story,
        letters=(make_letter(title=title),),
        themes=(make_theme("t", title=title),),
    )
    cards |= svgs(story, title=title)

    assert set(cards) == {"cards/site.png", "cards/2026-w20.png", "cards/theme-t.png"}
    for svg in cards.values():
        tree = ElementTree.fromstring(svg)
        assert {one.tag.rpartition("}")[2] for one in tree.iter()} <= {
            "svg",
            "rect",
            "text",
            "circle",
            "g",
            "path",
        }
        for text in tree.iter("{http://www.w3.org/2000/svg}text"):
            units = lettering.text_width(text.text or "", bold=text.get("font-weight") == "700")
            wide = units * int(text.get("font-size", "")) / 1000
            left = float(text.get("x", "")) - (wide if text.get("text-anchor") == "end" else 0)
            assert left >= 72
            assert left + wide <= 1128
            assert float(text.get("y", "")) <= 600
        assert len(png.draw(svg)) <= BUDGET


def test_a_card_full_of_unusual_words_is_within_the_size_limit(drawn: None) -> None:  # noqa: ARG001
    title = "MW@Ж" * 120
    stories = [
        make_story("a", f"2026-05-{11 + day}", title=title, themes=(f"t{day}",)) for day in range(6)
    ]
    themes = tuple(make_theme(f"t{day}", title=title[:50]) for day in range(6))

    cards = svgs(*stories, letters=(make_letter(title=title),), themes=themes, title=title)

    assert len(png.draw(cards["cards/2026-w20.png"])) <= BUDGET


def test_words_in_the_font_are_drawn_unchanged(drawn: None) -> None:  # noqa: ARG001
    shown = "Łódź & Київ: <b>“5 €”</b>"
    story = make_story("a", "2026-05-13", title=f"{shown} 🚢")

    assert shown in " ".join(words(svgs(story)["cards/2026-w20.png"]))


@pytest.mark.parametrize("title", ["芯片周报", "Chips 芯片", "رقائق", "שבבים", "शहर", "Ελλάδα"])
def test_letters_missing_from_the_font_are_never_drawn_as_boxes(title: str, drawn: None) -> None:  # noqa: ARG001
    story = make_story("a", "2026-05-13", title=title)

    cards = svgs(story, themes=(make_theme("t", title=title),))

    assert set(cards) == {"cards/site.png", "cards/2026-w20.png"}
    assert words(cards["cards/2026-w20.png"])[2] == "Week 20, 2026"


def test_a_digest_whose_title_is_missing_from_the_font_has_the_shipped_card(root: Path) -> None:
    toml = root / "digest.toml"
    toml.write_text(toml.read_text().replace("Harbour Notes", "芯片周报"))

    assert list(made(root)) == ["cards/site.png"]


@given(st.text(max_size=400))
def test_drawn_text_has_only_letters_of_the_font(text: str) -> None:
    shown = lettering.drawable_text(text)

    lettering.text_width(shown, bold=True)  # knows every character
    assert shown == lettering.drawable_text(shown)
    assert text not in ("", shown) or shown == text


@given(st.text("abc WMil,.", max_size=400), st.integers(0, 20))
def test_no_layout_is_wider_or_higher_than_the_card(text: str, themes: int) -> None:
    parts = tuple(Part(text[number:] or "x", number % 11, number + 1) for number in range(themes))

    view = lay_out(
        SocialCard(" ".join(text.split()), "Week 20, 2026", text.strip() or "x", "1 story", parts)
    )

    for line in view.title:
        assert lettering.text_width(line.words, bold=True) * view.size / 1000 <= 1056
    assert all(line.top <= view.detail[0].top - 30 for line in view.title)
    assert all(
        entry.left + lettering.text_width(entry.words, bold=False) * 28 / 1000 <= 1129
        for entry in view.legend
    )
    assert all(segment.left + segment.width <= 1129 for segment in view.bar)


def test_nothing_unpublished_is_on_a_card(root: Path) -> None:
    write(root, "2026-05-06", "Secret", "tolls", "draft: true\n")
    write(root, "2026-05-06", "Spiked", "tolls", "hide: true\n")
    before = made(root)
    (root / "content/2026/w18/letter.md").write_text(
        "---\ntitle: Not yet\ndraft: true\n---\n\nDear.\n"
    )

    assert made(root) == before
    for path, content in read_folder(root / "site").items():
        if path.endswith(".html"):
            assert b"Not yet" not in content, path


def test_a_preview_draws_no_card(root: Path, drawings: list[str]) -> None:
    build_into(root / "preview", root, configs.load(root), drafts=True)

    assert drawings == []
    assert list((root / "preview/cards").iterdir()) == [root / "preview/cards/site.png"]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("<svg", "templates/card.svg: gives a cards/site.png that is not well-formed"),
        ("<svg xmlns='x'/>", "templates/card.svg: gives a picture that cannot be drawn"),
    ],
)
def test_a_template_that_gives_no_picture_is_one_error_line(
    root: Path, template: str, problem: str
) -> None:
    (root / "templates").mkdir()
    (root / "templates/card.svg").write_text(template)

    with pytest.raises(Faults, match=problem):
        made(root)


def test_a_card_has_the_colours_of_the_digest(root: Path) -> None:
    before = made(root)
    shipped = Path(__file__).parents[2] / "templates/static/colours.css"
    (root / "templates/static").mkdir(parents=True)
    (root / "templates/static/colours.css").write_text(
        shipped.read_text().replace("#96281b", "#004488")
    )

    assert all(content != before[path] for path, content in made(root).items())


@pytest.mark.parametrize("is_available", [True, False])
def test_an_editors_file_in_the_folder_of_cards_is_refused(
    root: Path, is_available: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png, "available", lambda: is_available)
    (root / "content/static/cards").mkdir(parents=True)
    (root / "content/static/cards/site.png").write_bytes(b"")

    with pytest.raises(Faults) as raised:
        made(root)

    what = "claims the address 'cards/site.png', which the folder of social cards claims too; rename one of them"
    assert list(map(str, raised.value.problems)) == [f"content/static/cards/site.png: {what}"]


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "en_US"),
        ("en-gb", "en_GB"),
        ("de", "de_DE"),
        ("pt-BR", "pt_BR"),
        ("zh-Hant", "zh_TW"),
        ("zh-Hans-CN", "zh_CN"),
        ("sr-Latn", "sr_RS"),
        ("es-419", "es_ES"),
        ("qaa", ""),
    ],
)
def test_a_locale_has_a_language_and_a_territory(language: str, locale: str) -> None:
    assert formatting.locale(language) == locale


def test_a_language_without_a_known_territory_has_no_locale() -> None:
    site = rendered(make_content(), make_config(site=make_site(language="qaa")))

    assert b"og:locale" not in site["index.html"]


def test_an_edition_says_when_it_was_published_as_the_weekly_feed_does(root: Path) -> None:
    made(root)
    site = read_folder(root / "site")
    feed = ElementTree.fromstring(site["weeks.atom"])
    atom = "{http://www.w3.org/2005/Atom}"
    published = [entry.findtext(f"{atom}published") for entry in feed.iter(f"{atom}entry")]
    shown = {}
    for path, page in pages(site).items():
        shown[path] = [
            one.get("content")
            for one in page.iter("meta")
            if one.get("property") == "article:published_time"
        ]

    assert [shown[f"2026/{week}/index.html"] for week in ("w20", "w19", "w18")] == [
        [],
        *([one] for one in published),
    ]
    assert shown["index.html"] == []
