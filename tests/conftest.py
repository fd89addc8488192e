"""What every test may use: the real data sets where they are, and settings for hypothesis that give the same answer twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
