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
from personabench.journey_measures import suggest_strategies
from personabench.map_pages import _joined, _lines, _plainly, _width, write_map
from personabench.sample_data import import_sample
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


@pytest.fixture
def bikes():
    with Study(":memory:", coder="MB") as made:
        import_sample(made)
        yield made


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
    assert "&lt;img src=x" in page and "3 of 4 people" in page.replace("\u00a0", " ")
    assert '<span>Lena</span> <span>overdue since <span class="date">2020-01-31</span></span>' in page
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


def test_entries_that_repeat_who_refused_to_be_quoted_have_a_mark_on_page_and_sheet(study, tmp_path):
    add_entry(study, "They say the card page hung twice.", lane="opportunity", stage="It annoyed me", owner="(then the ride was a dream)",
              evidence=study.codings.loc[study.codings["case"].eq("P04"), "coding_id"])
    for case in ("P01", "P02"): record_consent(study, case=case, consent="no quotes")
    page = write_map(journey(study), tmp_path / "map.html", study=study).read_text("utf-8")
    sheet = " ".join(" ".join(words_of(write_map(journey(study), tmp_path / "map.pdf", study=study))).split())
    for told in (page, sheet):
        assert not [w for w in ("hung twice", "a dream", "annoyed me") if w in told]
        assert "They say [not to be quoted]." in told and "([not to be quoted])" in told
    assert "<h3 dir=\"auto\">They say [not to be quoted].</h3>" in page and study.entries["text"].str.contains("hung twice").any()


def test_an_empty_journey_is_a_page_and_a_sheet_that_say_so(tmp_path):
    with Study(":memory:", coder="MB", create=True) as study:
        page = write_map(journey(study), tmp_path / "map.html", study=study).read_text("utf-8")
        assert '<p class="nothing">No stage is coded' in page and "●●○" not in page, "no key to what is not there"
        sheet = write_map(journey(study), tmp_path / "map.pdf", study=study)
        assert sheets(sheet.read_bytes()) == [A3] and "No stage is coded" in words_of(sheet)[0]


@pytest.mark.parametrize("name, more, says", [
    ("map.docx", {}, "one of .html, .pdf"), ("map.pdf", {"paper": "A5"}, "one of A3, A4"), ("no/map.pdf", {}, "make the folder first"),
    ("there.html", {}, "a folder has this name")])
def test_what_cannot_be_written_is_said_and_nothing_is_left_behind(study, tmp_path, name, more, says):
    (tmp_path / "there.html").mkdir()
    with pytest.raises(BadInput, match=re.escape(says)): write_map(journey(study), tmp_path / name, **more)
    assert [p.name for p in tmp_path.iterdir()] == ["there.html"]


def test_who_has_the_map_and_no_python_reads_no_name_of_it(bikes, tmp_path):
    j = journey(bikes)
    assert any(".unplaced" in n for n in j.notes) and any(".emotions" in n for n in j.notes), "the researcher's own notes do say where"
    for name in ("map.html", "map.pdf"):
        file = write_map(j, tmp_path / name, study=bikes)
        words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", file.read_text("utf-8"), flags=re.DOTALL) if name == "map.html" else "\n".join(words_of(file))
        assert not re.search(r"(?<![\w.])\.[a-z_]{3,}|\w+_\w+|\w\(\)", words), name
        words = " ".join(words.split())
        assert f"Codings in a turn without a stage: {len(j.unplaced)}; they are not in this map." in words and re.search(r"most of all in Sign-up \([^)]*\)\. ", words)


def test_numbers_below_zero_have_a_true_minus_in_notes_and_in_the_evidence(bikes, tmp_path):
    j = journey(bikes)
    assert any("(-2 to +1)" in n for n in j.notes), "there is one to be mended"
    page = write_map(j, tmp_path / "map.html", study=bikes).read_text("utf-8")
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert "(−2 to +1)" in text and "(−1) ·" in text and "(+1) ·" in text and "(0) ·" in text
    assert not re.search(r"(?<![^ (])-\d|\(\+0\)", text)


@pytest.mark.parametrize("note, said", [
    ("Only the 9 most frequent became stages, and in .unplaced: 3 more events.", "Only the 9 most frequent became stages: 3 more events."),
    ("Rides on www.example.org, 2.5 times.", "Rides on www.example.org, 2.5 times."), ("See .notes", "See"),
    ("Fewer than 3 people said how they felt: Moving to .net, Pay.", "Fewer than 3 people said how they felt: Moving to .net, Pay."),
    ("Codings: 3, listed in .unplaced.", "Codings: 3; they are not in this map.")])
def test_notes_lose_pythons_names_and_nothing_else(note, said): assert _plainly(note) == said


def test_quotes_are_printed_once_and_what_stands_on_them_leads_there(bikes, tmp_path):
    j = journey(bikes)
    pain = j.quotes[j.quotes["stage"].eq("Regular use") & j.quotes["code"].eq("Full dock")]
    add_entry(bikes, "Say which docks are full", lane="strategy", stage="Regular use", evidence=pain["coding_id"])
    add_entry(bikes, "Say it to three", lane="strategy", stage="Regular use", evidence=pain["coding_id"].head(3))
    page = write_map(j, tmp_path / "map.html", study=bikes).read_text("utf-8")
    ledger = page[page.index('<h2 id="evidence">'):]
    titles = re.findall(r"<h3[^>]*>(.*?)</h3>", ledger)
    assert not [t for t in titles if t.startswith(("Remove what causes it", "Keep it"))], "a suggestion has the quotes of what it is about"
    anchors = {text: at for at, text in re.findall(r'<a href="#(e\d+)" dir="auto">(.*?)</a>', page[:page.index('<h2 id="evidence">')])}
    assert anchors["Remove what causes it, or help when it happens: Full dock"] == anchors["Full dock"]
    mine = ledger[ledger.index(f'id="{anchors["Say which docks are full"]}"'):].split("</article>")[0]
    assert "<q" not in mine and f'stand under <a href="#{anchors["Full dock"]}"' in mine
    few = ledger[ledger.index(f'id="{anchors["Say it to three"]}"'):].split("</article>")[0]
    assert few.count("<q") == pain.drop_duplicates(["source", "start", "end"]).head(3).shape[0], "which three, nobody could tell"
    sheet = " ".join(" ".join(words_of(write_map(j, tmp_path / "map.pdf", study=bikes))).split())
    assert "Its quotes stand under: Full dock" in sheet


def test_suggestions_beyond_two_are_counted_on_the_page_and_all_printed(bikes, tmp_path):
    j = journey(bikes)
    every = suggest_strategies(j)
    most = every["stage"].value_counts()
    page = write_map(j, tmp_path / "map.html", study=bikes, evidence=False).read_text("utf-8")
    screen, paper = page[page.index('<div class="screen"'):page.index('<div class="paper"')], page[page.index('<div class="paper"'):]
    assert [int(n) for n in re.findall(r"<summary>(\d+) more suggestion", screen)] == [most[s] - 2 for s in j.stages["stage"] if most.get(s, 0) > 2] != []
    assert "<details" not in paper, "what is folded cannot be opened on paper"
    words = " ".join(" ".join(words_of(write_map(j, tmp_path / "map.pdf", study=bikes, evidence=False))).split())
    for part in (screen, paper, words): assert part.count("suggested") == len(every) if part is not words else part.count("suggested") >= len(every) - 2


# -- Sheets -------------------------------------------------------------------------------------------------------------------
def test_sheets_are_a3_or_a4_and_say_what_the_page_says(study, tmp_path):
    for paper, size in (("A3", A3), ("A4", A4)):
        file = write_map(journey(study), tmp_path / f"{paper}.pdf", study=study, paper=paper)
        pages = words_of(file)
        assert set(sheets(file.read_bytes())) == {size} and len(pages) == len(sheets(file.read_bytes()))
        words = " ".join(" ".join(pages).split())
        for said in ("Journey of everybody", "Payment fails", "3 of 4 people", "Lena", "overdue since 2020-01-31", "nothing said", "no interval below 3 people",
                     "Journey of everybody: evidence", "“The card page hung twice”"): assert said in words.replace("\u00a0", " "), said


def test_sheets_hold_names_with_letters_that_no_picture_can(study, tmp_path):
    add_code(study, "Queue\x07\x0b\uffffs", facet="pain")
    source = study.codings[study.codings["code"].eq("Payment fails")].iloc[0]
    code(study, "Queue\x07\x0b\uffffs", source=source["source"], start=int(source["start"]), end=int(source["end"]))
    assert "Queue\ufffd\ufffd\ufffds" in " ".join(words_of(write_map(journey(study), tmp_path / "m.pdf", study=study)))


def test_no_line_of_a_sheet_or_page_begins_or_ends_with_a_dot(bikes, tmp_path):
    add_entry(bikes, "Say it", lane="strategy", stage="Sign-up", owner="Ida Møller, of the support", due="2020-01-31", evidence=[22])
    j = journey(bikes)
    sheet = write_map(j, tmp_path / "map.pdf", study=bikes, evidence=False)
    words_of(sheet)  # skips without pdftotext
    found = subprocess.run(["pdftotext", "-bbox-layout", str(sheet), "-"], capture_output=True, text=True, check=True).stdout
    lines = [re.findall(r">([^<]*)</word>", x) for x in re.findall(r"<line.*?</line>", found, re.DOTALL)]
    assert len(lines) > 300 and not [x for x in lines if "·" in (x[0], x[-1])] and ["Ida", "Møller,", "of", "the", "support"] in lines
    page = write_map(j, tmp_path / "map.html", study=bikes, evidence=False).read_text("utf-8")
    body = page[page.index("<body"):].replace("\u00a0", " ")
    assert "·" not in body and re.search(r"6 of 14 people</span> <span>43 % \(21 to 67 %\)</span>", body), "the page draws a dot only between two that stand side by side"


LONG = ["Awareness of the municipal bicycle-sharing programme and its many tariffs", "Post-purchase evaluation and recommendation to colleagues"]


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_names_of_stages_are_whole_on_a_sheet_or_have_a_mark(tmp_path, paper):
    named, endless = {"Stage 0 " + "w" * 40: LONG[0], "Stage 1 " + "w" * 40: LONG[1]}, "Stage 2 " + "w" * 40
    with many_stages(5) as study:
        quotes = study.codings.assign(code=study.codings["code"].replace(named | {endless: "Loyalty without end " * 40}))
        codes = study.codes.assign(code=study.codes["code"].replace(named | {endless: "Loyalty without end " * 40}))
        sheet = write_map(journey_from_codings(quotes, codes=codes), tmp_path / "m.pdf", paper=paper, evidence=False)
    program("pdftotext")
    found = subprocess.run(["pdftotext", "-bbox-layout", str(sheet), "-"], capture_output=True, text=True, check=True).stdout
    blocks = [" ".join(re.findall(r">([^<]*)</word>", x)) for x in re.findall(r"<block.*?</block>", found, re.DOTALL)]
    for name in LONG: assert any(name in x for x in blocks), name
    assert any(re.match(r"Loyalty without end .* …", x) for x in blocks)
    assert all(float(y) < 842 for y in re.findall(r'yMax="([\d.]+)"', found))


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_each_sheet_says_whose_journey_which_sheet_and_what_the_signs_mean(bikes, tmp_path, paper):
    name = "What we heard on the quays " + "and in the old town " * 12
    pages = words_of(write_map(journey(bikes), tmp_path / "map.pdf", study=bikes, paper=paper, title=name))
    maps = [p for p in pages if ": evidence" not in " ".join(p.split())[:400]]
    for n, page in enumerate(pages, 1):
        words = " ".join(page.split())
        assert words.startswith("What we heard on the quays") and words.count("old town") >= 12 and "Journey of everybody: 14 people, 7 stages" in words
        assert f"Sheet {n} of {len(pages)}" in words
    assert len(maps) >= 2
    for page in maps: assert "●●○ supported (three people or more" in " ".join(page.split())[:900], "the key stands under the title"
    boxes = subprocess.run(["pdftotext", "-bbox", str(tmp_path / "map.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    width = A3[0] if paper == "A3" else A4[0]
    assert max(float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)) <= width - 20, "a long title is broken into lines"


def test_a3_is_printed_larger_than_a4_and_a_short_map_larger_still(bikes, tmp_path):
    def smallest(study: Study, paper: str) -> float:
        file = write_map(journey(study), tmp_path / f"{paper}.pdf", study=study, paper=paper, evidence=False)
        boxes = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, text=True, check=True).stdout
        return min(float(b) - float(a) for a, b in re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)"', boxes))

    words_of(write_map(journey(bikes), tmp_path / "map.pdf", study=bikes, evidence=False))  # skips without pdftotext
    a3, a4 = smallest(bikes, "A3"), smallest(bikes, "A4")
    with ridden() as small: short = smallest(small, "A3")
    assert a3 >= 7.5 and a3 > a4 >= 5.9 and short > 1.1 * a3


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


@pytest.mark.parametrize("odd, says", [({"title": 5}, "write_map: title 5.*words"), ({"title": float("nan")}, "title nan"),
                                       ({"paper": ["A3"]}, "paper"), ({"paper": 3}, "paper 3"),
                                       ({"path": 5}, "path 5.*name of a file"), ({"path": None}, "path None"), ({"study": 5}, "write_map: an int.*a Study"),
                                       ({"personas": 5}, "an int.*a Persona.*read_personas"), ({"personas": ["avery"]}, "a str.*a Persona")])
def test_a_title_a_paper_and_others_that_are_none_are_refused(tmp_path, odd, says):
    with ridden() as study, pytest.raises(BadInput, match=says) as said: write_map(journey(study), odd.pop("path", tmp_path / "map.html"), **odd)
    assert said.value.expected and said.value.cure and not list(tmp_path.iterdir())
