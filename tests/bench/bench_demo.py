"""Seconds and peak memory of `personabench demo`, as a whole process beside a Python that only imports pandas: `python tests/bench/bench_demo.py [RUNS]`."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

DEMO = "from personabench.cli import main; import sys; sys.exit(main(['demo', '--out', sys.argv[1]]))"


def run(code: str, *arguments: str) -> tuple[float, float, float]:
    "Run Python code as a process; return wall seconds, CPU seconds and peak MB."
    start = time.perf_counter()
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code, *arguments], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, used = os.wait4(pid, 0)
    assert status == 0, f"ended with {os.waitstatus_to_exitcode(status)}"
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        demo = [run(DEMO, str(Path(folder) / str(i))) for i in range(runs)]
    bare, light = [[run(code) for _ in range(max(runs, 7))] for code in ("pass", "import personabench")]
    base = [run("import pandas") for _ in range(runs)]
    for name, rows in (("personabench demo", demo), ("import pandas", base), ("bare Python", bare), ("import personabench", light)):
        wall, cpu, peak = (statistics.median(column) for column in zip(*rows))
        print(f"{name:<22} {wall:7.3f} s wall  {cpu:7.3f} s CPU  {peak:6.0f} MB peak  (median of {len(rows)})")
    over = (statistics.median(r[0] for r in light) - statistics.median(r[0] for r in bare)) * 1000
    print(f"import personabench over bare Python: {over:.0f} ms")
