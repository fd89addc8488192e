"""Ten million events to funnel, variants and transitions: seconds and peak memory, beside pandas' own sort of the same rows in the same run.

    python tests/bench/bench_event_logs.py [events ...]      default 1e5 1e6 1e7; each size in a process of its own
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

STAGES = ["visit", "search", "product", "basket", "address", "payment", "thanks", "help"]


def write_log(path: Path, events: int, seed: int = 0) -> None:
    "Write a log of sessions of ten events on average, its rows in the order of time: stages in order, with returns, repeats and leaving."
    rng = np.random.default_rng(seed)
    case = rng.integers(0, events // 10, events).astype("int32")
    event = np.minimum(rng.geometric(.3, events) - 1 + rng.integers(0, 2, events), 8)
    seconds = np.sort(rng.integers(0, 90 * 86_400, events))
    frame = pd.DataFrame({"case": case, "time": pd.Timestamp("2026-01-01") + pd.to_timedelta(seconds, unit="s"),
                          "event": pd.Categorical.from_codes(event.astype("int8"), [*STAGES, "click"])})
    frame.to_parquet(path, index=False)


def measure(path: Path) -> None:
    from personabench.event_logs import journey_from_events

    import personabench.versions  # noqa: F401  (imports are not what is measured)

    begin = time.perf_counter()
    journey = journey_from_events(path, stages=STAGES)
    took, peak = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    frame = pd.read_parquet(path)
    begin = time.perf_counter()
    frame.sort_values(["case", "time"])
    peer = time.perf_counter() - begin
    print(f"{journey.n_events:>12,} events with a stage, {journey.n_cases:>9,} cases: {took:6.2f} s, "
          f"{took / peer:4.1f} times pandas' sort of the rows ({peer:.2f} s), peak {peak:,.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(Path(sys.argv[2]))
        sys.exit()
    for size in [int(float(x)) for x in sys.argv[1:]] or [10 ** 5, 10 ** 6, 10 ** 7]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log.parquet"
            write_log(path, size)
            subprocess.run([sys.executable, __file__, "--one", str(path)], check=True)
