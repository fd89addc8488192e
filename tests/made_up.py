"""Made-up answers and talks whose truth is known, for several test files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from personabench import store
from personabench.codebook import add_code
from personabench.coding import code
from personabench.study import Study

EVIL = "<img src=x onerror=\"document.title='pwned'\">"


def mixed(n: int, seed: int, *, holes: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    "Return a survey of two numbers, a scale, a choice and a flag, and the class (of three) that each row came from."
    rng = np.random.default_rng(seed)
    z = rng.choice(3, n, p=[.5, .3, .2])
    df = pd.DataFrame({
        "a": rng.normal(np.array([0., 4, 8])[z], 1),
        "b": rng.normal(np.array([3., 0, 3])[z], 2).round(1),
        "scale": pd.Categorical((np.array([4, 3, 1])[z] + rng.integers(-1, 2, n)).clip(1, 5), categories=[1, 2, 3, 4, 5], ordered=True),
        "choice": [rng.choice(["x", "y", "z"], p=p) for p in np.array([[.8, .1, .1], [.1, .8, .1], [.2, .2, .6]])[z]],
        "flag": rng.random(n) < np.array([.9, .2, .5])[z],
        "visits": rng.poisson(np.array([1, 4, 2])[z]) * 1.,
    })
    return (df.mask(rng.random(df.shape) < holes) if holes else df), z


# Four people sign up and ride: source, code, quote.
SAID = {"P01": f"The card page hung twice {EVIL}. I was furious. Then the ride was a dream.", "P02": "Paying failed three times. It annoyed me. The hill was easy.",
        "P03": "Paying was fine, at the desk. I felt calm. The ride? I forgot.", "P04": "The card page hung. I was furious. The ride was lovely."}
CODED = [("P01", "Sign-up", SAID["P01"].partition(" Then")[0]), ("P01", "Payment fails", "The card page hung twice"), ("P01", "Furious", "I was furious"),
         ("P01", "Ride", "Then the ride was a dream."), ("P01", "Happy", "a dream"),
         ("P02", "Sign-up", "Paying failed three times. It annoyed me."), ("P02", "Payment fails", "Paying failed three times"),
         ("P02", "Annoyed", "It annoyed me"), ("P02", "Ride", "The hill was easy."), ("P02", "Happy", "easy"),
         ("P03", "Sign-up", "Paying was fine, at the desk. I felt calm."), ("P03", "Happy", "I felt calm"), ("P03", "Desk", "at the desk"),
         ("P04", "Sign-up", "The card page hung. I was furious."), ("P04", "Payment fails", "The card page hung"),
         ("P04", "Furious", "I was furious"), ("P04", f"Lovely {EVIL}", "The ride was lovely")]


def ridden(address: Any = ":memory:") -> Study:
    "Four people, three stages (of one nobody spoke), a pain of three people, markup wherever people write."
    study = Study(address, coder="MB", create=True)
    with study.step("import", "import") as step:
        for case, text in SAID.items():
            store.add_source(step, case, text=text, turns=[{"start": 0, "end": len(text), "speaker": case}], speakers={case: (case, "participant")})
    book: dict[str, dict[str, Any]] = {
        "Awareness": {"facet": "stage", "order": 1}, "Sign-up": {"facet": "stage", "order": 2}, "Ride": {"facet": "stage", "order": 3},
        "Payment fails": {"facet": "pain"}, f"Lovely {EVIL}": {"facet": "gain"}, "Desk": {"facet": "touchpoint", "online": False},
        "Furious": {"facet": "emotion", "valence": -2}, "Annoyed": {"facet": "emotion", "valence": -1}, "Happy": {"facet": "emotion", "valence": 2}}
    for name, more in book.items(): add_code(study, name, **more)
    for case, name, quote in CODED: code(study, name, source=case, quote=quote)
    return study
