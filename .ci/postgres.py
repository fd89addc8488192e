"""Find the programs of a PostgreSQL server on this machine. `python .ci/postgres.py` prints their folder, or says what to install and exits with 1."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
          "/Applications/Postgres.app/Contents/Versions/latest/bin")
CURE = (
    "no PostgreSQL server was found. Debian: apt-get install postgresql. macOS: brew install postgresql. "
    "Elsewhere: set PERSONABENCH_POSTGRES to the folder that holds initdb and postgres"
)


def find_postgres() -> Path | None:
    "Return the folder that holds initdb and postgres, the newest where there are several, or None."
    if told := os.environ.get("PERSONABENCH_POSTGRES"): return Path(told) if _holds_both(Path(told)) else None
    if program := shutil.which("initdb"): return Path(program).resolve().parent
    found = [folder for place in PLACES for folder in Path("/").glob(place[1:]) if _holds_both(folder)]
    return max(found, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], default=None)


def _holds_both(folder: Path) -> bool: return all((folder / name).exists() for name in ("initdb", "postgres"))


if __name__ == "__main__":
    path = find_postgres()
    print(path or CURE)
    sys.exit(path is None)
