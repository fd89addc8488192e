"""Made-up answers whose truth is known, for several test files."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
