"""The desk in a real browser: a week by keys alone, hostile feeds as words, axe, what is typed is never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import browsing
import desks
import pytest
from desks import Desk, digest, files, serving

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Browser, Page, Route

MAX_KEYS = 110
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
AXE = """only => axe.run(document, {resultTypes: ['violations'], ...only}).then(found =>
    found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html)}`))"""
LIVE = "() => document.querySelectorAll('main :is(img, script, iframe, style, svg, math, [onerror])').length"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(desks.make(tmp_path_factory.mktemp("digest"))) as running:
        yield running


@pytest.fixture
def desk(small: Desk) -> Iterator[Desk]:
    """A desk whose digest is put back after each test."""
    before = files(small.root)
    yield small
    for file in files(small.root).keys() - before.keys():
        (small.root / file).unlink()
    for file, data in before.items():
        small.preview.write(file, data.decode())


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    with browsing.reading(browser, viewport={"width": 1280, "height": 900}) as opened:
        said: list[str] = []
        opened.set_default_timeout(60_000)
        opened.on("pageerror", lambda error: said.append(str(error)))
        arrive(opened, desk)
        yield opened
    assert said == []


def arrive(page: Page, desk: Desk) -> None:
    """Opens the desk as an editor does, by the address that the command prints."""
    page.goto(desk.address)
    page.wait_for_url(f"{desk.origin}/_desk/*")
    page.locator("main article").first.wait_for()


def saved(page: Page) -> None:
    """Waits until everything that was asked for is saved."""
    page.wait_for_function("() => document.body.dataset.saving === undefined")


def test_a_week_of_sixty_stories_is_edited_by_keyboard_only(
    browser: Browser, tmp_path: Path
) -> None:
    root, keys = desks.make(tmp_path, 60), 0

    with serving(root) as desk, browsing.reading(browser) as page:
        page.set_default_timeout(60_000)
        arrive(page, desk)

        def press(key: str) -> None:
            nonlocal keys
            page.keyboard.press(key)
            keys += 1

        names = page.locator("main article").evaluate_all("all => all.map(one => one.dataset.name)")
        for number in range(60):
            if number < 25:
                press("n")
                page.keyboard.insert_text(f"What we say of it, {number}.")
                press("Control+Enter")
            elif number < 35:
                press("h")
            elif number < 43:
                press("2")
                press("j")
            elif number == 43:
                press("l")
                press("j")
            else:
                press("j")
        saved(page)
        progress = page.locator("#progress").inner_text()

    found = [(root / desks.WEEK / name).read_text() for name in names]
    assert keys <= MAX_KEYS
    assert progress.startswith("60 of 60 done")
    assert [number for number, text in enumerate(found) if "\nWhat we say of it, " in text] == [
        *range(25)
    ]
    assert [number for number, text in enumerate(found) if "\nhide: true" in text] == [
        *range(25, 35)
    ]
    assert [number for number, text in enumerate(found) if "export-controls" in text] == [
        *range(35, 43)
    ]
    assert [number for number, text in enumerate(found) if "\nlead: true" in text] == [43]
    checked = digest(root, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_typed_text_survives_escape_other_saves_and_a_reload(page: Page, desk: Desk) -> None:
    page.keyboard.press("n")
    page.keyboard.insert_text("Half a")
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    saved(page)
    page.keyboard.press("d")
    saved(page)
    page.reload()
    page.keyboard.press("n")
    page.keyboard.insert_text(" thought")
    page.keyboard.press("Control+Enter")
    saved(page)

    (text,) = (one.decode() for one in files(desk.root).values() if b"lead: true" in one)
    assert text.endswith("\n\nHalf a thought\n")
    assert "draft: true" in text


def test_saving_a_file_changed_elsewhere_shows_both_versions_and_keeps_the_typed_text(
    page: Page, desk: Desk
) -> None:
    name = page.locator("main article").first.get_attribute("data-name")
    path = desk.root / desks.WEEK / str(name)
    page.keyboard.press("n")
    page.keyboard.insert_text("By mine.")
    path.write_text(path.read_text() + "By another hand.\n")
    page.keyboard.press("Control+Enter")
    page.get_by_role("cell", name="By another hand.").wait_for()
    kept = path.read_text()
    page.locator("main article").first.get_by_role("button", name="Save mine").click()
    saved(page)

    assert kept.endswith("By another hand.\n")
    assert path.read_text().endswith("\n\nBy mine.\n")


def test_typed_text_never_replaces_newer_text_of_a_reloaded_card(page: Page, desk: Desk) -> None:
    first, second = (page.locator("main article").nth(at) for at in (0, 1))
    name, other = (one.get_attribute("data-name") for one in (first, second))
    path = desk.root / desks.WEEK / str(name)
    page.keyboard.press("l")
    saved(page)
    page.keyboard.press("n")
    page.keyboard.insert_text("By mine.")
    page.keyboard.press("Escape")
    path.write_text(path.read_text() + "By another hand.\n")
    page.locator(f"article[data-name='{other}']").focus()
    page.keyboard.press("l")  # which ends the lead of the first
    saved(page)
    page.keyboard.press("k")
    page.keyboard.press("n")
    page.keyboard.press("Control+Enter")
    page.get_by_role("cell", name="By another hand.").wait_for()

    text = path.read_text()
    assert text.endswith("By another hand.\n")
    assert "lead" not in text


def test_text_restored_by_a_reload_does_not_overwrite_changes_from_elsewhere(
    page: Page, desk: Desk
) -> None:
    name = page.locator("main article").first.get_attribute("data-name")
    path = desk.root / desks.WEEK / str(name)
    page.keyboard.press("n")
    page.keyboard.insert_text("By mine.")
    desk.preview.write(f"{desks.WEEK}/{name}", path.read_text() + "By another hand.\n")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.locator(f"article[data-name='{name}'] textarea[name=note]").press("Control+Enter")
    saved(page)

    assert path.read_text().endswith("By another hand.\n")
    assert page.get_by_role("cell", name="By another hand.").is_visible()
    assert page.get_by_role("cell", name="By mine.").is_visible()


@pytest.mark.parametrize("theirs", ["Theirs.\n", "---\ndarft: true\n---\n", None])
def test_a_letter_restored_by_a_reload_does_not_overwrite_anothers(
    page: Page, desk: Desk, theirs: str | None
) -> None:
    path = desk.root / desks.WEEK / "letter.md"
    page.get_by_role("button", name="Draft the letter").click()
    page.locator("#letter-body").fill("By mine.")
    desk.preview.write(f"{desks.WEEK}/letter.md", theirs or "")
    if theirs is None:
        path.unlink()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    assert page.locator("#letter-body").input_value() == "By mine."
    page.locator("#letter").get_by_role("button", name="Save", exact=True).click()
    saved(page)

    assert page.locator("#letter [role=alert]").is_visible()
    assert page.locator("#letter-body").input_value() == "By mine."
    assert (path.read_text() if path.exists() else None) == theirs


def test_changes_from_elsewhere_appear_without_a_reload_beside_typed_text(
    page: Page, desk: Desk
) -> None:
    typing, other = desk.root / desk.file("number-2"), desk.root / desk.file("number-1")
    box = page.locator("article[data-name*='number-2'] textarea[name=note]")
    shown = page.locator("article[data-name*='number-1'] textarea[name=note]")
    said = page.locator("#message")
    box.focus()
    page.keyboard.insert_text("Half a")
    desk.preview.write(desk.file("number-1"), other.read_text() + "By another hand.\n")
    said.get_by_text("Changed on the disk: Number 1").wait_for()
    at_once = shown.input_value()
    desk.preview.write(desk.file("number-2"), typing.read_text() + "By another hand.\n")
    said.get_by_text("Number 2. What you are typing stays").wait_for()
    page.keyboard.insert_text(" thought")
    page.keyboard.press("Control+Enter")
    page.get_by_role("cell", name="By another hand.").wait_for()

    assert at_once == "By another hand."
    assert page.get_by_role("cell", name="Half a thought").is_visible()
    assert typing.read_text().endswith("\n\nBy another hand.\n")


def test_an_answer_that_arrives_late_replaces_no_newer_one(page: Page, desk: Desk) -> None:
    file, before = desk.file("number-1"), desk.text("number-1")
    box = page.locator("article[data-name*='number-1'] textarea[name=note]")
    asked: list[Route] = []
    late: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()
        else:
            late.append((route, route.fetch()))
            desk.preview.write(file, before + "The newer.\n")

    page.route("**/_desk/?week=*", hold_the_first)
    desk.preview.write(file, before + "The older.\n")
    page.locator("#message").get_by_text("Changed on the disk: Number 1").wait_for()
    newer = box.input_value()
    ((route, response),) = late
    with page.expect_response("**/_desk/?week=*") as answered:
        route.fulfill(response=response)
    answered.value.finished()
    page.evaluate("() => new Promise(done => setTimeout(done, 200))")  # for the script to show it

    assert newer == "The newer."
    assert box.input_value() == "The newer."


@pytest.mark.parametrize("status", [409, 500])
def test_a_desk_that_was_not_answered_asks_again(page: Page, desk: Desk, status: int) -> None:
    answers: list[int] = []

    def refuse_the_first(route: Route) -> None:
        answers.append(status)
        if len(answers) == 1:
            route.fulfill(status=status)
        elif len(answers) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/_desk/?week=*", refuse_the_first)
    desk.preview.write(desk.file("number-1"), desk.text("number-1") + "By another hand.\n")
    page.locator("#message").get_by_text("Changed on the disk: Number 1").wait_for()

    assert len(answers) > 2


def test_stories_added_and_deleted_on_disk_appear_and_disappear_on_the_desk(
    page: Page, desk: Desk
) -> None:
    names = page.locator("main article h3")
    before = names.all_inner_texts()
    new = f"{desks.WEEK}/2026-11-25-mine.md"
    desk.preview.write(new, "---\ntitle: By hand\nlink: https://news.example/by-hand\n---\n")
    page.locator("#message").get_by_text("New: By hand").wait_for()
    added = names.all_inner_texts()
    progress = page.locator("#progress").inner_text()
    (desk.root / new).unlink()
    page.locator("#message").get_by_text("No longer there: By hand").wait_for()

    assert [name for name in added if name != "By hand"] == before
    assert added[0] != "By hand"
    assert " of 7 done" in progress
    assert names.all_inner_texts() == before


def test_a_file_broken_on_disk_shows_its_error_and_keeps_typed_text(page: Page, desk: Desk) -> None:
    texts = {desk.file(name): desk.text(name) for name in ("number-1", "number-2")}
    typed, other = (page.locator(f"article[data-name*='number-{n}']") for n in (1, 2))
    typed.locator("textarea[name=note]").fill("Typed.")
    page.keyboard.press("Escape")
    for file, text in texts.items():
        desk.preview.write(file, text.replace("link:", "lnk:"))
    other.get_by_text("unknown key 'lnk'").wait_for()
    while_broken = typed.locator("textarea[name=note]").input_value()
    for file, text in texts.items():
        desk.preview.write(file, text)
    other.get_by_role("button", name="Hide").wait_for()

    assert while_broken == "Typed."
    assert typed.locator("textarea[name=note]").input_value() == "Typed."


def test_undo_works_by_keyboard_and_is_described_in_the_status_line(page: Page, desk: Desk) -> None:
    before = files(desk.root)
    for key in ("h", "j", "l", "u", "u"):
        page.keyboard.press(key)
        saved(page)
    page.get_by_text("Undone").wait_for()

    assert files(desk.root) == before


def test_undoing_a_move_says_so_and_reports_no_new_story(page: Page, desk: Desk) -> None:
    story = page.locator("article[data-name*='number-2']")
    before = files(desk.root)
    story.locator("summary", has_text="Headline").click()
    story.locator("input[name=week]").fill("2026-W47")
    story.get_by_role("button", name="Save", exact=True).click()
    story.wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    story.wait_for()

    assert page.locator("#message").inner_text().startswith("Undone: moved")
    assert files(desk.root) == before


def test_the_reason_of_a_refusal_is_scrolled_into_view(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    story = page.locator("article[data-name*='number-2']")
    story.locator("summary", has_text="Headline").click()
    story.locator("input[name=week]").fill("next week")
    story.get_by_role("button", name="Save", exact=True).click()
    why = story.get_by_role("alert")
    why.wait_for()
    box = why.bounding_box()

    assert box is not None
    assert 0 <= box["y"] <= 500 - box["height"]


def test_themes_are_chosen_by_their_first_letters_and_the_main_one_with_shift(
    page: Page, desk: Desk
) -> None:
    name = page.locator("main article").first.get_attribute("data-name")
    page.keyboard.press("t")
    page.keyboard.type("exp")
    page.keyboard.press("Enter")
    saved(page)
    page.keyboard.press("Shift+Digit1")
    saved(page)

    text = (desk.root / desks.WEEK / str(name)).read_text()
    assert "themes: [memory-crunch, export-controls]" in text


def test_digits_that_need_shift_on_a_keyboard_choose_themes(page: Page, desk: Desk) -> None:
    name = page.locator("main article").first.get_attribute("data-name")
    for key, shift in (("é", False), ("1", True)):
        code = {"é": "Digit2", "1": "Digit1"}[key]
        page.evaluate(
            "event => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event))",
            {"key": key, "code": code, "shiftKey": shift, "bubbles": True},
        )
        saved(page)

    text = (desk.root / desks.WEEK / str(name)).read_text()
    assert "themes: [memory-crunch, export-controls]" in text


def test_a_theme_typed_before_a_conflict_is_saved_by_save_mine(page: Page, desk: Desk) -> None:
    card = page.locator("main article").first
    path = desk.root / desks.WEEK / str(card.get_attribute("data-name"))
    page.keyboard.press("t")
    page.keyboard.type("exp")
    path.write_text(path.read_text().replace("id:", "# theirs\nid:"))
    page.keyboard.press("Enter")
    saved(page)
    kept = card.get_by_label("Add a theme").input_value()
    card.get_by_role("button", name="Save mine").click()
    saved(page)

    assert kept == "exp"
    assert "export-controls" in path.read_text()
    assert card.get_by_label("Add a theme").input_value() == ""


def test_links_are_inserted_into_the_letter_at_the_cursor_and_it_is_previewed(
    page: Page, desk: Desk
) -> None:
    page.get_by_role("button", name="Draft the letter").click()
    body = page.locator("#letter-body")
    body.fill("See  for more.")
    body.evaluate("one => one.setSelectionRange(4, 4)")
    page.locator("main article").first.get_by_role("button", name="Link in the letter").click()
    page.locator("#letter .preview a").first.wait_for()
    page.locator("#letter").get_by_role("button", name="Save").click()
    saved(page)
    page.locator("#letter").get_by_role("button", name="Publish").click()
    saved(page)

    text = (desk.root / desks.WEEK / "letter.md").read_text()
    assert re.search(r"\n\nSee \[Number \d.*\]\(2026-11-\d\d-number-.*\.md\) for more\.\n$", text)
    assert "draft" not in text


def test_everything_works_without_javascript(browser: Browser, desk: Desk) -> None:
    with browsing.reading(browser, java_script_enabled=False) as page:
        page.set_default_timeout(60_000)
        arrive(page, desk)
        story = page.locator("main article").first
        name = story.get_attribute("data-name")
        story.get_by_label("Note").fill("By hand.")
        story.get_by_role("button", name="Hide").click()
        page.get_by_role("button", name="Undo").click()
        undone = (desk.root / desks.WEEK / str(name)).read_text()
        story = page.locator(f"article[data-name='{name}']")
        story.get_by_label("Add a theme").fill("mem")
        story.get_by_label("Add a theme").press("Enter")
        page.get_by_label("Week", exact=True).select_option("2026-W48")
        page.get_by_role("button", name="Show").click()

    assert "By hand." not in undone
    assert "memory-crunch" in (desk.root / desks.WEEK / str(name)).read_text()


@pytest.mark.parametrize(
    ("width", "scheme", "other"), [(390, "light", "dark"), (1280, "dark", "light")]
)
def test_axe_finds_no_problem_and_the_page_fits(
    browser: Browser, desk: Desk, width: int, scheme: str, other: Literal["light", "dark"]
) -> None:
    """In the other colour scheme, axe looks at colours only."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    desk.open()
    desk.letter(set="draft")
    desk.save("number-1", set="hide=true", headline="Another headline")
    desk.save("number-2", note="Mine.", set="lead=true")
    path = desk.root / desk.file("number-4")
    path.write_text(path.read_text().replace("link:", "lnk:"))
    wishes: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with browsing.reading(browser, **wishes) as page:
        page.set_default_timeout(60_000)
        arrive(page, desk)
        file = desk.root / desk.file("number-5")
        story = page.locator("article[data-name*='number-5']")
        story.get_by_label("Note").fill("Mine.")
        file.write_text(file.read_text() + "By another hand.\n")
        story.get_by_role("button", name="Save", exact=True).click()
        story.get_by_role("button", name="Save mine").first.wait_for()
        page.keyboard.press("Escape")
        page.locator("main article").first.focus()
        page.keyboard.press("?")
        page.evaluate(axe.Axe().axe_script)
        found, wide = page.evaluate(AXE), page.evaluate(browsing.WIDTH)
        page.emulate_media(color_scheme=other)
        pale = page.evaluate(AXE, COLOURS)

    assert (found, pale) == ([], [])
    assert wide <= width


def test_stories_of_the_same_event_are_grouped_by_one_key(browser: Browser, tmp_path: Path) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    titles = (
        "Halden Motors to buy battery maker Voltara for $2.3 billion",
        "Halden Motors agrees $2.3bn takeover of Voltara",
        "Zoo mourns its oldest elephant",
    )
    root = desks.make(tmp_path, 3, titles)
    before = files(root)

    def also() -> list[str]:
        lines = [line for data in files(root).values() for line in data.decode().splitlines()]
        return [line for line in lines if line.startswith("also:")]

    wishes: dict[str, Any] = {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"}
    with serving(root) as desk, browsing.reading(browser, **wishes) as page:
        page.set_default_timeout(60_000)
        arrive(page, desk)
        story = page.locator("article[data-name*='halden-motors-to-buy']")
        why = "both say Halden, Motors, Voltara, 2.3 billion dollars; 25 hours apart"
        story.get_by_text(f"Same event? {titles[1]}, The Example Post: {why}").wait_for()
        story.focus()
        page.keyboard.press("a")
        saved(page)
        story.get_by_text("Below it:").wait_for()
        assert also() == ["also: [2026-11-25-halden-motors-agrees-2-3bn-takeover-of-voltara.md]"]
        other = page.locator("article[data-name*='takeover']")
        other.get_by_text("Shown below Halden").wait_for()
        page.evaluate(axe.Axe().axe_script)
        found, wide = page.evaluate(AXE), page.evaluate(browsing.WIDTH)
        page.keyboard.press("a")
        saved(page)
        assert also() == []
        page.keyboard.press("u")
        saved(page)
        assert len(also()) == 1
        page.keyboard.press("u")
        saved(page)
        story.get_by_text("Same event?").wait_for()
        page.locator("article[data-name*='zoo']").focus()
        page.keyboard.press("a")
        page.get_by_text("No story seems to report the same event").wait_for()

    assert found == []
    assert wide <= 390
    assert files(root) == before


def test_markup_in_feeds_is_shown_as_text(browser: Browser, shared: Path, tmp_path: Path) -> None:
    feeds = sorted(
        path for path in (shared / "hostile").glob("d*") if path.suffix in {".xml", ".json"}
    )
    root = tmp_path
    settings = desks.SETTINGS.partition("[[feeds]]")[0]
    themes = "[[themes]]" + desks.SETTINGS.partition("[[themes]]")[2]
    for number, feed in enumerate(feeds):
        (root / feed.name).write_bytes(feed.read_bytes())
        settings += f'[[feeds]]\nid = "f{number}"\nurl = "{feed.name}"\n'
    (root / "digest.toml").write_text(settings + themes)
    digest(root, "pull")
    weeks = sorted({path.parent for path in (root / "content").glob("20*/w*/*.md")})
    assert weeks
    with serving(root, opened=False) as desk, browsing.reading(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
        arrive(page, desk)
        for week in weeks:
            name = f"{week.parent.name}-{week.name.upper()}"
            page.goto(f"{desk.origin}/_desk/?week={name}")
            inside = page.evaluate(LIVE)
            links = page.locator("main a").evaluate_all("all => all.map(one => one.protocol)")

            assert inside == 0
            assert set(links) <= {"https:", "http:", "vscode:"}
            assert page.locator("main article").count() == len([*week.glob("2*.md")])
    assert not [url for url in asked if not url.startswith(desk.origin)]
