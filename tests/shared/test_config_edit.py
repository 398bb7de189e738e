"""Changes to digest.toml by a program: values are added, and comments and order stay."""

from __future__ import annotations

import re
import tomllib

import pytest

from digest import config_edit
from digest.model import Feed

LISTS = (
    "[{}]",
    "[{},]",
    "[\n  {} # last\n]",
    "[\n  {}\n  # end, with ] and ,\n]",
    "[\n  {},\n\n  # end\n]",
    "[ # first\n  {}  # last\n  , # behind\n]",
    "[{}\n,\n]",
)


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("last", ["'a,]'", '"b" , """c\n#]"""'])
def test_phrases_are_added_to_any_list_below_its_comments(listed: str, last: str) -> None:
    written = listed.format(last)
    text = f'[[themes]]\nid = "t"\nmatch = {written} # outside\nignore = ["z"]\n'
    before = tomllib.loads(text)["themes"][0]

    after = config_edit.with_phrases(text, {"t": ("new", "newer")})

    assert tomllib.loads(after)["themes"] == [
        {**before, "match": [*before["match"], "new", "newer"]}
    ]
    comments = re.compile(r"# (?:first|last|end|behind|outside).*")
    assert comments.findall(after) == comments.findall(text)
    assert after.count("\n") >= text.count("\n")


@pytest.mark.parametrize("listed", LISTS)
def test_feeds_are_added_to_a_list_of_inline_tables(listed: str) -> None:
    feeds = listed.format('{id = "a", match = ["x,"]}')
    text = f"feeds = {feeds}\n"

    after = config_edit.with_new_feeds(text, [Feed("b", "b.xml", "B", "")], {})

    assert [feed["id"] for feed in tomllib.loads(after)["feeds"]] == ["a", "b"]
    assert re.findall("# .*", after) == re.findall("# .*", text)
