"""An editor's requests change a story's file as the same edits typed by hand would, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import HONG_KONG
from hypothesis import given
from hypothesis import strategies as st

from digest.content import change_requests, excerpt, story_file
from digest.content.change_requests import ChangeRequest, Refusal
from digest.content.edit import Edit
from digest.content.known_names import KnownNames
from digest.content.ledger import PendingChange
from digest.content.pending import file_hash
from digest.model import Correction, Story
from digest.week import Week

FILE = "content/2026/w20/2026-05-15-slug.md"
KNOWN = KnownNames(themes=frozenset({"memory-crunch", "export-controls", "taiwan"}))
EXCERPT = "Their first words.\n\nTheir last words."
OURS = excerpt.hashes(EXCERPT)

REQUIRED = [
    ["title: Foundries fill up: what now?", "title: 'It''s full'", 'title: "Full # up" # ~'],
    ["link: https://news.example/1", "link: 'https://news.example/1' # ~"],
]
OPTIONAL = {
    "themes": ["themes: [memory-crunch] # ~", "themes:|  - memory-crunch|  - taiwan", "themes: taiwan", "themes: []"],
    "headline": ["headline: 'It''s'", 'headline: "Full # up"', "headline: #1: a worry", 'headline: "Ours" # ~'],
    "lead": ["lead: yes", "lead: true # ~", "lead: false"],
    "hide": ["hide: true", "hide:", "hide: true # ~"],
    "draft": ["draft: On"],
    "corrections": ["corrections:|- 2026-05-20: It said: #5.|- 2026-05-21: And # 6.", "corrections: 2026-05-20: Wrong."],
    "id": ["id: g1 # ~"],
    "": ["# mine # ~", ""],
}  # fmt: skip
HOSTILE = st.sampled_from(
    ["---", "'", '"', "a: b", "# a", "#1", " #", "[x]", "{x}", "> quoted", "- a", "&a", "*a", "!t", "|", "%", "@", "`",
     "\\n", "\\", "“x”", "No", "~", "2026-05-20", "\u2028", "\u2029", "\x85", "\x07", "\ufeff", "\U0001f600", "<!--",
     "{{ x }}", "</textarea>", "true", "a\tb", "title: x"]
)  # fmt: skip
WORDS = st.lists(HOSTILE | st.text(max_size=8), min_size=1, max_size=4).map(" ".join)
WORDS = WORDS.map(lambda words: words.replace("\r", "").strip())
NOTE = st.lists(WORDS | st.sampled_from(["", "    code", "> ours", "***"]), max_size=5)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "note": NOTE.map("\n".join),
        "headline": WORDS | st.just("") | st.just("a\nb"),
        "themes": st.lists(st.sampled_from(sorted(KNOWN.themes)), unique=True).map(tuple),
        "lead": st.booleans(),
        "hide": st.booleans(),
        "draft": st.booleans(),
        "corrections": st.lists(
            WORDS.filter(bool).map(lambda words: Correction(date(2026, 5, 22), words)), max_size=2
        ).map(tuple),
    },
)


@st.composite
def front_matters(draw: st.DrawFn) -> list[str]:
    """The lines of keys, comments and blank lines, in any order."""
    pieces = [draw(st.sampled_from(forms)) for forms in REQUIRED]
    for key in draw(st.sets(st.sampled_from(sorted(OPTIONAL)))):
        pieces.append(draw(st.sampled_from(OPTIONAL[key])))
    return [line for piece in draw(st.permutations(pieces)) for line in piece.split("|")]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[list[str], str, list[str]]:
    """The lines above the note, the note, and the blank lines below it."""
    quoted = excerpt.quote(EXCERPT).split("\n") if draw(st.booleans()) else []
    note = draw(
        st.sampled_from(
            ["", "Ours.", "Ours,\nin *two* lines.\n\n> With a quotation.", "Ours.\n\n\nApart."]
        )
    )
    blank = [""] * draw(st.integers(1, 3)) if quoted and note else []
    top = [""] * draw(st.integers(0, 2)) if quoted or note else []
    return [*top, *quoted, *blank], note, [""] * draw(st.integers(0, 2))


def without(lines: list[str], keys: Mapping[str, Any]) -> list[str]:
    """The lines of a front matter without those of some keys."""
    kept, is_out = list[str](), False
    for line in lines:
        is_out = line.partition(":")[0] in keys or (is_out and line.startswith(("-", " ")))
        kept += [] if is_out else [line]
    return kept


def read(text: str) -> Story:
    return story_file.loads(text, FILE, HONG_KONG, OURS)


@given(
    front_matters(),
    bodies(),
    CHANGES,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.booleans(),
)
def test_a_change_request_gives_the_same_file_as_an_edit_by_hand(
    front: list[str], body: tuple[list[str], str, list[str]], changes: dict[str, Any], stop: str, bom: str, is_ended: bool
) -> None:  # fmt: skip
    above, note, below = body
    lines = ["---", *front, "---", *above, *(note.split("\n") if note else []), *below]
    is_ended = is_ended or not lines[-1]
    text = bom + stop.join(lines) + (stop if is_ended else "")
    before = read(text)

    result = change_requests.edit_for(
        ChangeRequest(file=FILE, changes=changes), text.encode(), EXCERPT, KNOWN, HONG_KONG
    )

    if isinstance(result, Refusal):  # a comment behind a headline would be lost
        assert 'headline: "Ours" # ~' in front
        assert changes["headline"] == ""
        return
    after = read(result.after)
    meant = {**changes, "note": trimmed(changes.get("note", note))}
    assert after == replace(before, **meant)
    assert result.after.count("# ~") == text.count("# ~") or "# ~" in str(changes)
    end = result.after.index(f"{stop}---", 3)
    hand = result.after[: end + len(stop) + 3]
    changed = {name: value for name, value in changes.items() if value != getattr(before, name)}
    assert without(hand.removeprefix(bom).split(stop)[1:-1], changed) == without(front, changed)
    assert result.after[len(hand) :] == typed_body(text, stop, body, meant["note"], is_ended)
    assert ("\r\n" in result.after) is (stop == "\r\n")


def trimmed(note: str) -> str:
    lines = note.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


def typed_body(text: str, stop: str, body: tuple[list[str], str, list[str]], note: str, is_ended: bool) -> str:  # fmt: skip
    """What is below the front matter after typing a note in place of the old one, or at the end."""
    above, old, below = body
    if old == note:
        return text[text.index(f"{stop}---", 3) + len(stop) + 3 :]
    if old:
        lines = ["", *above, *(note.split("\n") if note else []), *below]
        return stop.join(lines) + (stop if is_ended or not note else "")
    lines = ["", *above, *below]
    apart = [] if len(lines) > 1 and not lines[-1] else [""]
    return stop.join([*lines, *apart, *note.split("\n")]) + (stop if is_ended else "")


STORY = "---\ntitle: Full\nlink: https://news.example/1\nthemes: []\n---\n\n"


def decided(text: str, excerpt_was: str = "", **changes: Any) -> Edit | Refusal:
    return change_requests.edit_for(
        ChangeRequest(file=FILE, changes=changes), text.encode(), excerpt_was, KNOWN, HONG_KONG
    )


def changed(text: str, excerpt_was: str = "", **changes: Any) -> str:
    result = decided(text, excerpt_was, **changes)
    assert isinstance(result, Edit), result
    return result.after


def refused(text: str, **changes: Any) -> str:
    result = decided(text, **changes)
    assert isinstance(result, Refusal)
    return result.why


@pytest.mark.parametrize(
    ("before", "note", "after"),
    [
        ("> Mine.\n\n> Theirs.\n\nOld.\n", "> Mine.\n\n\n\nNew.", "> Mine.\n\n> Theirs.\n\nNew.\n"),
        ("> Mine.\n\n> Theirs.\n\nOld.\n", "> New.\n\n\n\nOld.", "> New.\n\n> Theirs.\n\nOld.\n"),
        ("> Mine.\n\n> Theirs.\n\nOld.\n", "New.", "> Theirs.\n\nNew.\n"),
        ("> Mine.\n\n> Theirs.\n", "", "\n> Theirs.\n"),
        ("> Theirs.\nGlued.\n", "New.", "> Theirs.\nNew.\n"),
        ("> Theirs.\n", "\n  \nNew.\r\nMore.\n\n", "> Theirs.\n\nNew.\nMore.\n"),
    ],
)  # fmt: skip
def test_an_excerpt_inside_a_note_is_still_recognised(before: str, note: str, after: str) -> None:  # fmt: skip
    assert changed(STORY + before, "Theirs.", note=note) == STORY + after


def test_a_quotation_by_the_editor_at_the_top_is_part_of_the_note() -> None:
    assert changed(STORY + "> Mine.\n", note="Words.") == STORY + "Words.\n"


def test_setting_a_value_that_the_file_already_has_changes_nothing() -> None:
    text = STORY.replace("themes: []", "lead: yes\nthemes:   memory-crunch")

    assert changed(text, lead=True, themes=("memory-crunch",), note="") == text


def test_a_value_is_appended_to_a_list_with_comments() -> None:
    text = STORY.replace(
        "themes: []", "corrections:\n  # ours\n  - '2026-05-20: Wrong: # 5.' # mine"
    )
    first, second = (
        Correction(date(2026, 5, 20), "Wrong: # 5."),
        Correction(date(2026, 5, 22), "No."),
    )

    after = text.replace("# mine\n", "# mine\n  - '2026-05-22: No.'\n")
    assert changed(text, corrections=(first, second)) == after
    assert "has a comment" in refused(text, corrections=(second,))


def test_values_that_stay_in_a_list_keep_their_quotes() -> None:
    text = STORY.replace("themes: []", "themes:\n- 'taiwan'\n-   \"memory-crunch\"")
    first, second = "- 'taiwan'\n", '-   "memory-crunch"\n'

    assert changed(text, themes=("memory-crunch",)) == text.replace(first, "")
    swapped = text.replace(first + second, second + first)
    assert changed(text, themes=("memory-crunch", "taiwan")) == swapped


@pytest.mark.parametrize(
    ("text", "changes", "why"),
    [
        (STORY, {"themes": ("memory-crash",)}, f"{FILE}: unknown theme 'memory-crash'; did you mean 'memory-crunch'?"),
        (STORY.replace("[]", "[memory-crunch, # mine\n  ]"), {"themes": ()}, f"{FILE}: 'themes' has a comment"),
        (STORY, {"note": "<<<<<<< HEAD"}, f"{FILE}: a merge-conflict mark; keep what is right of both sides"),
        (STORY, {"note": "x" * 1_000_000}, f"{FILE}: the file would have more than 1,000,000 bytes"),
        (STORY, {"note": "\udc80"}, f"{FILE}: the text has characters that UTF-8 cannot have"),
        (STORY.replace("\n", "\r"), {"lead": True}, f"{FILE}: the front matter has no end"),
        (STORY.replace("link:", "lnk:"), {"lead": True}, f"{FILE}:3: unknown key 'lnk'; did you mean 'link'?"),
        (STORY.replace("themes:", "? [x, y]\n: z\nthemes:"), {"lead": True}, f"{FILE}:"),
    ],
)  # fmt: skip
def test_an_unsafe_edit_is_refused_with_the_reason(
    text: str, changes: dict[str, Any], why: str
) -> None:
    assert why in refused(text, **changes)


def test_a_file_changed_since_it_was_read_is_not_written() -> None:
    seen = file_hash(STORY)
    now = (STORY + "Another's note.\n").encode()
    request = ChangeRequest(file=FILE, seen_hash=seen, changes={"note": "Mine.", "lead": True})

    result = change_requests.edit_for(request, now, "", KNOWN, HONG_KONG)

    assert isinstance(result, Refusal)
    assert result.changed
    assert result.story
    assert (result.request.changes["note"], result.story.note) == ("Mine.", "Another's note.")
    again = change_requests.edit_for(
        replace(request, seen_hash=result.seen_hash), now, "", KNOWN, HONG_KONG
    )
    assert isinstance(again, Edit)


def test_line_endings_converted_by_git_are_not_a_change() -> None:
    crlf = STORY.replace("\n", "\r\n").encode()
    request = ChangeRequest(file=FILE, seen_hash=file_hash(STORY), changes={"note": "Mine."})

    assert isinstance(change_requests.edit_for(request, crlf, "", KNOWN, HONG_KONG), Edit)


def test_a_moved_story_takes_along_the_pictures_that_only_it_shows() -> None:
    request = ChangeRequest(file=FILE, week=Week(2026, 21), changes={"lead": True})
    data = (STORY + "![](quay.jpg)\n").encode()

    beside = ("quay.jpg", "a.md")

    alone = change_requests.edit_for(request, data, "", KNOWN, HONG_KONG, beside)
    shared = change_requests.edit_for(
        request, data, "", KNOWN, HONG_KONG, beside, lambda _: "content/2026/w20/letter.md"
    )

    assert isinstance(alone, Edit)
    assert alone.new_file == "content/2026/w21/2026-05-15-slug.md"
    assert alone.moved_pictures == [("content/2026/w20/quay.jpg", "content/2026/w21/quay.jpg")]
    assert alone.inverse.moved_pictures == [
        ("content/2026/w21/quay.jpg", "content/2026/w20/quay.jpg")
    ]
    assert alone.inverse.inverse == alone
    assert isinstance(shared, Refusal)
    assert shared.why == (
        f"{FILE}: shows quay.jpg, as content/2026/w20/letter.md does; "
        "move both files by hand, and correct the links"
    )


@pytest.mark.parametrize(
    ("shown", "moves"),
    [("![](1%20é.png)", True), ("![](1%20%C3%A9.png)", True), ("![](<1 é.png>)", True),
     ("<img src='./1 e\u0301.png'>", True), ("![](https://x.example/1%20é.png)", False),
     ("![](11%20é.png)", False), ("![](1%20é.png.webp)", False)],
)  # fmt: skip
def test_only_the_full_name_of_a_picture_refers_to_it(shown: str, moves: bool) -> None:
    request = ChangeRequest(file=FILE, week=Week(2026, 21))
    data = f"{STORY}{shown}\n".encode()

    done = change_requests.edit_for(request, data, "", KNOWN, HONG_KONG, ["1 é.png"])

    assert isinstance(done, Edit)
    assert done.pictures == (("1 é.png",) if moves else ())


def test_a_picture_linked_with_its_folder_does_not_move() -> None:
    request = ChangeRequest(file=FILE, week=Week(2026, 21))
    data = f"{STORY}![](1.png)\n![](../w20/1.png)\n".encode()

    done = change_requests.edit_for(request, data, "", KNOWN, HONG_KONG, ["1.png"])

    assert isinstance(done, Refusal)
    assert ": names its folder in the link to 1.png; move both files by hand" in done.why


@pytest.mark.parametrize("kind", ["kept", "another's", "undone"])
def test_the_publishers_version_of_a_field_can_be_chosen(kind: str) -> None:
    story = read(STORY)
    pending = {
        "title": PendingChange(kind, "Fuller"),
        "authors": PendingChange(kind, "Jo, Ann"),
        "link": PendingChange("changed", "https://news.example/0"),
        "excerpt": PendingChange(kind, ""),
        "image": PendingChange(kind, "x" * 300),
    }

    taken = change_requests.publisher_values(story, pending, "1. New.")

    assert taken == {"title": "Fuller", "authors": ("Jo", "Ann"), "excerpt": "1\\. New."}
    assert read(changed(STORY, **taken)).title == "Fuller"
