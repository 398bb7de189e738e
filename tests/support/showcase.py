"""A digest that has everything, and too much of it, for those who judge what readers get.

Every page kind, every mark that an editor can set, a week of forty stories, a theme of more than 199, quiet stretches;
and what bursts a layout: words without an end, Chinese, Arabic, markup in a headline, a dozen authors.
"""

from __future__ import annotations

import json
import struct
import zlib
from datetime import date, timedelta
from pathlib import Path

from digest import config
from digest.commands import build
from digest.content.identity import hash_of
from digest.week import Week

URL = "https://digest.example/trial/"
ENDLESS = "Semiconductormanufacturingequipmentexportcontrolsenforcementagency" * 4
QUOTED = "What the publisher said of it, with a " + "word and " * 30 + ENDLESS
FULL = date(2026, 5, 11)
"""The Monday of the week that is full to the brim; the week after it is open."""

KINDS = ("", "2026/w20/", "2026/w21/", "archive/", "themes/", "themes/controls/", "themes/controls/page/1/",
         "themes/never/", "ahead/", "corrections/", "about/", "subscribe/", "404.html")  # fmt: skip
"""A page of every kind, without redirects of renamed themes, which browsers leave at once."""

EMPTY = f"""[site]
title = "An empty digest"
url = "{URL}"
"""
SETTINGS = f"""[site]
title = "Chips & Borders"
url = "{URL}"
id = "urn:uuid:0f4f7a5a-3c53-4be5-8df7-0e3d8ddf5a10"
description = "Who makes chips, who may buy them, and what it costs: <every week>."
timezone = "Asia/Hong_Kong"
editor = "Ines Moor"

[[feeds]]
id = "post"
url = "https://post.example/rss.xml"
title = "The Post: Chips"
publisher = "The Very Long Named Post of {ENDLESS[:63]}"

[[feeds]]
id = "wall"
url = "https://wall.example/rss.xml"
title = "The Wall"
paywall = true

[[themes]]
id = "controls"
title = "Export controls"
match = ["control*"]
was = ["curbs"]

[[themes]]
id = "memory"
title = "Memory & its price"
match = ["memory"]

[[themes]]
id = "endless"
title = "{ENDLESS[:63]}"
match = ["endless"]

[[themes]]
id = "chinese"
title = "出口管制與半導體"
match = ["出口"]

[[themes]]
id = "arabic"
title = "ضوابط التصدير"
match = ["تصدير"]

[[themes]]
id = "never"
title = "Never met"
match = ["never"]
"""
NOTE = f"""What the editor makes of it, with a [link](https://post.example/), *weight*, **more of it**, `code`
and {ENDLESS}.

### A heading of its own

- one thing
- another, with {"https://post.example/" + "a" * 120}

1. first
2. second

| What | Before | After |
| --- | --- | ---: |
| {ENDLESS[:63]} | 1,000,000,000,000 | 2,000,000,000,000 |

> A quotation that is the editor's choice.

```
{"a line of code that is too long for any phone " * 4}
```

![A blue field, seen from above](field.png)

---

And so on.
"""
MANY = 24
"""The stories of a full week: a second page of a theme begins with them, and each costs axe seconds."""
HEADLINES = (
    "Export controls: who may sell what to whom",
    ENDLESS,
    "出口管制收緊,記憶體價格上漲,晶圓廠產能全部售罄,業界憂慮加深",
    "ضوابط التصدير: من يبيع ماذا ولمن، وبأي ثمن؟",
    "How <b>not</b> to say “no” & still mean it: a \\ story of {{ two }} capitals",
    "A headline that goes on " * 12,
)
ABOUT = f"""---
title: About {ENDLESS[:63]}
---

Written by one person. See [the letter](../2026/w20/letter.md).

{NOTE}"""
LETTER = f"""---
title: A letter that says what the week was about, at some length, and with {ENDLESS[:63]}
ahead: ["2026-05-15: A date that has passed once the next week begins"]
---

It was a week of *surplus*: see [the lead](2026-05-11-0-w20.md) and [who we are](../../pages/about.md).

{NOTE}"""


def make(root: Path) -> Path:
    """Makes the digest in a folder, builds it there, and returns the folder of its site."""
    _write(
        root,
        {"digest.toml": SETTINGS, **_beside(), **_quiet_years(), **_full_week(), **_open_week()},
    )
    for folder in ("2026/w20", "pages"):
        (root / "content" / folder / "field.png").write_bytes(_picture(1600, 900))
    return _built(root)


def make_empty(root: Path) -> Path:
    """Builds an empty digest; returns the folder of its site."""
    _write(root, {"digest.toml": EMPTY})
    return _built(root)


def _built(root: Path) -> Path:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    return root / "site"


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def _beside() -> dict[str, str]:
    """The letter, a free page, an introduction, and what the feeds have brought: excerpts, a headline, a place left."""
    lines = [
        _line("post", number, title, said, folder="2026/w20")
        for number in range(MANY)
        for title, said in ((HEADLINES[number % 6] + f" ({number})", hash_of(QUOTED)),)
    ]
    earlier = _line(
        "post",
        0,
        "Export controls: an earlier headline",
        "2222222222222222",
        folder="2026/w20",
        at="01",
    )
    left = _line("post", 1, HEADLINES[1], hash_of(QUOTED), folder="2026/w19", at="02")
    return {
        "content/2026/w20/letter.md": LETTER,
        "content/pages/about.md": ABOUT,
        "content/themes/controls.md": f"Who may sell what to whom.\n\n{NOTE}".replace(
            "field.png", "../pages/field.png"
        ),
        "content/ledger/post.jsonl": "".join([earlier, left, *lines]),
    }


def _line(feed: str, number: int, title: str, said: str, *, folder: str, at: str = "12") -> str:
    guid = f"https://{feed}.example/article/{number}"
    hashes = {"excerpt": said}
    line = {"v": 1, "at": f"2026-05-{at}T08:00:00.000000Z", "id": guid, "aliases": [f"guid:{guid}"],
            "file": f"content/{folder}/2026-05-{11 + number % 7}-{number}-w20.md", "title": title, "said": hashes,
            "wrote": hashes, "themes": {}}  # fmt: skip
    return json.dumps(line) + "\n"


def _quiet_years() -> dict[str, str]:
    """As many stories of one theme as make a second page of it, nothing said of them; none in every fifth week."""
    mondays = [FULL - timedelta(weeks=number) for number in range(1, 34) if number % 5]
    return dict(_story(monday, number, body="") for monday in mondays for number in range(7))


def _full_week() -> dict[str, str]:
    """Many stories: half of them with a note, all with an excerpt, the first with every key of a story."""
    curated = (
        "headline: The editor's own headline\nlead: true\nupdated: 2026-05-14T09:00:00+08:00\n"
        "corrections: ['2026-05-13: It was said here that it was more.', '2026-05-14: It was less.']\n"
        f"authors: [{', '.join(f'Author Number {number}' for number in range(12))}]\n"
        f"saved: https://saved.example/web/2026/{ENDLESS}\n"
        f"ahead: ['2026-05-12: It is decided', '2026-06: {ENDLESS}', '2027: ضوابط التصدير']\n"
    )
    quoted = f"> {QUOTED}\n"
    notes = [NOTE, *["A note of one sentence."] * 9]
    return dict(
        _story(
            FULL,
            number,
            more=curated if number == 0 else "",
            body=quoted + ("\n" + notes[number % 10]) * (number < MANY // 2),
        )
        for number in range(MANY)
    )


def _open_week() -> dict[str, str]:
    return dict(
        _story(FULL + timedelta(weeks=1), number, body="One sentence.\n" * number)
        for number in range(3)
    )


def _story(monday: date, number: int, *, body: str, more: str = "") -> tuple[str, str]:
    """Returns a story's file and its content; headline, themes and feed follow from the number."""
    week, day = Week.of(monday), monday + timedelta(days=number % 7)
    themes = (
        "controls",
        "controls, memory",
        "endless",
        "chinese",
        "arabic",
        "controls, memory, endless",
    )
    feed = "post" if monday == FULL else ("post", "wall")[number % 2]
    theme = "controls" if monday < FULL else themes[number % 6]
    lines = [
        f"title: {json.dumps(f'{HEADLINES[number % 6]} ({number})', ensure_ascii=False)}",
        f"link: https://{feed}.example/article/{week}/{number}",
        f"published: {day}T{number % 24:02}:00:00+08:00",
        f"feeds: [{feed}]",
        f"themes: [{theme}]" if number % 9 != 8 else "themes: []",
        f"id: https://{feed}.example/article/{number if monday == FULL else f'{week}/{number}'}",
    ]
    return f"content/{week.folder}/{day}-{number}-{week.folder[-3:]}.md", "\n".join(
        ["---", *lines, f"{more}---", "", body]
    )


def _picture(width: int, height: int) -> bytes:
    """Returns a blue PNG of that size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = (b"\0" + b"\x20\x40\xa0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )
