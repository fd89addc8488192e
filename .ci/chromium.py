"""Find a Chromium or Chrome on this machine. `python .ci/chromium.py` prints its path, or says what to install and exits with 1."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
CURE = (
    "no Chromium or Chrome was found. Debian: apt-get install chromium. macOS: brew install --cask chromium. "
    "Elsewhere: set PERSONABENCH_CHROMIUM to the program's path"
)


def find_chromium() -> str | None:
    "Return the path of a browser that playwright can drive, or None."
    told = os.environ.get("PERSONABENCH_CHROMIUM")
    if told:
        return told if Path(told).exists() else None
    return next(filter(None, map(shutil.which, NAMES)), None) or next((place for place in PLACES if Path(place).exists()), None)


if __name__ == "__main__":
    path = find_chromium()
    print(path or CURE)
    sys.exit(path is None)
