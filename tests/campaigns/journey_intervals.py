"""Make many small studies of which the truth is known, and count how often the intervals of a journey hold it: 90 to 97 % were promised, and a width.

Run: python tests/campaigns/journey_intervals.py [studies] [seed]     (tests/test_journeys.py runs a short version)

Each study has three stages: a bad, a mixed and a good one, and a pain in each. How bad and how good, what is expected and how many people have the pain is drawn anew
for each study: a share that is the same in all of them would say more of the steps in which few people can be counted than of the interval. Each person has a feeling
and an expectation of their own in each stage (they differ from person to person, and the two go together), and tells of it in one to four codings of -2 to 2. Not
everybody tells of everything. The truth is the mean over all people there could be. Ten studies at a time are computed in one table, each with stages of its own:
nothing of one stage enters another (tests/test_journeys.py holds that).
"""

from __future__ import annotations

import sys
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from personabench.journey_measures import compare_journeys, pain_severity
from personabench.journeys import journey_from_codings
from personabench.statistics import wilson

SIZES, LEVEL = (5, 8, 12, 20, 40), {"Sign-up": (-1.1, .3), "Use": (-.1, -.2), "First ride": (1.3, .1)}   # felt, expected: each study lies up to .3 off
AT_ONCE = 10
NAMES = [f"{stage} {k}" for k in range(AT_ONCE) for stage in LEVEL]
APART = 2     # how far the feelings of people with the pain lie below the others', in tenths


class Truth(NamedTuple):
    "What a stage of a study is like for all people there could be; feelings in tenths."
    felt: int
    hoped: int
    pain: float      # share of people


def draw_truths(rng: np.random.Generator) -> dict[str, Truth]:
    "Draw what the stages of ten studies are like."
    off, pain = rng.integers(-3, 4, (len(NAMES), 2)), rng.uniform(.1, .9, len(NAMES))
    levels = [LEVEL[name.rsplit(" ", 1)[0]] for name in NAMES]
    return {name: Truth(round(10 * felt) + int(a), round(10 * hoped) + int(b), float(p)) for name, (felt, hoped), (a, b), p in zip(NAMES, levels, off, pain)}


def people(n: int, real: Truth, rng: np.random.Generator) -> dict[str, np.ndarray]:
    "Return n people's feeling, expectation (before they are told in whole numbers) and pain in a stage."
    pain, own = rng.random(n) < real.pain, rng.normal(0, 1, (3, n))
    return {"emotion": .1 * (real.felt - APART * pain) + .6 * own[0] + .3 * own[2], "expectation": .1 * real.hoped + .6 * own[1] + .3 * own[2], "pain": pain}


def told(level: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    "Return whose coding it is and its valence: one to four whole numbers a person, around what they feel."
    who = np.repeat(np.arange(len(level)), rng.integers(1, 5, len(level)))
    return who, np.clip(np.round(level[who] + rng.normal(0, .7, len(who))), -2, 2)


@cache
def told_by_many(level: int, size: int = 400_000) -> tuple[float, float]:
    "Return the mean of what very many people tell whose feelings lie around a level (in tenths), and how far below zero they are on average."
    rng = np.random.default_rng(1)
    who, valence = told(.1 * level + np.hypot(.6, .3) * rng.normal(0, 1, size), rng)
    means = np.bincount(who, valence, size) / np.bincount(who, minlength=size)
    return float(means.mean()), float(np.maximum(-means, 0).mean())


def truth(real: Truth) -> dict[str, float]:
    "Return what is to be found in a stage."
    (without, _), (having, bad), (hoped, _) = (told_by_many(x) for x in (real.felt, real.felt - APART, real.hoped))
    return {"emotion": real.pain * having + (1 - real.pain) * without, "expectation": hoped, "reach": real.pain, "severity": bad, "score": real.pain * bad}


def codings(n: int, rng: np.random.Generator, truths: dict[str, Truth], both: float = .8, first: int = 0) -> pd.DataFrame:
    "Return the codings of n people in each of ten studies; `both` is the share of people who told what they expected. With 0 no one told that and how it felt."
    rows = []
    for k, stage in enumerate(NAMES):
        p, at = people(n, truths[stage], rng), 1000 * k
        tells = {"emotion": rng.random(n) < .95, "expectation": rng.random(n) < both}
        if not both: tells = {"emotion": np.arange(n) % 2 == 0, "expectation": np.arange(n) % 2 == 1}
        rows += [(i, k, at, at + 900, stage, "stage", np.nan) for i in range(n)]
        rows += [(i, k, at + 5, at + 9, f"{stage} fails", "pain", np.nan) for i in np.flatnonzero(p["pain"])]
        for facet, here in tells.items():
            who, valence = told(p[facet], rng)
            rows += [(i, k, at + 10, at + 20, f"{facet} {v:+.0f}", facet, v) for i, v in zip(who, valence) if here[i]]
    d = pd.DataFrame(rows, columns=["case", "turn", "start", "end", "code", "facet", "valence"])
    case = "P" + (d["case"] + first).astype(str)
    return d.assign(case=case, source=case, coding_id=range(len(d)), quote="words", role="participant", coder="MB")


CODES = pd.DataFrame({"code": NAMES, "facet": "stage", "order": range(len(NAMES))})


def journey_of(n: int, rng: np.random.Generator, truths: dict[str, Truth], both: float = .8, first: int = 0, name: str = "everybody"):
    return journey_from_codings(codings(n, rng, truths, both, first), codes=CODES, name=name)


def studies_of(n: int, rng: np.random.Generator) -> list[tuple[str, bool, float]]:
    "Return for each interval of ten studies what it is of, whether it holds the truth, and half its width."
    out: list[tuple[str, bool, float]] = []
    def add(kind: str, low: float, value: float, high: float) -> None:
        if low == low: out.append((kind, bool(low - 1e-9 <= value <= high + 1e-9), (high - low) / 2))

    truths = draw_truths(rng)
    real = {name: truth(x) for name, x in truths.items()}
    one, apart, more = journey_of(n, rng, truths), journey_of(2 * n, rng, truths, both=0), journey_of(n, rng, truths, first=5000, name="more")
    for trip, way in ((one, "same people"), (apart, "different people")):
        for r in trip.gaps[trip.gaps["how"].eq(way)].itertuples():
            add(f"gap, {way}", r.low, real[r.stage]["emotion"] - real[r.stage]["expectation"], r.high)
    for r in one.stages.itertuples():
        add("emotion", r.low, real[r.stage]["emotion"], r.high)
        add("expectation", r.expectation_low, real[r.stage]["expectation"], r.expectation_high)
    pains = one.pains.set_index("stage")[["low", "high"]].reindex(NAMES)
    for r in pains.fillna(dict(zip(pains, wilson(0, n)))).itertuples():      # a pain that nobody told of has no row: 0 of n
        add("reach", r.low, real[r.Index]["reach"], r.high)
    for r in pain_severity(one).itertuples():
        add("severity", r.severity_low, real[r.stage]["severity"], r.severity_high)
        add("severity x reach", r.low, real[r.stage]["score"], r.high)
    for r in compare_journeys([one, more]).itertuples():
        if r.facet in ("emotion", "pain"): add(f"difference, {r.facet}", r.low, 0., r.high)
    return out


def coverage(studies: int, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> pd.DataFrame:
    "Return kind, n, intervals, coverage, half (median half-width)."
    rows = []
    for n in sizes:
        rng = np.random.default_rng([seed, n])
        found = pd.DataFrame([x for _ in range(-(-studies // AT_ONCE)) for x in studies_of(n, rng)], columns=["kind", "held", "half"])
        by = found.groupby("kind")
        rows.append(pd.DataFrame({"n": n, "intervals": by.size(), "coverage": by["held"].mean(), "half": by["half"].median()}).reset_index())
    return pd.concat(rows, ignore_index=True)


if __name__ == "__main__":
    studies, seed = int((sys.argv[1:] or ["200"])[0]), int((sys.argv[2:] or ["0"])[0])
    table = coverage(studies, seed=seed)
    print(table.pivot(index="kind", columns="n", values="coverage").map(lambda x: f"{x:.1%}").to_string(), "\n")
    print(table.pivot(index="kind", columns="n", values="half").round(2).to_string(), "\n")
    print(table.pivot(index="kind", columns="n", values="intervals").to_string())
