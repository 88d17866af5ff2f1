import dataclasses

import numpy as np
import pytest

from kerasrecipes.reports import forecasting as reports
from tests.inference.test_forecasting import SPLITS, evaluation


@pytest.fixture(scope="module")
def judged():
    x, _ = SPLITS.test.take(np.arange(len(SPLITS.test)))
    middle = x[:, -24:, None] + np.array([0, -0.5, 0, 0.5])
    return evaluation(middle.astype(np.float32))


def test_forecasts_from_a_good_one_to_a_bad_one(judged):
    figure = reports.forecasts_with_bands(judged)
    assert len(figure.axes) == 4 and "holds" in figure.get_suptitle()
    missed = []
    for axes in figure.axes:
        truth, middle = (line.get_ydata() for line in axes.lines[1:3])
        assert len(truth) == len(middle) == 24
        missed.append(np.abs(truth - middle).mean())
    assert missed[0] < missed[-1]


def test_forecasts_one_after_the_other_do_not_overlap(judged):
    axes = reports.backtest(judged).axes[0]
    begins = [line.get_xdata()[0] for line in axes.lines[::3]]
    assert len(begins) >= 2 and np.diff(begins).min() >= 24


def test_errors_by_step_have_the_seasonal_forecast_beside_them(judged):
    axes = reports.error_by_step(judged).axes[0]
    assert {text.get_text() for text in axes.texts} == {"last value", "last season", "model"}
    seasonal, model = (line.get_ydata() for line in axes.lines[1:3])
    np.testing.assert_allclose(seasonal, model, rtol=1e-3)  # it repeats the last season


def test_no_examples_make_no_figure(judged):
    none = dataclasses.replace(judged, examples=SPLITS.test.select(np.arange(0)))
    for figure in reports.FORECASTING_FIGURES[:3]:
        assert figure(none) is None
