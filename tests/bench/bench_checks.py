"""Seconds for the ledger and the checks of 8 personas, 400 claims, 100,000 codings and 100,000 respondents, and for `personabench check` to start:
`python tests/bench/bench_checks.py [RUNS]`. The limits are those that the project promises; `import pandas` stands beside them as a measure of the machine."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from personabench import store
from personabench.checks import check
from personabench.persona_files import read_personas, write_personas
from personabench.personas import draft_personas
from personabench.prevalence import trait_prevalence
from personabench.study import Study
from personabench.survey import import_survey, stored_survey

CASES, CODES, TURNS, RESPONDENTS, SEGMENTS, QUESTIONS = 400, 42, 250, 100_000, 8, 20
FACETS = ("behaviour", "need", "goal", "pain", "gain", "attitude")


def build(path: Path | str) -> Study:
    "A study of 400 interviews with 250 passages each, and a survey of 100,000 in 8 segments."
    rng, study = np.random.default_rng(0), Study(path, coder="MB", create=True)
    with study.step("import", "all") as step:
        codes = store.add_codes(step, [{"name": f"Code {i}", "facet": FACETS[i % len(FACETS)], "definition": "Says so."} for i in range(CODES)])
        rows = []
        for i in range(CASES):
            words = [f"passage {n} of somebody who says something of about this length" for n in range(TURNS)]
            ends = np.cumsum([len(w) + 1 for w in words])
            turns = [{"speaker": "who", "start": int(e - len(w) - 1), "end": int(e - 1)} for e, w in zip(ends, words)]
            source = store.add_source(step, f"P{i}", text="\n".join(words), turns=turns, speakers={"who": (f"P{i}", "participant")}, date="2026-05-04")
            rows += [{"source_id": source, "code_id": codes[c], "start": t["start"], "end": t["end"]} for t, c in zip(turns, rng.integers(0, CODES, TURNS))]
        store.add_codings(step, rows)
    ids, group = [*(f"P{i}" for i in range(CASES)), *(f"R{i}" for i in range(RESPONDENTS - CASES))], np.arange(RESPONDENTS) % SEGMENTS
    data = pd.DataFrame({f"q{i}": np.clip(np.round(3 + np.where(group == i % SEGMENTS, .8, 0) + rng.normal(0, 1, RESPONDENTS)), 1,
        5) for i in range(QUESTIONS)}, index=ids)
    import_survey(study, data.assign(w=rng.uniform(.5, 2, RESPONDENTS)).rename_axis("respondent").reset_index(), id="respondent", weights="w",
        name="wave1", wave="2026-05")
    with study.step("segment", "all") as step:
        members = pd.DataFrame({"case": ids, "segment": [f"S{g}" for g in group], "weight": 1.})
        store.add_segmentation(step, name="all", members=members, k=SEGMENTS, verdict="clusters shown",
            parameters={"variables": [f"q{i}" for i in range(8)]}, survey="wave1", wave="2026-05", data_hash="x")
    return study


def timed(what: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    out = what()
    return time.perf_counter() - start, out


def process(*arguments: str, cwd: str | None = None) -> float:
    return timed(lambda: subprocess.run([sys.executable, *arguments], capture_output=True, cwd=cwd, check=False))[0]


if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    pandas = statistics.median(process("-c", "import pandas") for _ in range(runs))
    start = statistics.median(process("-c", "from personabench.cli import main; main(['check', '--study', 'none.db'])") for _ in range(runs))
    print(f"personabench check starts        {start:6.2f} s  (limit 1.5 s; import pandas {pandas:.2f} s, ratio {start / pandas:.2f})")
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "study.db").close()
        ledger, checked, read, live = [], [], [], []
        for _ in range(runs):
            study = Study(Path(folder) / "study.db", coder="MB")
            study.codings, study.surveys  # noqa: B018  the study is open and looked at
            start_ = time.perf_counter()
            personas = draft_personas(study, "all", survey_claims=8, today="2026-06-01")
            between = time.perf_counter()
            findings = check(study, personas=personas, today="2026-06-01")
            ledger.append(between - start_)
            checked.append(time.perf_counter() - between)
        claims = sum(len(p.claim_list) for p in personas)
        write_personas(personas, Path(folder) / "personas")
        read.append(timed(lambda: read_personas(Path(folder) / "personas"))[0])
        survey = stored_survey(study, "wave1")
        traits = {f"q{i}": (">=", 2) for i in range(QUESTIONS)}
        first = timed(lambda: trait_prevalence(survey, traits))[0]
        live = [timed(lambda i=i: trait_prevalence(survey, {**traits, "q0": (">=", 2 + i % 3)}))[0] for i in range(20)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    both = statistics.median(ledger) + statistics.median(checked)
    print(f"ledger and checks                {both:6.2f} s  (limit 2 s; ledger {statistics.median(ledger):.2f}, checks {statistics.median(checked):.2f}; "
          f"{len(personas)} personas, {claims} claims, "
          f"{CASES * TURNS:,} codings, {RESPONDENTS:,} respondents; {findings['level'].eq('error').sum()} errors, {len(findings)} findings)")
    print(f"reading their files              {read[0]:6.2f} s  ({sum(len(p.to_yaml().splitlines()) for p in personas):,} lines of YAML)")
    print(f"prevalence, {QUESTIONS} traits            {1000 * statistics.median(live):6.1f} ms after an edit, {1000 * first:.0f} ms the first time")
    print(f"peak memory                      {peak:6.0f} MB")
