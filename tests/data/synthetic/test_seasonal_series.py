import numpy as np

from kerasrecipes.data.synthetic import hourly_load


def test_the_same_seed_generates_the_same_series():
    one, other, third = (hourly_load().series(seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.values, other.values)
    assert (one.values != third.values).any() and len(one) == 4
    assert one.clock.said == "1 hour" and np.isfinite(one.values).all()


def test_two_kinds_of_days_differ_in_their_peaks():
    days = hourly_load().series(0).of(0).reshape(-1, 24)
    level = days - days.min(axis=1, keepdims=True)
    noon, evening = level[:, 11:14].mean(axis=1), level[:, 18:21].mean(axis=1)
    share = (evening > noon + 4).mean()
    assert 0.15 < share < 0.85
