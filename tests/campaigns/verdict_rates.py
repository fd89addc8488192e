"""How often `structure_test` is right: answers simulated with and without groups. Run: python tests/campaigns/verdict_rates.py OUT.jsonl [--runs 200] [--jobs 2]

Each line of OUT is one simulated survey and its verdict; a run that was interrupted goes on where it stopped. `--report OUT.jsonl` prints the rates.
"Clear" groups lie 4 SD apart, medium 3, weak 2: a linear discriminant analysis of the columns as observed parts them as well as it parts normal data at that distance.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from personabench.stability import structure_test

SIZES, COLUMNS = (60, 200, 600, 2000), (6, 10, 16)
NOTHING = {  # kind -> latent structure and forms of the columns, taken in turn
    "no structure": ("independent", ("numeric", "likert", "mixed")),
    "one continuum": ("one factor", ("numeric", "likert", "mixed")),
    "two continua": ("two factors", ("numeric", "likert", "mixed")),
    "skewed": ("one factor", ("skewed",)),
    "ordinal noise": ("independent", ("lopsided", "likert")),
    "heavy tails": ("heavy", ("numeric",)),
    "one continuum, 15 % missing": ("one factor", ("numeric", "likert", "mixed")),
    "factor and an unrelated column": ("one factor and one column", ("numeric",)),
    "redundant pair (age and birth year)": ("one factor", ("numeric", "likert", "mixed")),
    "age and age band": ("one factor", ("numeric", "likert", "mixed")),
    "pair at r = .95": ("one factor", ("numeric", "likert", "mixed")),
    "pair at r = .9": ("one factor", ("numeric", "likert", "mixed")),
    "skip pattern": ("one factor", ("numeric", "likert", "mixed")),
    "answers and their sum": ("independent", ("likert", "numeric")),
}
KNOWN_WEAK = {"horseshoe": ("horseshoe", ("likert",)), "bounded continuum": ("bounded", ("numeric", "likert", "mixed"))}
GROUPS = {  # structure -> groups, form, strength of a factor inside the groups
    "2 likert": (2, "likert", 0.0), "2 numeric": (2, "numeric", 0.0), "3 numeric": (3, "numeric", 0.0), "3 mixed": (3, "mixed", 0.0),
    "4 likert": (4, "likert", 0.0), "4 mixed": (4, "mixed", 0.0), "5 numeric": (5, "numeric", 0.0), "3 numeric, factor inside": (3, "numeric", 1.0),
    "3 mixed, 15 % missing": (3, "mixed", 0.0),
}
RELATED = list(NOTHING)[-6:]    # the kinds with columns that follow from others
CUTS = {"likert": (-1.3, -0.45, 0.45, 1.3), "lopsided": (0.2, 0.7, 1.2, 1.8), "nominal": (-0.6, 0.6)}


def observed(latent: np.ndarray, form: str) -> tuple[pd.DataFrame, dict[str, str]]:
    "Turn latent values into columns of a form; return them and their levels."
    data, levels = {}, {}
    for j, z in enumerate(latent.T):
        kind = {"mixed": ("numeric", "likert", "binary", "nominal")[j % 4], "skewed": ("exponential", "lopsided")[j % 2]}.get(form, form)
        levels[f"v{j}"] = {"exponential": "numeric", "likert": "ordinal", "lopsided": "ordinal"}.get(kind, kind)
        plain = {"numeric": z, "exponential": np.exp(z), "binary": (z > 0.3) * 1.0}
        data[f"v{j}"] = plain[kind] if kind in plain else np.searchsorted(CUTS[kind], z) + 1.0
    return pd.DataFrame(data), levels


def without_groups(structure: str, n: int, p: int, rng: np.random.Generator) -> np.ndarray:
    "Return latent values of a continuum: n people x p columns."
    noise = rng.standard_normal((n, p))
    if structure == "independent": return noise
    if structure == "one factor and one column": return np.hstack([without_groups("one factor", n, p - 1, rng), noise[:, :1]])
    if structure == "one factor":
        load = rng.uniform(0.5, 0.85, p) * rng.choice([1, 1, 1, -1], p)
        return rng.standard_normal((n, 1)) * load + noise * np.sqrt(1 - load**2)
    if structure == "two factors":
        load = rng.normal(0, 0.5, (p, 2))
        return (rng.standard_normal((n, 2)) @ load.T + noise * np.sqrt(0.5)) / np.sqrt((load**2).sum(axis=1) + 0.5)
    if structure == "heavy":
        load = rng.uniform(0.4, 0.8, p)
        return (rng.standard_normal((n, 1)) * load + noise * np.sqrt(1 - load**2)) / np.sqrt(rng.chisquare(5, (n, 1)) / 5)
    place = rng.uniform(-np.sqrt(3), np.sqrt(3), (n, 1))
    if structure == "bounded":
        load = rng.uniform(0.6, 0.9, p)
        return place * load + noise * np.sqrt(1 - load**2)
    agree = -((place - np.linspace(-1.5, 1.5, p)) ** 2) + 0.5 * noise       # horseshoe: agreement near one's own place only
    return (agree - agree.mean(axis=0)) / agree.std(axis=0)


def centres(k: int, p: int, rng: np.random.Generator) -> np.ndarray:
    "Return k points in p dimensions, each pair at distance 1."
    turn = np.linalg.qr(rng.standard_normal((p, k - 1)))[0]
    return np.linalg.eigh(np.eye(k) - 1 / k)[1][:, 1:] @ turn.T / np.sqrt(2)


def with_groups(points: np.ndarray, distance: float, n: int, factor: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    "Return latent values of groups, and who belongs to which."
    group = rng.integers(len(points), size=n)
    z = points[group] * distance + rng.standard_normal((n, points.shape[1]))
    if factor: z = z + factor * rng.standard_normal((n, 1)) * np.sign(rng.standard_normal(points.shape[1]))
    return z / np.sqrt(1 + factor**2 + (points.var(axis=0) * distance**2).mean()), group


def parted(data: pd.DataFrame, levels: dict[str, str], group: np.ndarray) -> float:
    "Return the accuracy of a linear discriminant analysis on the half that it has not seen."
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    X = pd.get_dummies(data, columns=[c for c in data if levels[c] == "nominal"], drop_first=True).to_numpy(dtype="float64")
    half = len(X) // 2
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=1e-3).fit(X[:half], group[:half]).score(X[half:], group[half:])


@cache
def calibrated(k: int, p: int, form: str, sd: float, factor: float, draw: int) -> tuple[np.ndarray, float] | None:
    "Return centres and the latent distance at which the columns part the groups as well as normal data `sd` apart; None if no distance does."
    rng = np.random.default_rng([draw, k, p])
    ideal = centres(k, max(k, 2), np.random.default_rng(1)) * sd
    group = np.random.default_rng(1).integers(k, size=20_000)
    x = ideal[group] + np.random.default_rng(2).standard_normal((20_000, ideal.shape[1]))
    aim = (((x[:, None] - ideal) ** 2).sum(axis=-1).argmin(axis=1) == group).mean()
    for _ in range(20):
        points, low, high = centres(k, p, rng), 1.0, 14.0

        def reached(distance: float, points: np.ndarray = points) -> bool:
            z, who = with_groups(points, distance, 4000, factor, np.random.default_rng(7))
            return parted(*observed(z, form), who) >= aim

        if not reached(high): continue
        for _ in range(7):
            middle = (low + high) / 2
            low, high = (low, middle) if reached(middle) else (middle, high)
        return points, high
    return None


def with_relations(kind: str, data: pd.DataFrame, levels: dict[str, str], rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, str]]:
    "Add columns that follow from others, or questions that only some were asked."
    if kind not in RELATED: return data, levels         # draws nothing, so that earlier surveys stay what they were
    age, more = np.round(rng.normal(45, 14, len(data))).clip(18, 90), {}
    if kind == "redundant pair (age and birth year)": more = {"age": age, "born": 2026 - age}
    if kind == "age and age band": more = {"age": age, "band": np.digitize(age, [25, 35, 45, 55, 65]) + 1.0}
    if kind.startswith("pair at r"):
        r = float(kind.split("= ")[1])
        more = {"one": (age - 45) / 14, "other": r * (age - 45) / 14 + np.sqrt(1 - r**2) * rng.standard_normal(len(data))}
    if kind == "answers and their sum": more = {"sum": data.sum(axis=1)}
    if kind == "skip pattern":      # the last third is asked of those only who are above the middle in the first answer
        data = data.copy()
        data.loc[data["v0"] <= data["v0"].median(), list(data.columns[-(data.shape[1] // 3):])] = np.nan
    return data.assign(**more), levels | {name: "ordinal" if name == "band" else "numeric" for name in more}


def plan(runs: int, sizes: Sequence[int] = SIZES) -> list[dict]:
    "Return every cell and run, one size of sample after the other."
    few, out = max(1, runs // 4), []
    for n in sizes:
        for kind, many in [(k, runs) for k in NOTHING] + [(k, max(1, runs // 2)) for k in KNOWN_WEAK]:
            out += [{"n": n, "kind": kind, "sd": 0, "run": r} for r in range(many)]
        out += [{"n": n, "kind": kind, "sd": sd, "run": r} for sd, many in ((4, few), (3, few // 2), (2, few // 2)) for kind in GROUPS for r in range(max(1, many))]
    return out


def survey(job: dict) -> tuple[pd.DataFrame, dict[str, str]] | None:
    "Simulate the answers of one job; None where such groups cannot be had."
    n, kind, run, p = job["n"], job["kind"], job["run"], COLUMNS[job["run"] % len(COLUMNS)]
    rng = np.random.default_rng([n, run, job["sd"], sum(map(ord, kind))])
    if job["sd"]:
        k, form, factor = GROUPS[kind]
        if (found := calibrated(k, p, form, float(job["sd"]), factor, run % 6)) is None: return None
        data, levels = observed(with_groups(*found, n, factor, rng)[0], form)
    else:
        structure, forms = {**NOTHING, **KNOWN_WEAK}[kind]
        data, levels = observed(without_groups(structure, n, p, rng), forms[(run // len(COLUMNS)) % len(forms)])
        data, levels = with_relations(kind, data, levels, rng)
    return (data.mask(rng.random(data.shape) < 0.15) if "missing" in kind else data), levels


def tested(job: dict) -> dict:
    "Simulate and test one survey."
    if (answers := survey(job)) is None: return {**job, "verdict": "cannot be had"}
    found = structure_test(answers[0], levels=answers[1], seed=job["run"])
    z = found.table[["z_smooth", "z_bounded"]].astype("float64").round(2).to_numpy().tolist()
    return {**job, "verdict": found.verdict, "skipped": list(found.skipped), "z": z,
            "surprise": round(found.surprise, 2), "power": round(found.power, 3), "arch": round(found.arch, 2)}


def wilson(hits: int, n: int) -> tuple[float, float]:
    centre, reach = (hits + 1.92) / (n + 3.84), 1.96 / (n + 3.84) * np.sqrt(hits * (n - hits) / n + 0.96)
    return max(centre - reach, 0), min(centre + reach, 1)


def report(path: Path) -> str:
    "Return the rates as Markdown."
    rows = pd.DataFrame(map(json.loads, path.read_text().splitlines()))
    rows = rows[rows["verdict"] != "cannot be had"]
    lines = ["| answers | n | runs | clusters shown (95 %) | no clusters |", "|---|---|---|---|---|"]

    def add(name: str, n: object, part: pd.DataFrame) -> None:
        hits = int((part["verdict"] == "clusters shown").sum())
        low, high = wilson(hits, len(part))
        lines.append(f"| {name} | {n} | {len(part)} | {hits / len(part):.1%} ({low:.1%} to {high:.1%}) | {(part['verdict'] == 'no clusters').mean():.0%} |")

    nothing = rows[rows["kind"].isin(NOTHING) & (rows["sd"] == 0)]
    for (kind, n), part in nothing.groupby(["kind", "n"]): add(kind, n, part)
    for n, part in nothing.groupby("n"): add("**without groups, pooled**", n, part)
    if len(nothing): add("**without groups, pooled**", "all", nothing)
    for (kind, n), part in rows[rows["kind"].isin(KNOWN_WEAK)].groupby(["kind", "n"]): add(kind, n, part)
    for sd, name in ((4, "clear"), (3, "medium"), (2, "weak")):
        apart = rows[rows["sd"] == sd]
        if sd == 4:
            for (kind, n), part in apart.groupby(["kind", "n"]): add(f"{name}: {kind}", n, part)
        for n, part in apart.groupby("n"): add(f"**{name}, pooled**", n, part)
    return "\n".join(lines)


def main() -> None:
    from joblib import Parallel, delayed
    from verdict_rates import tested        # by its module's name, so that worker processes find it

    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("out", type=Path)
    ask.add_argument("--runs", type=int, default=200, help="per cell without groups; a quarter of it for clear groups, an eighth for medium and weak ones")
    ask.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="respondents, in the order to be run")
    ask.add_argument("--only", nargs="+", default=[], metavar="KIND", help="kinds of answers to run, such as 'one continuum'; default: all")
    ask.add_argument("--sd", type=int, nargs="+", default=[0, 2, 3, 4], help="distances of the groups to run, 0 for no groups; default: all")
    ask.add_argument("--jobs", type=int, default=1)
    ask.add_argument("--report", action="store_true", help="print the rates of what is there, run nothing")
    args = ask.parse_args()
    if not args.report:
        there = {tuple(json.loads(line)[key] for key in ("n", "kind", "sd", "run")) for line in args.out.read_text().splitlines()} if args.out.exists() else set()
        jobs = [job for job in plan(args.runs, args.sizes)
                if (job["n"], job["kind"], job["sd"], job["run"]) not in there and job["sd"] in args.sd and (not args.only or job["kind"] in args.only)]
        with args.out.open("a") as out:
            for row in Parallel(n_jobs=args.jobs, return_as="generator_unordered")(delayed(tested)(job) for job in jobs): print(json.dumps(row), file=out, flush=True)
    print(report(args.out))


if __name__ == "__main__":
    main()
