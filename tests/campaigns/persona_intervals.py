"""Draw many small studies from a population that is known, and count how often the intervals of personas hold the truth: it should be 95 %.

Run: python tests/campaigns/persona_intervals.py [studies] [seed]     (tests/test_prevalence.py runs a short version)
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from personabench.personas import _figures, _opposed, _opposite_answer, _segment_sizes, contrasts
from personabench.prevalence import trait_prevalence
from personabench.survey import read_survey

SIZES, WEIGHTS, QUESTIONS = (8, 20, 60, 200), ("none", "mild", "strong"), 20
OVERSAMPLED = {"none": .5, "mild": .65, "strong": .8}  # share of the sample that comes from the first half of the population


def truth(rng: np.random.Generator) -> dict[str, np.ndarray]:
    "The population's figures, questions x groups (member, other) x halves: shares of a yes, means of a number, shares of five answers on a scale."
    middle, apart = rng.uniform(.08, .92, (QUESTIONS, 2, 1)), rng.uniform(-.06, .06, (QUESTIONS, 1, 2))
    yes = np.clip(middle + apart, .02, .98)
    scale = rng.dirichlet(np.ones(5), (QUESTIONS, 2))[:, :, None, :] * np.ones((1, 1, 2, 1))
    return {"yes": yes, "mean": rng.normal(10, 2, (QUESTIONS, 2, 1)) + rng.normal(0, .5, (QUESTIONS, 1, 2)), "scale": scale}


def draw(told: dict[str, np.ndarray], n: int, weights: str, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    "A sample of n members and 2n others, with weights that undo the oversampling, and who is a member."
    group = np.repeat([0, 1], [n, 2 * n])
    half = (rng.random(3 * n) >= OVERSAMPLED[weights]).astype(int)
    w = np.where(half == 0, .5 / OVERSAMPLED[weights], .5 / (1 - OVERSAMPLED[weights]))
    columns: dict[str, np.ndarray] = {"w": w if weights != "none" else np.ones(3 * n)}
    for i in range(QUESTIONS):
        columns[f"yes{i}"] = (rng.random(3 * n) < told["yes"][i, group, half]).astype(int)
        columns[f"mean{i}"] = told["mean"][i, group, half] + 4 * (rng.gamma(4, .5, 3 * n) - 2)  # skewed to the right, standard deviation 4
        columns[f"scale{i}"] = 1 + (rng.random(3 * n)[:, None] > told["scale"][i, group, half].cumsum(axis=1)).sum(axis=1).clip(max=4)
    return pd.DataFrame(columns, index=[f"R{i}" for i in range(3 * n)]), group == 0


def study(n: int, weights: str, rng: np.random.Generator) -> list[tuple[str, bool]]:
    "Return for each interval of one study what it is of, and whether it holds the truth."
    told, out = truth(rng), []
    data, member = draw(told, n, weights, rng)
    levels = {name: {"yes": "binary", "mean": "numeric", "scale": "ordinal"}[name.rstrip("0123456789")] for name in data if name != "w"}
    survey = read_survey(data, levels=levels, weights="w")
    population = {"yes": told["yes"].mean(axis=2), "mean": told["mean"].mean(axis=2), "scale": told["scale"].mean(axis=2) @ np.arange(1, 6)}
    holds = lambda low, x, high: bool(low <= x <= high)
    for row in contrasts(survey, data.index[member]).itertuples():
        kind, i = row.variable.rstrip("0123456789"), int(row.variable.removeprefix(row.variable.rstrip("0123456789")))
        ours, others = population[kind][i]
        out += [(f"{kind}: figure", holds(row.low, ours, row.high)), (f"{kind}: difference", holds(row.difference_low, ours - others, row.difference_high))]
        if kind == "scale":
            against = _opposed(survey, row.variable, *_opposite_answer(row), member)
            at, answers = round(row.rest, 4), np.arange(1, 6)
            share = told["scale"][i, 0, 0, answers < at if row.effect > 0 else answers > at].sum()
            out.append(("opposite answers", holds(against["against_low"], share, against["against_high"])))
    for i in range(0, QUESTIONS, 2):
        if not (data[f"yes{i}"].any() and data[f"yes{i + 1}"].any()): continue  # nobody said yes: no survey holds such a trait
        both = (told["yes"][i, 0] * told["yes"][i + 1, 0]).mean()
        meter = trait_prevalence(survey, {f"yes{i}": 1, f"yes{i + 1}": 1}, among=data.index[member])
        out.append(("prevalence of two traits", holds(meter.low, both, meter.high)))
    people = data.assign(case=data.index, weight=data["w"])
    for _ in range(QUESTIONS):
        share = rng.uniform(.05, .95)
        said = _figures(int(rng.binomial(n, share)), n, 0, None, None)
        size = _segment_sizes(people.assign(segment=np.where(rng.random(len(people)) < share, "A", "B")))["A"]
        out += [("people of a code", holds(said["low"], share, said["high"])), ("size of a segment", holds(size["low"], share, size["high"]))]
    return out


def campaign(sizes: tuple[int, ...], weights: tuple[str, ...], studies: int, seed: int) -> pd.DataFrame:
    "Return the share of intervals that hold the truth: kind x (n, weights)."
    found = []
    for n in sizes:
        for how in weights:
            rng = np.random.default_rng([seed, n, len(how)])
            found += [(kind, n, how, hit) for _ in range(studies) for kind, hit in study(n, how, rng)]
    return pd.DataFrame(found, columns=["kind", "n", "weights", "hit"]).pivot_table(index="kind", columns=["n", "weights"], values="hit", aggfunc="mean", sort=False)


if __name__ == "__main__":
    studies, seed = (int(a) for a in (*sys.argv[1:3], *("500", "0")[len(sys.argv) - 1:]))
    table = campaign(SIZES, WEIGHTS, studies, seed)
    print(f"{studies} studies a column, {QUESTIONS} intervals of most kinds in each (10 of the prevalence); nominal 95 %")
    print((100 * table).round(1).to_string())
    print(f"lowest {100 * table.min().min():.1f} %, highest {100 * table.max().max():.1f} %")
