"""Tables larger than memory, dask's workers and the bootstrap: seconds and megabytes beside their bounds. Called by bench_mixtures.py.

    python tests/bench/bench_scale.py stream|dask|stability [ROWS]       (defaults: 1e6, 1e6, 1e4 rows)
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"): os.environ[threads] = "1"
sys.path.insert(0, str(Path(__file__).parent))

from bench_mixtures import CAT, FLAG, GROUPS, LEVELS, LIK, NUM, clocked, oracle, survey  # noqa: E402

DEFAULTS = {"stream": 1_000_000, "dask": 1_000_000, "stability": 10_000}


def peak() -> float:
    "Return the most memory that this process has held, in MB."
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(folder: str, n: int) -> None:
    "Write the made-up survey, a file per half million respondents."
    for i, a in enumerate(range(0, n, 500_000)): survey(min(500_000, n - a), seed=i)[0].to_parquet(f"{folder}/part{i:03d}.parquet", row_group_size=250_000)


def fitted(folder: str) -> str:
    "Fit here, and tell seconds of CPU by part, peak memory and how well the groups of the first file are found."
    from functools import partial

    import numpy as np
    import pandas as pd
    from sklearn.metrics import adjusted_rand_score

    from personabench import LatentClass, batches, encoding, mixtures

    before = peak()
    model = LatentClass(GROUPS, levels=LEVELS, errors=None)
    everything = clocked(lambda: model.fit(folder))
    top = peak()
    first = pd.read_parquet(f"{folder}/part000.parquet")
    z = survey(len(first))[1]
    ari, best = adjusted_rand_score(z, model.labels_[:len(z)]), adjusted_rand_score(z, oracle(first))
    parts = batches._parts(folder)
    start = time.process_time()
    with batches._kept(parts, partial(encoding._encoded_part, columns=model._columns, weight=None)) as kept:
        read = time.process_time() - start
        one = clocked(lambda: encoding._added(kept, partial(mixtures._em_sums, theta=model._theta[None], layout=model._layout)))
    assert np.isfinite(model.loglik_)
    return (f"{everything:7.1f} s CPU in all ({model.n_iter_} rounds over everybody), reading and encoding {read:.2f} s, a round {one:.3f} s; "
            f"peak {top:.0f} MB (bound 500; {before:.0f} before); ARI {ari:.3f} (oracle {best:.3f})")


def partial_fit(folder: str) -> str:
    "The peer: pyarrow and scikit-learn's MiniBatchKMeans, one pass over one-hot columns."
    import numpy as np
    import pyarrow.dataset as ds
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(GROUPS, random_state=0)

    def run() -> None:
        for batch in ds.dataset(folder).to_batches(batch_size=100_000, use_threads=False):
            df = batch.to_pandas()
            hot = [(df[name].to_numpy()[:, None] == np.arange(6 if name in CAT else 2)) * 1. for name in CAT + FLAG]
            model.partial_fit(np.hstack([df[NUM + LIK].to_numpy(), *hot]))
    return f"{clocked(run):7.1f} s CPU for one pass; peak {peak():.0f} MB"


def with_workers(folder: str) -> str:
    "Two workers: their CPU seconds per round, and their memory."
    from functools import partial

    from personabench import LatentClass, batches, encoding, mixtures, start_workers

    with start_workers(2, memory="1GB") as client:
        model = LatentClass(GROUPS, levels=LEVELS, errors=None)
        start = time.perf_counter()
        model.fit(folder)
        wall = time.perf_counter() - start
        top = max(client.run(peak).values())
        with batches._kept(batches._parts(folder), partial(encoding._encoded_part, columns=model._columns, weight=None)) as kept:
            look = partial(mixtures._em_sums, theta=model._theta[None], layout=model._layout)
            encoding._added(kept, look)
            before, mine = sum(client.run(time.process_time).values()), time.process_time()
            for _ in range(5): encoding._added(kept, look)
            there, here = sum(client.run(time.process_time).values()) - before, time.process_time() - mine
    return (f"{wall:7.1f} s wall in all; a round {(there + here) / 5:.3f} s CPU (workers {there / 5:.3f}, client and scheduler {here / 5:.3f}; bound 1.5 times the "
            f"streamed round); worker's peak {top:.0f} MB (bound 400)")


def stability(n: int) -> None:
    from personabench import LatentClass
    from personabench.segmentation import _quick
    from personabench.stability import _bootstrapped

    df, _ = survey(n)
    total, jobs = 0., 2
    for k in range(2, 9):
        model = LatentClass(k, levels=LEVELS, n_init=2, errors=None)
        labels = model.fit(df).labels_
        start = time.perf_counter()
        found = _bootstrapped(_quick(model), df, None, labels, k, 100, 0, jobs)[0]      # as `segment` does
        total += (each := time.perf_counter() - start)
        print(f"  k = {k}: {each:6.1f} s wall, mean Jaccard {found.mean(axis=0).round(3).tolist()}", flush=True)
    print(f"  B = 100, k = 2..8, {n:,} respondents, {jobs} processes: {total:.1f} s wall (bound at 1e4: 60)")


def main(what: str, rows: int | None = None) -> None:
    n = rows or DEFAULTS[what]
    print(f"{what}, {n:,} respondents", flush=True)
    if what == "stability": return stability(n)
    with tempfile.TemporaryDirectory() as folder:
        write(folder, n)
        for name in ("partial_fit", "fitted", *(["with_workers"] if what == "dask" else [])):
            told = subprocess.run([sys.executable, __file__, "--one", name, folder], capture_output=True, text=True, check=False)
            print(f"  {name:<13} {told.stdout.strip() or told.stderr.strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--one": print({"fitted": fitted, "partial_fit": partial_fit, "with_workers": with_workers}[sys.argv[2]](sys.argv[3]))
    else: main(sys.argv[1], int(float(sys.argv[2])) if len(sys.argv) > 2 else None)
