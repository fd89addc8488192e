"""From interviews, surveys and usage logs to personas and journeys whose every statement carries its evidence.

`import personabench as pb` gives every public name, each loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

# One line per room: the public names that it gives. tests/test_house.py holds this list against the rooms' own.
_ROOMS: dict[str, str] = {}
_HOME = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str):
    if name in _HOME:
        from importlib import import_module

        value = getattr(import_module(f"personabench.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'personabench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
