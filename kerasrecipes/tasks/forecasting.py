"""Forecasting: the next rows of a series, with a band in which they are to lie."""

from functools import partial

from kerasrecipes.data.timeseries import forecasting
from kerasrecipes.data.timeseries.forecasting import SeriesPreprocessor
from kerasrecipes.info import Info
from kerasrecipes.losses.forecasting import ForecastLoss
from kerasrecipes.recipe import Objective, Task


def objective(info: Info) -> Objective:
    """Return the loss of mean and quantiles; people ask for the scaled error first.

    Args:
        info: metadata of the data, with its preprocessor.
    """
    quantiles = SeriesPreprocessor.of(info).quantiles
    return Objective(loss=partial(ForecastLoss, quantiles), headline="mase", best="min")


TASK = Task(
    prepare=forecasting.prepare,
    predict="kerasrecipes.inference.forecasting:forecast",
    scores="kerasrecipes.inference.forecasting:scores",
    baseline="kerasrecipes.inference.forecasting:baseline",
    figures=("kerasrecipes.reports.forecasting:FORECASTING_FIGURES",),
)
