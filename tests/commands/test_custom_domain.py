"""The custom domain in content/static/CNAME: it names one host, and `url` leads there."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import digest

from digest.commands.shared import custom_domain

URL = "https://chips.press/"


@pytest.mark.parametrize(
    ("content", "url", "what", "cure"),
    [
        ("chips.press\n", URL, "", ""),
        ("CHIPS.press", URL, "", ""),
        ("\r\nchips.press \r\n", URL, "", ""),
        (
            "chips.press",
            "https://ada.github.io/chip/",
            "GitHub Pages serves the site at https://chips.press/, and",
            "",
        ),
        (
            "chips.press",
            "https://www.chips.press/",
            "GitHub Pages serves the site at",
            'url = "https://chips.press/"',
        ),
        ("chips.press", "https://chips.press/chip/", "GitHub Pages serves the site at", "hint"),
        ("chips.press", "https://chips.press:8443/", "GitHub Pages serves the site at", ""),
        ("", URL, "is empty", "chips.press"),
        ("\n \n", URL, "is empty", ""),
        ("chips.press\nwww.chips.press\n", URL, "has several lines", ""),
        (
            "https://chips.press/",
            URL,
            "'https://chips.press/' is not a host name",
            "write chips.press",
        ),
        ("chips.press/", URL, "is not a host name", "write chips.press"),
        ("chips.press:443", URL, "is not a host name", "write chips.press"),
        ("*.chips.press", URL, "is not a host name", "write chips.press"),
        ("chips press", URL, "is not a host name", ""),
        ("chips", URL, "is not a host name", "such as news.example"),
        ("chips..press", URL, "is not a host name", ""),
        ("чипы.press", URL, "is not a host name", "write xn--h1aows.press"),
        ("\ufeffchips.press", URL, "is not a host name", "write chips.press"),
    ],
)
def test_a_cname_file_names_one_host_and_the_site_url_is_on_it(
    content: str, url: str, what: str, cure: str
) -> None:
    problem = custom_domain.problem(content.encode(), url)

    assert (problem is None) is not bool(what)
    if problem:
        assert what in problem.what
        assert problem.is_hint if cure == "hint" else cure in problem.cure
        assert problem.line


@pytest.mark.parametrize(
    "content", ["elsewhere.press\n", "https://chips.press/\n", "a.press\nb.press\n", ""]
)
def test_check_build_and_publish_refuse_a_wrong_cname_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "digest.toml").write_text(f'[site]\ntitle = "T"\nurl = "{URL}"\n')
    assert digest("build", cwd=tmp_path).returncode == 0
    (tmp_path / "content/static").mkdir(parents=True)
    (tmp_path / "content/static/CNAME").write_text(content)

    for words in (["check"], ["build"], ["build", "--base-url", "https://elsewhere.press/"]):
        run = digest(*words, cwd=tmp_path)

        assert run.returncode == 1
        assert "content/static/CNAME:" in run.stdout + run.stderr

    (tmp_path / "content/static/CNAME").write_text("chips.press\n")
    assert digest("check", cwd=tmp_path).returncode == 0
    assert digest("build", cwd=tmp_path).returncode == 0
