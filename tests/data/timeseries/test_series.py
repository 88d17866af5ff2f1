import numpy as np
import pytest

from kerasrecipes.data.timeseries.clock import Clock
from kerasrecipes.data.timeseries.series import Series, season_of

NAN = np.nan


def test_a_gap_has_the_last_value_before_it_and_never_one_of_another_series():
    series = Series.joined("ab", [np.array([1, NAN, NAN, 4]), np.array([NAN, NAN, 7, NAN, 9, NAN])])
    assert series.filled().tolist() == [1, 1, 1, 4, 7, 7, 9]
    assert series.lengths.tolist() == [4, 3] and np.isnan(series.of(1)[1])


def test_what_is_cut_off_the_beginning_moves_the_first_time():
    clock = Clock(days=1.0)
    series = Series.joined("a", [np.array([NAN, NAN, 3.0, 4.0])], clock, [10.0])
    assert series.first == (12.0,) and len(series.of(0)) == 2


@pytest.mark.parametrize("season", [7, 24, 50])
def test_the_season_is_found_in_noise_and_trend(season):
    random, rows = np.random.default_rng(season), np.arange(600)
    values = np.sin(2 * np.pi * rows / season) + 0.02 * rows + random.normal(0, 0.2, 600)
    assert season_of(values) == pytest.approx(season, abs=1)
    assert season_of(np.cumsum(random.normal(size=600))) == 1
    assert season_of(np.ones(600)) == 1
