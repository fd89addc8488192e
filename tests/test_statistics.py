"""Statistics: published examples, what R's survey package finds, properties, and what is said when there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench.schema import BadInput
from personabench.statistics import effective_n, wilson


# -- Shares -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("successes", "n", "low", "high"), [(81, 263, .2553, .3662), (15, 148, .0624, .1605), (0, 20, 0, .1611), (1, 29, .0061, .1718)])
def test_wilson_intervals_of_newcombe_1998(successes: int, n: int, low: float, high: float) -> None:
    "Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(.5, .999))
def test_wilson_holds_the_share_and_mirrors(successes: int, n: int, level: float) -> None:
    successes = min(successes, n)
    low, high = wilson(successes, n, level)
    assert 0 <= low <= successes / n + 1e-12 and successes / n - 1e-12 <= high <= 1
    assert wilson(n - successes, n, level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_wilson_refuses_nonsense_and_knows_nothing_of_nobody() -> None:
    assert np.isnan(wilson(0, 0)).all()
    for bad in ((3, 2), (-1, 5)):
        with pytest.raises(BadInput):
            wilson(*bad)


def test_effective_n_by_hand() -> None:
    "Weights 1, 2, 3: (1 + 2 + 3)^2 / (1 + 4 + 9) = 36 / 14 (Kish 1965)."
    assert effective_n([1, 2, 3]) == pytest.approx(36 / 14) and effective_n([5.0] * 8) == pytest.approx(8) and effective_n([]) == 0


def test_the_room_hides_nothing_of_pythons_own_library() -> None:
    import random
    import statistics

    assert "personabench" not in (statistics.__file__ or "") and statistics.mean([1, 2, 3]) == 2 and random.Random(0).random() > 0
