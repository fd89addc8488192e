"""Files that open anywhere with the network off, whole or not at all."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import altair as alt
import pandas as pd
import pytest

from personabench import exports
from personabench.exports import write_chart
from personabench.schema import BadInput


@pytest.fixture
def chart():
    data = pd.DataFrame({"stage": ["Sign-up", "First ride"], "people": [13, 12]})
    return alt.Chart(data, title="People & stages", description="13 <people> spoke of signing up").mark_bar().encode(x="people", y="stage")


def test_svg_speaks_to_screen_readers(chart, tmp_path):
    root = ET.fromstring(write_chart(chart, tmp_path / "c.svg").read_bytes())
    svg = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root[0].tag == f"{svg}title" and root[0].text == "People & stages"
    assert root[1].tag == f"{svg}desc" and root[1].text == "13 <people> spoke of signing up"


def test_png_has_two_pixels_per_unit(chart, tmp_path):
    write_chart(chart, tmp_path / "c.png")
    width = int(re.search(r'width="(\d+)', write_chart(chart, tmp_path / "c.svg").read_text("utf-8"))[1])
    data = (tmp_path / "c.png").read_bytes()
    assert data.startswith(b"\x89PNG") and abs(int.from_bytes(data[16:20], "big") - 2 * width) <= 4


def test_pdf_is_a_pdf(chart, tmp_path):
    assert write_chart(chart, tmp_path / "c.pdf").read_bytes().startswith(b"%PDF-")


def test_html_loads_nothing(chart, tmp_path):
    page = write_chart(chart, tmp_path / "c.html").read_text("utf-8")
    assert not re.search(r"<(script|link)[^>]*\b(src|href)=", page)
    assert '<html lang="en">' in page and "<title>People &amp; stages</title>" in page
    assert "mark" in page and "First ride" in page


def test_a_chart_without_words_still_gets_a_title(tmp_path):
    plain = alt.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x")
    assert "<title>Chart</title>" in write_chart(plain, str(tmp_path / "c.svg")).read_text("utf-8")


def test_a_live_chart_is_written_as_its_chart(chart, tmp_path):
    assert write_chart(alt.JupyterChart(chart), tmp_path / "c.SVG").exists()


@pytest.mark.parametrize(("name", "words"), [("c.jpeg", "no format ends in '.jpeg'.*one of .html, .svg, .png, .pdf"), ("c", "no format ends in ''"),
                                             ("nowhere/c.png", "no folder .*nowhere.*mkdir"), ("folder.png", "a folder has this name")])
def test_what_cannot_be_written_is_said(chart, tmp_path, name, words):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(BadInput, match=words): write_chart(chart, tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


def test_something_else_is_no_chart(tmp_path):
    with pytest.raises(BadInput, match="a DataFrame.*an Altair chart"): write_chart(pd.DataFrame(), tmp_path / "c.png")


def test_a_failure_leaves_the_old_file_and_no_litter(chart, tmp_path, monkeypatch):
    path = tmp_path / "c.svg"
    path.write_text("old")
    def full(*_): raise OSError(28, "No space left on device")
    monkeypatch.setattr(exports.os, "replace", full)
    with pytest.raises(OSError, match="No space"): write_chart(chart, path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_name_that_looks_like_markup_does_not_end_the_script(tmp_path):
    import altair as alt

    bad = "</script><script>alert(1)</script>"
    chart = alt.Chart(pd.DataFrame({"stage": [bad], "n": [1]}), title="x").mark_bar().encode(x="n", y="stage")
    page = write_chart(chart, tmp_path / "x.html").read_text(encoding="utf-8")
    assert bad not in page and "\\u003c/script>\\u003cscript>alert(1)" in page


MUTE = "\x07\x08\x0b\x0c\x1b\ufffe\uffff"


def test_letters_that_no_picture_can_hold_are_replaced_everywhere(tmp_path):
    import json

    words = {f"a{MUTE}\U0001f6b2": ["a", f"C:\\bikes{MUTE}"]}      # such names stand in the expression of an axis, behind backslashes
    data = pd.DataFrame({"stage": list(words), f"n{MUTE}": [3], "says": [f"quote{MUTE}"]})
    axis = alt.Axis(labelExpr=f"({json.dumps(words)})[datum.value]")
    drawn = alt.Chart(data, title=f"Title{MUTE}", description=f"Words{MUTE}").mark_bar().encode(alt.X(f"n{MUTE}:Q"), alt.Y("stage:N", axis=axis), tooltip="says")
    left = re.compile(f"[{MUTE}]|u00[01][0-9a-f]|uff(?:fe|ff)")
    assert not left.search(json.dumps(exports._still(drawn))), "what is left would end the kernel in the next line"
    svg = ET.fromstring(write_chart(drawn, tmp_path / "c.svg").read_bytes())
    said = "".join(svg.itertext())
    gone = "\ufffd" * len(MUTE)
    assert f"Title{gone}" in said and f"Words{gone}" in said and f"C:\\bikes{gone}" in said, "and a path's own backslash stays"
    for form in ("png", "pdf"): assert write_chart(drawn, tmp_path / f"c.{form}").stat().st_size > 2000
    page = write_chart(drawn, tmp_path / "c.html").read_text("utf-8")
    assert not re.search(f"[{MUTE}]", page) and not left.search(page[page.rindex(" spec = "):]) and "C:" in page


def test_backslashes_outside_of_expressions_stay(tmp_path):
    words = r'he said "C:\bikes\u0007" twice'
    drawn = alt.Chart(pd.DataFrame({"x": [1]}), title=words).mark_point().encode(x="x")
    assert words in write_chart(drawn, tmp_path / "c.svg").read_text("utf-8").replace("&quot;", '"')
