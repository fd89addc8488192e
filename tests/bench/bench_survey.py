"""Seconds for what is done with a wide or long survey: one correction in the widget (300 variables of 2,000 people), profile and differences of 200
variables, and a table of 200,000 rows beside what pandas takes: `python tests/bench/bench_survey.py`. A limit is twice what a quiet machine takes."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from personabench.segmentation import segment
from personabench.survey import read_survey
from personabench.survey_widget import SurveyWidget
from personabench.tables import read_table


def took(work: Callable[[], object]) -> float:
    "Seconds of the least of three."
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    rng, missed = np.random.default_rng(0), 0

    def row(name: str, seconds: float, limit: float) -> None:
        nonlocal missed
        missed += seconds > limit
        print(f"{name:<50} {seconds:7.2f} s   limit {limit:5.2f}   {'ok' if seconds <= limit else 'MISSED'}")

    widget = SurveyWidget(read_survey(pd.DataFrame(rng.integers(1, 6, (2000, 300))).add_prefix("q")))
    heard: list[dict] = []
    widget.send = lambda content, buffers=None: heard.append(content)
    widget.receive({"type": "ready"})
    levels = iter(["numeric", "ordinal", "numeric"])
    row("one correction, 300 variables", took(lambda: widget.receive({"type": "correct", "variable": "q7", "part": "levels", "value": next(levels)})), 2)
    assert [reply["type"] for reply in heard] == ["all", "some", "some", "some"], heard[-1]
    columns = {f"v{i}": rng.integers(1, 6, 2000) if i % 2 else rng.choice(list("abcdefg"), 2000) for i in range(200)}
    seg = segment(read_survey(pd.DataFrame(columns)), variables=["v1", "v3"], k=5, n_init=1, n_boot=0, verdict=False)
    row("profile of 200 variables", took(seg.profile), 2)
    row("differences of 200 variables", took(seg.differences), 2)
    with tempfile.TemporaryDirectory() as folder:
        path, n = Path(folder) / "t.csv", 200_000
        frame = pd.DataFrame({"id": [f"R{i}" for i in range(n)], **{f"v{i}": rng.integers(1, 6, n) for i in range(10)}})
        frame.assign(say=rng.choice(["good, but slow", "fine", 'so "so"'], n)).to_csv(path, index=False)
        plain = took(lambda: pd.read_csv(path))
        row(f"a table of 200,000 rows (pandas: {plain:.2f} s)", took(lambda: read_table(path)), 5 * plain)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
