"""The long form of tests/test_kill.py: many rounds of kill -9. Run: python tests/campaigns/kill_rounds.py [rounds] [seed] [import|code|table ...]"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from test_kill import CHECKS, rounds

if __name__ == "__main__":
    n, seed = (int(a) for a in (*sys.argv[1:3], *("50", "0")[len(sys.argv) - 1 :]))
    for what in sys.argv[3:] or CHECKS:
        with tempfile.TemporaryDirectory() as folder:
            start = time.time()
            acknowledged, there = rounds(what, Path(folder), n, seed)
            print(f"{what}: {n} kills, {acknowledged} acknowledged, {there} there, 0 lost, 0 by half, {time.time() - start:.0f} s", flush=True)
