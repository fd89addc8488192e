"""Encoding: what a column is found to be, answers as places, and batches that lose nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import mixed

from personabench import encoding
from personabench.encoding import BadAnswers


def test_codes_of_a_column_without_one_known_answer_are_an_error() -> None:
    known = ("north", "south")
    assert encoding._codes(pd.Series(["south", None, "north"]), known).tolist() == [1, -1, 0]
    assert encoding._codes(pd.Series(["west"]), known).tolist() == [-1], "one newcomer may say something new"
    with pytest.raises(BadAnswers, match="(?s)none of which is known.*same codes"):
        encoding._codes(pd.Series(["west", "east"] * 5, name="district"), known)
    with pytest.raises(BadAnswers, match="none of which is known"):
        encoding._codes(pd.Series([1., 2.], name="district"), known)


@given(seed=st.integers(0, 1000), cut=st.integers(1, 79), holes=st.sampled_from([0., .3]))
def test_a_batch_cut_in_two_is_the_same_batch(seed: int, cut: int, holes: float) -> None:
    df, _ = mixed(80, seed, holes=holes)
    w = np.random.default_rng(seed).uniform(0, 2, 80)
    columns, _ = encoding._known(df, {"visits": "count"}, w, encoding._KINDS)
    whole = encoding._encoded(df, columns, w)
    parts = encoding._joined([encoding._encoded(df.iloc[rows], columns, w[rows]) for rows in (slice(0, cut), slice(cut, None))])
    assert all(np.array_equal(getattr(whole, name), getattr(parts, name)) for name in ("codes", "numbers", "base", "weights"))
    assert len(whole) == 80 and np.array_equal(whole.take([3, 5]).codes, whole.codes[:, [3, 5]])


def test_every_respondent_is_passed_over_once() -> None:
    df, _ = mixed(500, 1, holes=.1)
    columns, _ = encoding._known(df, {}, np.ones(500), encoding._KINDS)
    layout = encoding._Layout.of(columns)
    batch = encoding._encoded(df, columns, np.ones(500))
    X = np.concatenate([X.copy() for X, _ in encoding._blocks(batch, layout)], axis=1)
    assert X.shape == (layout.width, 500) and (X[0] == 1).all()
    assert X[1 + layout.wide].tolist() == df["a"].notna().tolist()
    few = encoding._few([batch.take(slice(0, 200)), batch.take(slice(200, None))], np.random.default_rng(0), 50)[0]
    assert len(few) == 50 and len(np.unique(few.numbers[0])) >= 40
