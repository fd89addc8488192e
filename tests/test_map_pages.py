"""Maps on paper and as pages: all words are there, escaped and linked to their quotes; sheets have heads, sizes and every stage; nothing is half written."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import EVIL, ridden
from programs import program

from personabench import store
from personabench.codebook import add_code
from personabench.coding import code
from personabench.consent import record_consent, withdraw
from personabench.journeys import journey, journey_from_codings
from personabench.map_entries import add_entry
from personabench.map_pages import _joined, _lines, _width, write_map
from personabench.schema import BadInput
from personabench.study import Study

A3, A4 = (1190.55, 841.89), (841.89, 595.28)


@pytest.fixture
def study():
    with ridden() as made:
        pains = made.codings[made.codings["code"].eq("Payment fails")]["coding_id"]
        add_entry(made, f"Retry {EVIL}", lane="strategy", stage="Sign-up", owner="Lena", due="2020-01-31", evidence=pains)
        yield made


class Tags(HTMLParser):
    "Ids, links to them, and names of tags of a page."

    def __init__(self, page: str):
        super().__init__()
        self.ids, self.links, self.tags = [], [], set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told: dict[str, Any] = dict(attrs)
        self.tags.add(tag)
        if "id" in told: self.ids.append(told["id"])
        if tag == "a": self.links.append(told["href"])


def many_stages(n: int, words: int = 20) -> Study:
    "A study of one person who tells of many stages, each with a pain of many words."
    made, text = Study(":memory:", coder="MB", create=True), "word " * words
    with made.step("import", "import") as step:
        for who in (f"P{i:02}" for i in range(n)):
            store.add_source(step, who, text=text, turns=[{"start": 0, "end": len(text) - 1, "speaker": "A"}], speakers={"A": (who, "participant")})
    for i in range(n):
        add_code(made, f"Stage {i} " + "w" * 40, facet="stage", order=i)
        add_code(made, f"Pain {i} " + "long words " * 6, facet="pain")
        code(made, f"Stage {i} " + "w" * 40, source=f"P{i:02}", start=0, end=len(text) - 1)
        code(made, (f"Pain {i} " + "long words " * 6).strip(), source=f"P{i:02}", start=0, end=len(text) - 1)
    return made


def sheets(pdf: bytes) -> list[tuple[float, float]]:
    "The size of each page."
    return [(float(w), float(h)) for w, h in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)]


def words_of(pdf: Path) -> list[str]:
    "The words of each page, by Debian's pdftotext."
    return subprocess.run([program("pdftotext"), "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout.split("\f")[:-1]


# -- The page -----------------------------------------------------------------------------------------------------------------
def test_a_page_says_all_needs_nothing_and_leads_from_each_cell_to_its_quotes(study, tmp_path):
    page = write_map(journey(study), tmp_path / "map.html", study=study, title=f"Rides {EVIL}").read_text("utf-8")
    found = Tags(page)
    assert not {"script", "img", "link"} & found.tags and "http" not in page.replace("http-equiv", "") and "url(" not in page
    assert found.links and {link.removeprefix("#") for link in found.links} <= set(found.ids) and len(set(found.ids)) == len(found.ids)
    assert "&lt;img src=x" in page and "Lena · overdue since 2020-01-31" in page and "3 of 4 people" in page.replace("\u00a0", " ")
    [at] = re.findall(r'<a href="#(e\d+)" dir="auto">Payment fails</a>.{0,400}?3 of 4 people', page.replace("\u00a0", " "), re.DOTALL)[:1]
    behind = page[page.index(f'id="{at}"'):]
    assert "The card page hung twice" in behind[:behind.index("</article>")] and "nothing said" in page
    assert page.count("size: A3 landscape") == 1 and "size: A4 landscape" in write_map(journey(study), tmp_path / "a4.html", paper="A4").read_text("utf-8")


def test_without_evidence_there_are_no_other_quotes_and_no_dead_links(study, tmp_path):
    page = write_map(journey(study), tmp_path / "map.html", study=study, evidence=False).read_text("utf-8")
    assert "<article" not in page and "<a " not in page and "Payment fails" in page


def test_a_journey_alone_makes_a_map_without_entries(study, tmp_path):
    page = write_map(journey_from_codings(study.codings, codes=study.codes), tmp_path / "map.html").read_text("utf-8")
    assert "Payment fails" in page and "Retry" not in page and "Paying failed three times" in page


def test_who_has_withdrawn_is_quoted_on_no_page_though_the_journey_is_older(study, tmp_path):
    j = journey(study)
    before = write_map(j, tmp_path / "map.html", study=study).read_text("utf-8")
    withdraw(study, case="P01")
    page = write_map(j, tmp_path / "map.html", study=study).read_text("utf-8")
    for words in ("hung twice", "P01"): assert words in before and words not in page, words
    assert "of people who have withdrawn: not shown." in page
    sheet = write_map(j, tmp_path / "map.pdf", study=study)
    assert "hung twice" not in " ".join(words_of(sheet))


def test_who_refused_to_be_quoted_is_on_no_page_be_it_behind_an_entry_or_in_an_older_journey(study, tmp_path):
    older = journey(study)
    record_consent(study, case="P01", consent="no quotes")
    for j in (older, journey(study)):
        page = write_map(j, tmp_path / "map.html", study=study).read_text("utf-8")
        assert "hung twice" not in page and "a dream" not in page, "not in the ledger of an entry, of a cell, nor in the lane of quotes"
        assert page.count("[not to be quoted]") >= 3 and "3 of 4 people" in page.replace("\u00a0", " ")
    sheet = " ".join(" ".join(words_of(write_map(older, tmp_path / "map.pdf", study=study))).split())
    assert "[not to be quoted]" in sheet and "hung twice" not in sheet


def test_an_empty_journey_is_a_page_and_a_sheet_that_say_so(tmp_path):
    with Study(":memory:", coder="MB", create=True) as study:
        assert "No stage is coded" in write_map(journey(study), tmp_path / "map.html", study=study).read_text("utf-8")
        sheet = write_map(journey(study), tmp_path / "map.pdf", study=study)
        assert sheets(sheet.read_bytes()) == [A3] and "No stage is coded" in words_of(sheet)[0]


@pytest.mark.parametrize("name, more, says", [
    ("map.docx", {}, "one of .html, .pdf"), ("map.pdf", {"paper": "A5"}, "one of A3, A4"), ("no/map.pdf", {}, "make the folder first"),
    ("there.html", {}, "a folder has this name")])
def test_what_cannot_be_written_is_said_and_nothing_is_left_behind(study, tmp_path, name, more, says):
    (tmp_path / "there.html").mkdir()
    with pytest.raises(BadInput, match=re.escape(says)): write_map(journey(study), tmp_path / name, **more)
    assert [p.name for p in tmp_path.iterdir()] == ["there.html"]


# -- Sheets -------------------------------------------------------------------------------------------------------------------
def test_sheets_are_a3_or_a4_and_say_what_the_page_says(study, tmp_path):
    for paper, size in (("A3", A3), ("A4", A4)):
        file = write_map(journey(study), tmp_path / f"{paper}.pdf", study=study, paper=paper)
        pages = words_of(file)
        assert set(sheets(file.read_bytes())) == {size} and len(pages) == len(sheets(file.read_bytes()))
        words = " ".join(" ".join(pages).split())
        for said in ("Journey of everybody", "Payment fails", "3 of 4 people", "Lena · overdue since 2020-01-31", "nothing said", "no interval below 3 people",
                     "Journey of everybody: evidence", "“The card page hung twice”", f"1 of {len(pages)}"): assert said in words.replace("\u00a0", " "), said


@pytest.mark.parametrize("paper, n", [("A3", 14), ("A4", 14), ("A3", 3), ("A4", 1)])
def test_every_stage_and_lane_head_stands_on_the_sheets_of_its_block_and_nothing_leaves_the_paper(tmp_path, paper, n):
    with many_stages(n) as study:
        file = write_map(journey(study), tmp_path / "map.pdf", study=study, paper=paper, evidence=False)
    pages = words_of(file)
    for i in range(n): assert sum(bool(re.search(rf"Stage {i}\b", p)) for p in pages) >= 1, i
    assert all("Stage" in p for p in pages), "each sheet has its head"
    boxes = subprocess.run([program("pdftotext"), "-bbox", str(file), "-"], capture_output=True, text=True, check=True).stdout
    width, height = A3 if paper == "A3" else A4
    for x, y in re.findall(r'xMax="([\d.]+)" yMax="([\d.]+)"', boxes): assert float(x) <= width - 20 and float(y) <= height - 15


def test_a_cell_longer_than_a_sheet_goes_on_with_its_heads(tmp_path):
    with many_stages(2) as study:
        for i in range(150): add_entry(study, f"Number {i:03} of a long list of notes that somebody wrote", lane="note", stage="Stage 0 " + "w" * 40)
        file = write_map(journey(study), tmp_path / "map.pdf", study=study, paper="A4", evidence=False)
    pages = words_of(file)
    assert sum("continued" in p for p in pages) >= 2 and all("Stage 0" in p for p in pages)
    found = [int(n) for p in pages for n in re.findall(r"Number (\d{3})", p)]
    assert found == list(range(150)), "each once, in order"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120), st.floats(20, 300), st.sampled_from([6.5, 8.0, 14.0]), st.booleans())
def test_lines_hold_every_letter_and_are_never_wider_than_their_room(text, room, size, bold):
    lines = _lines(text, room, size, bold)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(_width(line, size, bold) <= room or len(line) == 1 for line in lines)


def test_joined_sheets_keep_what_looks_like_a_reference_inside_a_stream():
    import vl_convert

    sheet = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="100"><text x="5" y="20">12 0 R, sheet {0} endobj</text></svg>'
    pdf = _joined([vl_convert.svg_to_pdf(sheet.format(w)) for w in (100, 200, 300)], "Title \u05e9 (x)")
    assert [w for w, _ in sheets(pdf)] == [100, 200, 300] and pdf.count(b"/Type /Catalog") == 1 and b"/Title <FEFF" in pdf
    start = int(re.findall(rb"startxref\n(\d+)", pdf)[0])
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf[start:]), 0): assert re.match(rb"\d+ 0 obj", pdf[int(place):int(place) + 12]), number
