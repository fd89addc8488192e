"""What every test may use: a small study, the real data sets where they are, a PostgreSQL server of its own,
and settings for hypothesis that give the same answer twice."""

from __future__ import annotations

import importlib.util
import os
import runpy
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from made_up import answered, talked, with_survey
from programs import missing

from personabench.study import Study

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a busy machine is not a bug. In CI the same examples each time, so that a red build is about the change in it.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.register_profile("ci", settings.get_profile("house"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def real_data_folder() -> Path:
    "Return the folder in which the real data sets are looked for."
    return Path(os.environ.get("PERSONABENCH_REAL_DATA") or ROOT.parent / "shared" / "data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = real_data_folder()
    if folder.is_dir():
        return
    absent = pytest.mark.skip(reason=f"no real data in {folder}; set PERSONABENCH_REAL_DATA to the folder that holds it")
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def real_data() -> Path:
    "The folder of real data sets; skips the test where there is none."
    folder = real_data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set PERSONABENCH_REAL_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    "The checkout."
    return ROOT


# Six people's talks, and the survey that some of them answered (made_up.py); a file that needs another study makes its own.
@pytest.fixture
def study() -> Study: return talked()


@pytest.fixture
def answers() -> pd.DataFrame: return answered()


@pytest.fixture
def surveyed(study: Study, answers: pd.DataFrame) -> Study: return with_survey(study, answers)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of these tests alone, in a temporary folder and on no port; returns the folder of its socket.

    Who is called postgres comes in; everybody else is asked for a password. It refuses to run as root, who lends it the user postgres.
    """
    finder = runpy.run_path(str(ROOT / ".ci" / "postgres.py"))
    programs = finder["find_postgres"]()
    if programs is None: missing(finder["CURE"])
    if importlib.util.find_spec("psycopg") is None: missing('pip install "personabench[postgres]"')
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # not pytest's: the path of a socket may have 100 characters
    told: dict = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        told |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    making = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "--no-locale", "--encoding=UTF8", "--auth=trust", "--no-sync"]
    made = subprocess.run(making, check=False, **told)
    assert made.returncode == 0, made.stdout.decode(errors="replace")
    (folder / "data" / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
    options = {"listen_addresses": "", "unix_socket_directories": folder, "unix_socket_permissions": "0700", "fsync": "off", "shared_buffers": "16MB"}
    server = subprocess.Popen([programs / "postgres", "-D", folder / "data", *(f"-c{name}={value}" for name, value in options.items())],
                              **told | {"stdout": (log := folder.with_suffix(".log")).open("wb")})
    try:
        while not (pid := folder / "data" / "postmaster.pid").exists() or "ready" not in pid.read_text():
            assert server.poll() is None, log.read_text("utf-8", errors="replace")
            time.sleep(0.05)
        yield str(folder)
    finally:
        server.send_signal(signal.SIGINT)  # waits for nobody who is still connected
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
        log.unlink()


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    "The address of an empty database on a PostgreSQL server, which goes when the test ends."
    import psycopg

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(host=postgres_server, user="postgres", dbname="postgres", autocommit=True) as root:
        root.execute(f"CREATE DATABASE {name}")
        yield f"postgresql+psycopg://postgres@/{name}?host={postgres_server}"
        root.execute(f"DROP DATABASE {name} WITH (FORCE)")
