"""Programs that some tests need beside Python. `sh .ci/setup dev` installs them where it may; a person without one skips those tests, CI does not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
PACKAGES = {"git": "git", "pdftotext": "poppler-utils"}  # program -> Debian's package


def missing(cure: str) -> NoReturn:
    "Skip the test, saying what would let it run; in CI, where nothing may be skipped for want of a tool, fail it."
    (pytest.fail if CI else pytest.skip)(cure)
    raise AssertionError


def program(name: str) -> str:
    "Return the path of a program; skip the test without it, in CI fail."
    return shutil.which(name) or missing(f"{name} was not found. Debian: apt-get install {PACKAGES[name]}")


def office(part: str) -> str:
    "Return the path of LibreOffice where it has the part calc or impress; skip the test without, also in CI: it is large, and nothing that we write needs it."
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if not found or not (Path(found).resolve().parent / {"calc": "libsclo.so", "impress": "libsdlo.so"}[part]).exists():
        pytest.skip(f"no LibreOffice with {part}. Debian: apt-get install libreoffice-{part}-nogui")
    return found
