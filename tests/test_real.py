"""The whole path on real input, read in place: 41 interviews, and the Jupyter survey of 2015 with its eight open questions coded by people."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import personabench as pb
from personabench.survey import stored_survey

pytestmark = pytest.mark.real

QUESTIONS = [  # key, order as a stage, the stage's name, facet of its themes
    ("hinderances", 1, "What hinders", "pain"),
    ("integrations", 2, "What to integrate", "need"),
    ("workflow_needs_addressed", 3, "What works", "gain"),
    ("workflow_needs_not_addressed", 4, "What is missing", "pain"),
    ("pleasant_aspects", 5, "What is pleasant", "gain"),
    ("difficult_aspects", 6, "What is difficult", "pain"),
    ("features_changes", 7, "What to change", "idea"),
    ("first_experience_enhancements", 8, "The first time", "idea"),
]
CLOSED = {
    "How often do you use Jupyter Notebook?": "frequency",
    "Roughly how long have you been using Jupyter Notebook?": "tenure",
    "How do you run the Jupyter Notebook?": "run",
    "How many years have you been in this role?\xa0": "role_years",
    "How many people typically see and/or interact with the results of your\xa0work in Jupyter Notebook? (Consider people with whom you ": "audience",
}


def test_41_interviews_come_in_whole_and_every_quote_is_found_again(real_data, tmp_path):
    folder = real_data / "interviews" / "yk-delta-water-end-users"
    with pb.Study(tmp_path / "water.db", coder="MB", create=True) as study:
        report = pb.import_files(study, folder / "transcripts", progress=False)
        assert report["status"].eq("imported").all() and len(report) == 41
        manifest = pd.read_csv(folder / "manifest.csv").assign(name=lambda d: d["file"].str.removesuffix(".txt")).set_index("name")
        assert study.sources.set_index("name")["turns"].sub(manifest["turns"]).eq(0).all()
        turns = study.turns
        assert {"interviewer", "participant"} == set(turns["role"])
        several = manifest.index[manifest["speakers"].str.count("Interviewee") > 1]
        for source in several:  # who is who is said by hand, and then every participant's turn has a case
            for i, speaker in enumerate(study.rows("turns", source=source).query("role == 'participant'")["speaker"].unique()):
                pb.set_speaker(study, source, speaker=speaker, case=f"{source}-{i + 1}")
        assert study.turns.query("role == 'participant'")["case"].notna().all()

        pb.add_code(study, "Said", facet="other")
        said = turns.query("role == 'participant' and end - start > 20").merge(study.sources[["source_id", "name"]])
        rows = said.assign(source=said["name"], code="Said")[["source", "start", "end", "code"]]
        pb.import_codings(study, rows)
        for r in study.codings.itertuples():
            assert study.text(r.source)[r.start:r.end] == r.quote and r.role == "participant"
        once = [r for r in study.codings.itertuples() if study.text(r.source).count(r.quote) == 1]
        found = sum(pb.find_quote(study.text(r.source), r.quote) == (r.start, r.end) for r in once)
        assert found == len(once) > 1000
        print(f"\n41 interviews: {len(study.sources)} sources, {len(study.turns)} turns, {len(study.codings)} codings, {found} quotes found again by their words")


@pytest.fixture(scope="module")
def jupyter_2015(real_data, tmp_path_factory):
    "The 2015 survey as a study: closed questions as survey, open answers as sources, the team's themes as codings, question order as stages."
    export = pd.read_csv(real_data / "surveys" / "jupyter-notebook-ux-2015" / "20160115235816-SurveyExport.csv")
    answers = pd.read_csv(real_data / "feedback" / "jupyter-open-ended-coded-2015" / "coded_answers.csv")
    answers["case"] = "R" + answers["source_row"].astype(str)
    folder = tmp_path_factory.mktemp("jupyter")
    study = pb.Study(folder / "jupyter.db", coder="team", create=True)
    codebook = []
    for key, order, stage, facet in QUESTIONS:
        themes = answers.loc[answers["question_key"] == key, "themes"].dropna().str.split(",").explode().str.strip().unique()
        codebook.append({"code": stage, "facet": "stage", "order": order})
        codebook += [{"code": f"{t.replace('_', ' ')} ({stage.lower()})", "facet": facet} for t in sorted(themes)]
    pb.import_codebook(study, pd.DataFrame(codebook))
    stages = {key: stage for key, _, stage, _ in QUESTIONS}

    def codes(row) -> str:
        themes = [] if pd.isna(row.themes) else [f"{t.strip().replace('_', ' ')} ({stages[row.question_key].lower()})" for t in row.themes.split(",")]
        return ";".join([stages[row.question_key], *themes])

    answers["codes"] = [codes(r) for r in answers.itertuples()]
    wide = answers.pivot_table(index="case", columns="question_key", values=["answer", "codes"], aggfunc="first")
    table = pd.concat([wide["answer"], wide["codes"].add_suffix("_codes")], axis=1).reset_index()
    keys = [key for key, *_ in QUESTIONS]
    pb.import_table(study, table, text=keys, case="case", codes={k: f"{k}_codes" for k in keys}, name="jupyter", date=None)
    by_start = {next(c for c in export.columns if c.startswith(long[:90])): short for long, short in CLOSED.items()}
    closed = export[list(by_start)].rename(columns=by_start).assign(respondent=["R" + str(i) for i in export.index])
    survey = pb.import_survey(study, closed, id="respondent", name="jupyter-2015", wave="2015-12")
    segments = pb.segment(survey, variables=list(by_start.values()), k=3, seed=0)
    pb.add_segments(study, segments, name="2015")
    yield study, survey, folder
    study.close()


def test_the_jupyter_survey_becomes_personas_whose_claims_resolve(jupyter_2015):
    study, survey, folder = jupyter_2015
    assert len(survey.data) == 1706
    personas = pb.draft_personas(study, segments="2015")
    pb.write_personas(personas, folder / "personas")
    personas = pb.read_personas(folder / "personas")
    quotes = [e for p in personas for c in p.claim_list for e in (*c.evidence, *c.against) if e.kind == "quote"]
    assert len(personas) == 3 and len(quotes) > 100
    for e in quotes: assert study.quote(e.source, e.start, e.end) == e.quote
    for p in personas:
        for c in p.claim_list: assert c.evidence or c.strength == "assumption", c.id
    findings = pb.check(study, personas=folder / "personas")
    assert not findings["level"].eq("error").any(), findings.to_string()
    print(f"\nJupyter 2015: {len(study.sources)} sources, {len(study.turns)} turns, {len(study.codings)} codings, {len(personas)} personas, "
          f"{sum(len(p.claim_list) for p in personas)} claims, {len(quotes)} quotes in their evidence")


def test_the_journey_keeps_the_order_of_the_questions_and_invents_no_feeling(jupyter_2015):
    study, _, _ = jupyter_2015
    j = pb.journey(study)
    assert j.stages["stage"].tolist() == [stage for _, _, stage, _ in QUESTIONS]
    assert j.stages["emotion"].isna().all()  # nobody coded feelings
    assert len(j.pains) > 10 and set(j.gains["stage"]) <= {"What works", "What is pleasant"}


def test_the_report_of_the_jupyter_survey_links_every_statement(jupyter_2015):
    study, _, folder = jupyter_2015
    page = pb.report(study, folder / "report", personas=pb.draft_personas(study, segments="2015")).read_text()
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    links = re.findall(r'href="#([^"]+)"', page)
    assert len(links) > 100 and set(links) <= ids


# What both waves asked: {words of 2020: words of 2015}. Who had given Jupyter up or never used it was asked in 2020 only, and has no answer here.
SAME = {
    "frequency": {"Daily - heavy usage; 3+ hours per day.": "Daily",
                  "Daily - moderate usage; less than 3 hours per day.": "Daily", "Weekly.": "Weekly", "Monthly.": "Monthly"},
    "tenure": {"Less than 6 months.": "Less than one year", "6-12 months.": "Less than one year", "1-2 years.": "One year or more", "2+ years.": "One year or more"},
}
ORDER = {"frequency": ["Less often than monthly", "Monthly", "Weekly", "Daily"], "tenure": ["Less than one year", "One year or more"]}
ASKED = {"1. How frequently do you use Jupyter?": "frequency", "2. How long have you been using Jupyter?": "tenure"}


@pytest.fixture(scope="module")
def five_years(jupyter_2015, real_data):
    "Both waves in the words of 2015, each in two segments by the two questions that both asked, and the personas of each."
    study, first, folder = jupyter_2015
    raw = pd.read_csv(real_data / "surveys" / "jupyter-survey-2020" / "all_responses.csv").rename(columns=ASKED)
    for name, words in SAME.items(): raw[name] = raw[name].str.replace("\xa0", " ").map(words)
    old = pb.import_survey(study, first.data, name="jupyter-2015-again", wave="2015-12", levels=ORDER)
    new = pb.import_survey(study, raw, id="Respondent ID", name="jupyter-2020", wave="2020-12", levels=ORDER)
    segments = [pb.segment(s, variables=list(ORDER), k=2, seed=0, n_boot=0) for s in (old, new)]
    for s, name, today in zip(segments, ("2015-both", "2020-both"), ("2016-02-01", "2021-02-01")):
        pb.add_segments(study, s, name=name)
        pb.write_personas(pb.draft_personas(study, segments=name, today=today), folder / name)
    return study, old, new, segments, folder


def test_the_personas_of_both_waves_resolve(five_years):
    study, *_, folder = five_years
    for name, today in (("2015-both", "2016-03-01"), ("2020-both", "2021-03-01")):
        personas = pb.read_personas(folder / name)
        findings = pb.check(study, personas=folder / name, today=today)
        assert len(personas) == 2 and not findings["level"].eq("error").any(), findings.to_string()
        for p in personas:
            assert p.status == "proto-persona" and p.claim_list
            for c in p.claim_list:
                assert c.evidence, c.id
                for e in c.evidence:
                    if e.kind == "quote": assert study.quote(e.source, e.start, e.end) == e.quote
                    else: assert e.n and len(stored_survey(study, e.survey).data[e.variable].dropna()) >= e.n, (p.id, c.id)
        if name == "2020-both": assert all(e.kind == "survey" for p in personas for c in p.claim_list for e in c.evidence), "nobody coded the words of 2020"


def test_the_drift_of_five_years_is_what_counting_gives(five_years):
    study, old, new, (first, _), folder = five_years
    waves = pb.compare_waves(study, old=old, new=new, segments=first, personas=pb.read_personas(folder / "2015-both"))
    # The model assigns by the answers alone, so every pair of answers lies in one segment: counting pairs gives the sizes.
    pairs = [s.data[list(ORDER)].astype("string").fillna("-").agg("|".join, axis=1) for s in (old, new)]
    where = pd.crosstab(pairs[0], first.labels.reindex(pairs[0].index).fillna("-").astype(str))
    assert (where > 0).sum(axis=1).eq(1).all()
    sizes = waves.segments.set_index("segment")
    for counted, side in zip(pairs, ("old", "new")):
        known = counted[counted.ne("-|-")]
        lie = known.map(where.idxmax(axis=1))
        others = lie.isna().mean()  # a pair that nobody gave in 2015: those who stopped using it, which was asked in 2020 only
        assert others < (.03 if side == "new" else 1e-9)
        for s in "AB": assert lie.eq(s).mean() - 1e-9 <= sizes.at[s, f"{side}_share"] <= lie.eq(s).mean() + others + 1e-9
    assert sizes.at["A", "low"] > .1, "regular users of a year and more are a larger part in 2020"
    told = waves.explain()
    assert "role_years: not asked in 2020-12" in told and "not asked in 2015-12" in told and "put nowhere" in told
    compared = waves.variables.loc[waves.variables["psi"].notna(), "variable"]
    assert set(compared) == set(ORDER)


def test_the_personas_of_five_years_are_matched_by_what_both_could_say(five_years):
    study, old, new, (first, second), folder = five_years
    comparison = pb.compare(folder / "2015-both", folder / "2020-both", study=study)
    assert sorted(comparison.personas[["old", "new"]].values.tolist()) == [["2015-both-a", "2020-both-a"], ["2015-both-b", "2020-both-b"]]
    assert comparison.personas["matched"].eq("claims").all(), "nobody is in both surveys"
    rows = comparison.claims.dropna(subset=["old_value", "new_value"])
    assert sorted(rows["figure"]) == ["frequency", "frequency", "tenure", "tenure"], "what both asked, and nothing else"
    for r in rows.itertuples():
        rank = {word: i for i, word in enumerate(ORDER[r.figure], 1)}
        for s, segments, persona, value in ((old, first, r.old, r.old_value), (new, second, r.new, r.new_value)):
            mine = s.data.loc[segments.labels.index[segments.labels.eq(persona[-1].upper())], r.figure].dropna()
            assert mine.astype(str).map(rank).mean() == pytest.approx(value, abs=1e-4), (persona, r.figure)
    told = comparison.explain()
    assert "role_years: not asked in 2020-12" in told and "3. Python.: not asked in 2015-12" in told
