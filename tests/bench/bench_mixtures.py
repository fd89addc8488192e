"""Speed, memory and recovery of the mixtures, as ratios against one assignment pass, peers and an oracle, all in the same run.

    python tests/bench/bench_mixtures.py em|prototypes|gower|ari|stream|dask|stability [--peers PYTHON] [--rows 10000,100000] [--only lc,kp,...]

em: LatentClass beside StepMix. prototypes: KPrototypes beside kmodes. gower: KMedoids beside gower and kmedoids. ari: everything, recovery above all.
stream, dask, stability: see bench_scale.py. Without --rows: 1e4 and 1e5 (em: also 1e6; gower: 2e3 and 1e5; stream, dask: 1e6; stability: 1e4).

The survey is made up: 20 mixed columns, five groups whose parameters are known, so that a Bayes classifier with the true ones (the oracle) says
how much can be recovered at all. `--peers` (or PERSONABENCH_PEERS) names a Python in which stepmix, kmodes, prince, gower and kmedoids are
installed. Each line is a process of its own, on one core; `peak` is its highest memory after the survey was made, `over` what came on top of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

GROUPS = 5
NUM, LIK = [f"num{j}" for j in range(6)], [f"lik{j}" for j in range(7)]
CAT, FLAG = [f"cat{j}" for j in range(5)], ["ms0", "ms1"]
CUTS = np.array([-1.3, -.45, .45, 1.3])
SIZES = np.array([.32, .25, .2, .14, .09])
LEVELS = {**dict.fromkeys(LIK, "ordinal"), **dict.fromkeys(CAT, "nominal"), **dict.fromkeys(FLAG, "binary")}


def truth() -> dict[str, np.ndarray | list[np.ndarray]]:
    "Return the groups' parameters: two of the numbers, two of the scales and one choice say nothing."
    r = np.random.default_rng(12345)
    mean = r.normal(0, 1, (GROUPS, 6))
    mean[:, 4:] = 0
    place = r.normal(0, 1, (GROUPS, 7))
    place[:, 5:] = 0
    shares = [r.dirichlet(np.full(k, 1.), GROUPS) for k in (3, 4, 5, 6, 4)]
    shares[4] = np.tile(shares[4].mean(0), (GROUPS, 1))
    return {"mean": mean, "place": place, "shares": shares, "flag": r.beta(1., 1., (GROUPS, 2))}


def survey(n: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    "Return answers and the group of each respondent."
    t, g = truth(), np.random.default_rng(seed)
    z = g.choice(GROUPS, n, p=SIZES)
    out = {name: t["mean"][z, j] + g.normal(size=n) for j, name in enumerate(NUM)}
    for j, name in enumerate(LIK): out[name] = np.searchsorted(CUTS, t["place"][z, j] + g.normal(size=n)) + 1.
    for j, name in enumerate(CAT):
        u = g.random(n)
        out[name] = (u[:, None] > np.cumsum(t["shares"][j], 1)[:, :-1][z]).sum(1) * 1.
    for j, name in enumerate(FLAG): out[name] = (g.random(n) < t["flag"][z, j]) * 1.
    return pd.DataFrame(out), z


def oracle(df: pd.DataFrame) -> np.ndarray:
    "Return the most probable group of each respondent, given the true parameters."
    from scipy.stats import norm

    t, out = truth(), np.log(SIZES) + np.zeros((len(df), GROUPS))
    for j, name in enumerate(NUM): out -= .5 * (df[name].to_numpy()[:, None] - t["mean"][:, j]) ** 2
    for j, name in enumerate(LIK):
        p = np.diff(norm.cdf(np.r_[-np.inf, CUTS, np.inf][:, None] - t["place"][:, j]), axis=0)
        out += np.log(p)[df[name].to_numpy(dtype=int) - 1]
    for j, name in enumerate(CAT): out += np.log(t["shares"][j].T)[df[name].to_numpy(dtype=int)]
    for j, name in enumerate(FLAG): out += np.log(np.stack([1 - t["flag"][:, j], t["flag"][:, j]]))[df[name].to_numpy(dtype=int)]
    return out.argmax(1)


# -- One task, in a process of its own ----------------------------------------------------------------------------------------
def encoded(df: pd.DataFrame) -> np.ndarray:
    "Return standardised numbers and scales beside choices as 0 and 1, as k-means would get them."
    numbers = df[NUM + LIK]
    hot = [(df[name].to_numpy()[:, None] == np.unique(df[name])) * 1. for name in CAT + FLAG]
    return np.hstack([((numbers - numbers.mean()) / numbers.std()).to_numpy(), *hot])


def assignment(df: pd.DataFrame) -> dict:
    X = np.ascontiguousarray(encoded(df))
    C = X[np.random.default_rng(0).choice(len(X), GROUPS)]
    half = .5 * (C * C).sum(1)
    best = min(clocked(lambda: (X @ C.T - half).argmax(1)) for _ in range(15))
    product = min(clocked(lambda: X @ C.T) for _ in range(15))
    return {"pass_ms": best * 1e3, "product_ms": product * 1e3}


def clocked(run) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def latent_class(df: pd.DataFrame) -> dict:
    from personabench import encoding as e
    from personabench import mixtures as m

    weights = np.ones(len(df))
    columns, _ = e._known(df, LEVELS, weights, e._KINDS)
    batches, layout = e._batches(df, columns, weights), e._Layout.of(columns)
    start = m._starts(e._few(batches, np.random.default_rng(0), 10_000)[0], GROUPS, 1, layout, np.random.default_rng(0))
    with e._one_core():
        each = min(clocked(lambda: m._climb(batches, start, layout, rounds=9, tol=-1)) for _ in range(5)) / 10
    model = m.LatentClass(GROUPS, levels=LEVELS, errors=None)
    bare = clocked(lambda: model.fit(df))
    full = clocked(lambda: m.LatentClass(GROUPS, levels=LEVELS).fit(df))
    return {"round_ms": each * 1e3, "cpu": full, "without_errors": bare, "labels": model.labels_, "loglik": model.loglik_, "rounds": model.n_iter_}


def prototypes(df: pd.DataFrame) -> dict:
    from personabench import encoding as e
    from personabench import prototypes as m

    weights = np.ones(len(df))
    columns, _ = e._known(df, LEVELS, weights, e._MEASURED)
    batches, layout = e._batches(df, columns, weights), e._Layout.of(columns)
    start = m._spread_out(e._few(batches, np.random.default_rng(0), 10_000)[0], GROUPS, 1, layout, 1., np.random.default_rng(0))
    with e._one_core():
        each = min(clocked(lambda: m._settle(batches, start, layout, 1., rounds=10, tol=-1)) for _ in range(5)) / 10
    model = m.KPrototypes(GROUPS, levels=LEVELS)
    cpu = clocked(lambda: model.fit(df))
    return {"round_ms": each * 1e3, "cpu": cpu, "labels": model.labels_, "cost": model.cost_, "gamma": model.gamma_, "rounds": model.n_iter_}


def medoids(df: pd.DataFrame) -> dict:
    from personabench import KMedoids

    model = KMedoids(GROUPS, levels=LEVELS)
    return {"cpu": clocked(lambda: model.fit(df)), "labels": model.labels_, "cost": model.cost_}


def famd_means(df: pd.DataFrame) -> dict:
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline

    from personabench import FAMD

    model = make_pipeline(FAMD(5, levels=LEVELS), KMeans(GROUPS, n_init=3, random_state=0))
    return {"cpu": clocked(lambda: model.fit(df)), "labels": model[-1].labels_}


# -- Peers --------------------------------------------------------------------------------------------------------------------
def stepmix(df: pd.DataFrame) -> dict:
    from stepmix.stepmix import StepMix
    from stepmix.utils import get_mixed_descriptor

    df = df.copy()
    for name in LIK: df[name] -= 1
    data, what = get_mixed_descriptor(df, continuous=NUM, categorical=LIK + CAT, binary=FLAG)
    model = StepMix(GROUPS, measurement=what, random_state=0, verbose=0, progress_bar=0)
    cpu = clocked(lambda: model.fit(data))
    return {"cpu": cpu, "round_ms": cpu / model.n_iter_ * 1e3, "rounds": int(model.n_iter_), "labels": model.predict(data),
            "loglik": float(model.score(data)) * len(df)}


def kmodes(df: pd.DataFrame) -> dict:
    from kmodes.kprototypes import KPrototypes

    numbers = df[NUM + LIK]
    data = pd.concat([(numbers - numbers.mean()) / numbers.std(ddof=0), df[CAT + FLAG]], axis=1)
    model = KPrototypes(GROUPS, n_init=1, random_state=0, n_jobs=1, gamma=1.5164524)
    cpu = clocked(lambda: model.fit(data.to_numpy(), categorical=list(range(13, 20))))
    return {"cpu": cpu, "round_ms": cpu / model.n_iter_ * 1e3, "rounds": int(model.n_iter_), "labels": model.labels_, "cost": model.cost_}


def prince(df: pd.DataFrame) -> dict:
    from prince import FAMD
    from sklearn.cluster import KMeans

    data = df.astype(dict.fromkeys(CAT + FLAG, "str"))
    model, means = FAMD(n_components=5, random_state=0), KMeans(GROUPS, n_init=3, random_state=0)
    return {"cpu": clocked(lambda: means.fit(model.fit(data).row_coordinates(data).to_numpy())), "labels": means.labels_}


def gower_medoids(df: pd.DataFrame) -> dict:
    import gower
    import kmedoids

    data = df.astype(dict.fromkeys(CAT + FLAG, "object"))
    found: dict = {}
    choices = [name in CAT + FLAG for name in data]
    cpu = clocked(lambda: found.update(labels=kmedoids.fasterpam(gower.gower_matrix(data, cat_features=choices), GROUPS, random_state=0).labels))
    return {"cpu": cpu, "labels": found["labels"].astype(int)}


TASKS = {"pass": assignment, "lc": latent_class, "kp": prototypes, "km": medoids, "famd": famd_means, "stepmix": stepmix, "kmodes": kmodes,
         "prince": prince, "gower": gower_medoids}
PEERS = {"stepmix": 100_000, "kmodes": 10_000, "prince": 100_000, "gower": 2_000}       # and how many rows they can be asked for


def memory(what: str) -> float:
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)) / 1024


def one(task: str, n: int) -> None:
    from sklearn.metrics import adjusted_rand_score

    df, z = survey(n)
    best = adjusted_rand_score(z, oracle(df))
    for library in {"stepmix": "stepmix.stepmix", "kmodes": "kmodes.kprototypes", "prince": "prince", "gower": "gower"}.get(task, "personabench.prototypes").split():
        __import__(library)
    Path("/proc/self/clear_refs").write_text("5")       # forget how much memory making the survey took
    before = memory("VmRSS")
    out = TASKS[task](df)
    labels = out.pop("labels", None)
    out |= {"peak": memory("VmHWM"), "over": memory("VmHWM") - before}
    if labels is not None: out |= {"ari": adjusted_rand_score(z, labels), "oracle": best}
    print(json.dumps(out))


# -- The table ----------------------------------------------------------------------------------------------------------------
def asked(python: str, task: str, n: int) -> dict:
    told = subprocess.run([python, __file__, "--one", task, str(n)], capture_output=True, text=True, check=False)
    return json.loads(told.stdout.splitlines()[-1]) if told.returncode == 0 else {"failed": told.stderr.strip().splitlines()[-1]}


def table(rows: list[int], only: list[str], peers: str | None) -> None:
    for n in rows:
        limit = asked(sys.executable, "pass", n)
        print(f"\n{n:,} respondents: one assignment pass {limit['pass_ms']:.2f} ms (its matrix product alone {limit['product_ms']:.2f})")
        for task in only:
            python = peers if task in PEERS else sys.executable
            if not python or n > PEERS.get(task, n): continue
            got = asked(python, task, n)
            if "failed" in got:
                print(f"  {task:<8} {got['failed']}")
                continue
            line = f"  {task:<8} {got['cpu']:7.2f} s CPU  peak {got['peak']:5.0f} MB, over {got['over']:5.0f}  ARI {got['ari']:.3f} (oracle {got['oracle']:.3f})"
            if "round_ms" in got: line += f"  round {got['round_ms']:.2f} ms = {got['round_ms'] / limit['pass_ms']:.1f} passes"
            line += "".join(f"  {name} {got[name]:,.2f}" for name in ("rounds", "loglik", "cost", "without_errors") if name in got)
            print(line, flush=True)


BENCHES = {"em": ("lc,stepmix", "10000,100000,1000000"), "prototypes": ("kp,kmodes", "10000,100000"), "gower": ("km,gower", "2000,100000"),
           "ari": (",".join(list(TASKS)[1:]), "10000,100000")}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench", nargs="?", default="ari", choices=[*BENCHES, "stream", "dask", "stability"])
    arguments.add_argument("--peers", default=os.environ.get("PERSONABENCH_PEERS"))
    arguments.add_argument("--rows")
    arguments.add_argument("--only")
    arguments.add_argument("--one", nargs=2)
    given = arguments.parse_args()
    if given.one: one(given.one[0], int(given.one[1]))
    elif given.bench in BENCHES:
        tasks, rows = BENCHES[given.bench]
        table([int(float(n)) for n in (given.rows or rows).split(",")], (given.only or tasks).split(","), given.peers)
    else: subprocess.run([sys.executable, Path(__file__).with_name("bench_scale.py"), given.bench, *(given.rows or "").split(",")[:1 if given.rows else 0]], check=True)
