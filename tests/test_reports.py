"""The report: every statement leads to its evidence, nobody who withdrew is quoted, nothing is loaded from elsewhere."""

from __future__ import annotations

import html
import re

import pytest

import personabench as pb
from personabench.cli import build_sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    "The fictional study, taken all the way, and its report's page."
    folder = tmp_path_factory.mktemp("report")
    study = pb.Study(folder / "study.db", coder="MB", create=True)
    personas = build_sample(study, say=lambda *_, **__: None)
    page = pb.report(study, folder / "report", personas=personas)
    yield study, personas, page.read_text(encoding="utf-8")
    study.close()


def ids(page: str) -> list[str]: return re.findall(r'\bid="([^"]+)"', page)


def test_every_link_has_one_target(sample):
    _, _, page = sample
    found = ids(page)
    assert len(found) == len(set(found))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(found)


def test_every_statement_leads_to_its_quotes(sample):
    study, personas, page = sample
    for p in personas:
        for c in p.claim_list:
            anchor = f"{p.id}--{c.id}"
            assert f'href="#{anchor}"' in page, anchor
            entry = page.split(f'id="{anchor}"', 1)[1].split("</article>", 1)[0]
            for e in (*c.evidence, *c.against):
                words = e.quote if e.kind == "quote" else e.summary
                assert words and words in html.unescape(entry), (anchor, words)
            assert c.evidence or "assumption" in entry


def test_every_entry_of_a_journey_leads_to_quotes_that_stand_in_their_source(sample):
    study, _, page = sample
    tables = re.findall(r'<table class="stages">(.*?)</table>', page, re.S)
    links = [a for t in tables for a in re.findall(r'href="#([^"]+)"', t)]
    assert len(tables) == 4 and len(links) > 60  # everybody and three personas
    unlinked = [li for t in tables for li in re.findall(r"<li>(.*?)</li>", t, re.S) if "href" not in li]
    assert all("nothing said" in li for li in unlinked)
    for anchor in links:
        entry = page.split(f'id="{anchor}"', 1)[1].split("</article>", 1)[0]
        found = re.findall(r"<q>(.*?)</q> <span class=\"src\">[^,]+, (.+?) (\d+)-(\d+)", entry, re.S)
        assert found
        for words, source, start, end in found: assert study.quote(source, int(start), int(end)) == html.unescape(words)


def test_nobody_who_withdrew_is_quoted(sample):
    study, _, page = sample
    gone = study.cases.loc[study.cases["withdrawn"].notna(), "case"].tolist()
    theirs = study.codings[study.codings["case"].isin(gone)]
    text = html.unescape(page)
    assert gone and len(theirs) > 20
    assert not [q for q in theirs["quote"] if len(q) > 25 and q in text]


def test_a_report_made_after_a_withdrawal_quotes_nobody_from_a_persona_file_of_before(tmp_path):
    said, other = "The rack at the hospital is full by twenty to six, always", "I had to walk to the next rack and back, in the rain"
    with pb.Study(":memory:", coder="MB", create=True) as study:
        pb.add_code(study, "Dock is full", facet="pain", definition="No free place.")
        for case, words in (("P01", said), ("P02", other)):
            (tmp_path / f"{case}.txt").write_text(f"Mara: How is it?\nPerson: {words}. So it goes.\n", "utf-8")
            pb.import_files(study, tmp_path / f"{case}.txt", case="{stem}", interviewers="Mara", date="2026-05-04", progress=False)
            pb.code(study, "Dock is full", source=case, quote=words)
        quotes = [pb.Evidence(kind="quote", quote=r.quote, source=r.source, start=r.start, end=r.end, case=r.case, code=r.code) for r in study.codings.itertuples()]
        full = pb.Claim(id="pain-full", text="Dock is full", facet="pain", codes=["Dock is full"], people=2, base=2, quotes=2, evidence=quotes)
        pb.write_personas([pb.Persona(id="ash", name="Ash", cases=["P01", "P02"], interviewed=2, claims=[full])], tmp_path / "personas")
        written = {f: f.read_bytes() for f in (tmp_path / "personas").iterdir()}
        page = lambda: html.unescape(pb.report(study, tmp_path / "report", personas=tmp_path / "personas").read_text("utf-8"))
        assert page().count(said) >= 2 and other in page()
        pb.withdraw(study, case="P01", personas=tmp_path / "personas")
        after = page()
        assert "twenty to six" not in after and f'<blockquote class="pb-lead">“{other}' in after and "withdrawn-evidence" in after
        ledger = after.split('id="ledger"', 1)[1]
        assert "<q>[not to be quoted]</q>" in ledger and other in ledger and "no journey or new draft counts it" in after
        assert written == {f: f.read_bytes() for f in written}, "persona files are the team's"


def test_interviewers_are_never_quoted(sample):
    study, _, page = sample
    asked = study.turns[study.turns["role"] == "interviewer"].merge(study.sources[["source_id", "name"]])
    questions = [study.quote(r.name, r.start, r.end) for r in asked.itertuples(index=False)]
    quoted = {html.unescape(q) for q in re.findall(r"<q>(.*?)</q>", page, re.S)}
    assert questions and not [q for q in questions if q in quoted]


def test_the_page_loads_nothing(sample):
    _, _, page = sample
    assert "default-src 'none'" in page and "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page) and "@import" not in page and not re.search(r"url\((?!#|['\"]?#)", page)


def test_method_says_what_was_not_measured(sample):
    _, _, page = sample
    assert "Not measured" in page and "Verdict: clusters shown" in page and "withdrew" in page


def test_charts_have_a_description_for_screen_readers(sample):
    _, _, page = sample
    figures = re.findall(r'<figure class="light-only">(.*?)</figure>', page, re.S)
    assert len(figures) == 4
    for f in figures: assert re.search(r"<svg[^>]*role=\"img\"", f) and "<title" in f and "<desc" in f


def test_a_study_without_personas_says_so(tmp_path):
    with pb.Study(tmp_path / "empty.db", create=True) as study: page = pb.report(study, tmp_path / "r", personas=[]).read_text(encoding="utf-8")
    assert "There are no personas yet" in page and "There are no journeys" in page


def test_a_failing_report_leaves_the_old_page(sample, tmp_path, monkeypatch):
    study, personas, _ = sample
    page = pb.report(study, tmp_path / "r", personas=personas)
    before = page.read_bytes()
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(Exception): pb.report(study, tmp_path / "r", personas=[])  # noqa: B017 - whatever it is called
    assert page.read_bytes() == before and [p.name for p in page.parent.iterdir()] == ["index.html"]


def test_passages_that_are_not_listed_are_counted(sample):
    from personabench.reports import MOST_QUOTES, report_view

    study, _, _ = sample
    entries = [e for j in report_view(study, personas=[], title="x")["journeys"] for e in j["entries"]]
    full = [e for e in entries if len(e["quotes"]) == MOST_QUOTES and e["more"]]
    assert full
    for e in full: assert f"{MOST_QUOTES + e['more']} passages" in e["numbers"]


def test_findings_are_on_the_page_with_their_statement(sample, tmp_path):
    study, personas, _ = sample
    first = personas[0]
    claim = next(c for c in first.claim_list if c.codes and c.people)
    wrong = first.model_copy(update={"claim_list": [c.model_copy(update={"people": c.people + 1}) if c is claim else c for c in first.claim_list]})
    page = pb.report(study, tmp_path, personas=[wrong]).read_text(encoding="utf-8")
    checks = page.split('id="checks"', 1)[1].split('id="ledger"', 1)[0]
    assert "count-right" in checks and f'href="#{first.id}--{claim.id}"' in checks


def test_evidence_without_a_date_is_counted_at_the_head_and_marked_below(sample, tmp_path):
    study, personas = sample[0], sample[1]
    def bare(c): return c.model_copy(update={"newest": None, "oldest": None} | {
        side: [e.model_copy(update={"date": None}) for e in getattr(c, side)] for side in ("evidence", "against")})

    undated = [p.model_copy(update={"claim_list": [bare(c) for c in p.claim_list]}) for p in personas]
    claims = [c for p in undated for c in p.claim_list]
    n = sum(bool(c.evidence or c.against) for c in claims)
    page = pb.report(study, tmp_path, personas=undated).read_text("utf-8")
    assert page.count(f"is not known for {n} of {len(claims)} statements") == 1 and page.count(" · undated · ") == n > 20
    assert page.count("of a date that is not known") == 0 and "marked as undated" not in sample[2]


def test_the_theme_of_a_notebook_leaves_a_report_light_and_dark(sample, tmp_path):
    study, personas, page = sample
    pb.set_theme("dark")
    try: again = pb.report(study, tmp_path / "r", personas=personas).read_text(encoding="utf-8")
    finally: pb.set_theme("notebook")
    pictures = [re.findall(r"#14171c|#ffffff|#1b1f24", p, re.I) for p in (page, again)]
    assert pictures[0] == pictures[1] and {"#14171c", "#ffffff"} <= {c.lower() for c in pictures[0]}


def test_a_page_of_somebody_else_is_not_overwritten_and_an_earlier_report_is(tmp_path):
    study = pb.Study(":memory:", coder="MB", create=True)
    page = pb.report(study, tmp_path, personas=[], title="First")
    assert pb.report(study, tmp_path, personas=[], title="Second") == page and "<title>Second</title>" in page.read_text("utf-8")
    page.write_text("<title>Our site</title>")
    with pytest.raises(pb.AlreadyThere, match="overwrite=True"): pb.report(study, tmp_path, personas=[])
    assert page.read_text("utf-8") == "<title>Our site</title>"
    assert "<title>Third</title>" in pb.report(study, tmp_path, personas=[], title="Third", overwrite=True).read_text("utf-8")


def test_the_page_says_when_there_is_no_interval_and_what_an_anecdote_is(sample):
    _, _, page = sample
    text = html.unescape(page)
    assert "none below three people and none where all felt the same" in text, "above the journeys"
    assert "without one below three people and where all felt the same" in text, "and under Method"
    assert "belongs to a question that made the segments" in text and "The segments were made from this question: the figure holds" in text
