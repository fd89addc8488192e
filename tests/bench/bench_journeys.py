"""Seconds for the journeys of 8 personas out of 1,000, 10,000 and 100,000 codings, for `chart_journey` of all eight, for a full page of each, with the size of the
specification, for one as PNG, and for the map of everybody: what the widget is sent (with a choice of the 8 personas), one look at the evidence, the page and the sheets.

    python tests/bench/bench_journeys.py [codings ...]      each size in a process of its own; the limits are 1 s for journeys and chart, 200 kB, 2 s for the PNG,
                                                            1 s each for the map's data and its page

Each time is followed by that of the processor in brackets, which says more on a busy machine. The tables of the study are read before (that time stands beside);
pandas' own grouping of the same codings is the measure of the machine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from personabench import store
from personabench.study import Study

PEOPLE, PERSONAS, STAGES, TURNS = 200, 8, 14, 60
KINDS = {"stage": .15, "emotion": .3, "pain": .15, "gain": .1, "touchpoint": .15, "expectation": .1, "need": .05}


def build(codings: int) -> Study:
    "A study of 200 interviews with 60 turns each; every sixth coding is a stage over half a turn, the others are a few words."
    rng, study = np.random.default_rng(0), Study(":memory:", coder="MB", create=True)
    with study.step("import", "all") as step:
        rows: list[dict[str, Any]] = [{"name": f"Stage {k:02d}", "facet": "stage", "order": k, "definition": "Told."} for k in range(STAGES)]
        rows += [{"name": f"{facet} {k:02d}", "facet": facet, "definition": "Told.", **({"valence": k % 5 - 2} if facet in ("emotion", "expectation") else {})}
                 for facet in list(KINDS)[1:] for k in range(STAGES)]
        ids = np.array(store.add_codes(step, rows)).reshape(len(KINDS), STAGES)
        turn, spans = "words that somebody said " * 12, []
        for i in range(PEOPLE):
            text = "\n".join([turn] * TURNS)
            turns = [{"speaker": "who", "start": k * (len(turn) + 1), "end": k * (len(turn) + 1) + len(turn)} for k in range(TURNS)]
            source = store.add_source(step, f"P{i}", text=text, turns=turns, speakers={"who": (f"P{i}", "participant")}, date="2026-05-04")
            n = codings // PEOPLE
            kind, code, at = rng.choice(len(KINDS), n, p=list(KINDS.values())), rng.integers(0, STAGES, n), rng.integers(0, TURNS, n)
            start = at * (len(turn) + 1) + rng.integers(0, 150, n)
            spans += [{"source_id": source, "code_id": int(ids[k, c]), "start": int(s), "end": int(s) + (140 if k == 0 else 30)}
                      for k, c, s in zip(kind, code, start)]
        store.add_codings(step, spans)
    return study


class Seconds(NamedTuple):
    wall: float
    processor: float

    def __str__(self) -> str: return f"{self.wall:.2f} s ({self.processor:.2f})"
    def __add__(self, other: Any) -> Seconds: return Seconds(self.wall + other.wall, self.processor + other.processor)


def timed(what: Callable[[], Any]) -> tuple[Seconds, Any]:
    wall, processor = time.perf_counter(), time.process_time()
    out = what()
    return Seconds(time.perf_counter() - wall, time.process_time() - processor), out


def measure(codings: int) -> None:
    from personabench.charts import chart_emotions
    from personabench.exports import write_chart
    from personabench.journey_charts import chart_journey
    from personabench.journeys import journey

    study = build(codings)
    personas = [SimpleNamespace(name=f"Persona {k}", cases=[f"P{i}" for i in range(k, PEOPLE, PERSONAS)]) for k in range(PERSONAS)]
    small = journey(build(2000), persona=personas[0])
    chart_journey(small).to_dict(), chart_emotions(small)      # imports are not what is measured
    read, table = timed(lambda: (study.turns, study.cases, study.codes, study.sources, study.codings)[-1])
    peer, _ = timed(lambda: table.groupby(["code", "case"])["coding_id"].nunique())
    counted, journeys = timed(lambda: [journey(study, persona=p) for p in personas])
    together, page = timed(lambda: chart_journey(journeys).to_json(indent=None))
    again, _ = timed(lambda: [journey(study, persona=p) for p in personas])
    drawn, specs = timed(lambda: [chart_journey(j).to_json(indent=None) for j in journeys])
    with tempfile.TemporaryDirectory() as folder:
        picture, _ = timed(lambda: write_chart(chart_journey(journeys[0]), Path(folder) / "journey.png"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    largest = max(len(s.encode()) for s in specs) / 1000
    print(f"{len(table):>8,} codings: {PERSONAS} journeys {counted}, {counted.processor / peer.processor:.1f} times pandas' grouping of the codings ({peer}), "
          f"once more {again}; chart of the {PERSONAS} {together}, {len(page.encode()) / 1000:.0f} kB: together {counted + together}; "
          f"{PERSONAS} full pages {drawn}, largest {largest:.0f} kB; PNG {picture}; "
          f"reading the study {read}; peak {peak:,.0f} MB", flush=True)
    measure_map(study, small)


def measure_map(study: Study, small: Any) -> None:
    "Time the map of everybody. The sheets are timed without the evidence: their renderer takes a millisecond or two for each line of text."
    from personabench.journey_map import JourneyMap
    from personabench.journeys import journey
    from personabench.map_pages import write_map
    from personabench.personas import Persona

    with tempfile.TemporaryDirectory() as folder:
        write_map(small, Path(folder) / "map.html")                # imports are not what is measured
        everybody = journey(study)
        personas = [Persona(id=f"p{k}", name=f"Persona {k}", cases=[f"P{i}" for i in range(k, PEOPLE, PERSONAS)]) for k in range(PERSONAS)]
        opened, view = timed(lambda: JourneyMap(study, everybody, personas=personas).columns())
        shown = JourneyMap(study, everybody, personas=personas)
        shown.send = lambda content, buffers=None: None
        picked, _ = timed(lambda: [shown.receive({"type": "pick", "persona": p.id}) for p in personas])
        shown.receive({"type": "pick", "persona": ""})
        key = next(item["k"] for lane in view["lanes"] if lane["lane"] == "pains" for cell in lane["cells"] for item in cell)
        looked, _ = timed(lambda: shown.receive({"type": "evidence", "k": key}))
        page, file = timed(lambda: write_map(everybody, Path(folder) / "map.html", study=study))
        size = file.stat().st_size / 1e6
        sheets = timed(lambda: write_map(everybody, Path(folder) / "map.pdf", study=study, evidence=False))[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"         map: data {opened}, {len(json.dumps(view)) / 1000:.0f} kB; {PERSONAS} personas chosen {picked}; evidence of a cell {looked}; "
          f"page {page}, {size:.1f} MB; sheets without evidence {sheets}; peak {peak:,.0f} MB", flush=True)



if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
        sys.exit()
    for size in [int(float(x)) for x in sys.argv[1:]] or [10 ** 3, 10 ** 4, 10 ** 5]:
        subprocess.run([sys.executable, __file__, "--one", str(size)], check=True)
