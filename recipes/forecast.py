"""Forecast: the next rows of a series from those before, with a band in which they are to lie.

A window of the past goes in, all rows of the horizon come out at once: their mean, and quantiles,
of which a share of outcomes is to lie below each. Every window is scaled by its own mean and
spread, so that one network serves series of any size and a level that wanders. Which network is a
setting: `nbeats`, blocks of dense layers that each explain what those before left; `linear`, two
products, which are hard to beat where series are long and plain; `lstm` and `tcn`, which read row
by row. What a forecast is worth is told by forecasts that need no network: the last value, the last
season, and a ridge regression stand beside it; a MASE below 1 is better than the last season was in
training.

Papers: N-BEATS (Oreshkin et al., 2020), https://arxiv.org/abs/1905.10437; Are Transformers
Effective for Time Series Forecasting? (Zeng et al., 2023), https://arxiv.org/abs/2205.13504

Measured: by the first command, seed 0, a MASE of 0.666 (ridge regression 0.777, seasonal naive
0.873), and 77 % of what came within the band of 80 %; on the 414 hourly series of M4, by `--data
m4_hourly/ context=168`, MASE 0.836 and sMAPE 11.4 % (seasonal naive 1.201 and 13.9 %) in 96 s; on
the 144 months of airline passengers a MASE of 0.661 (ridge regression 0.556, seasonal naive 1.589).

    kerasrecipes run forecast
    kerasrecipes run forecast --data series.csv --target sales horizon=12
    kerasrecipes run forecast --data shops.csv --column series=shop --column time=day network=linear
    kerasrecipes run forecast --data sales.csv --target sales known=promo,holiday past=visitors
    kerasrecipes compare forecast network=nbeats,linear,lstm,tcn
    kerasrecipes predict forecast series.csv --steps 48 --output later.csv
"""

from collections.abc import Mapping
from typing import Any

from kerasrecipes.data import synthetic
from kerasrecipes.data.timeseries import sources
from kerasrecipes.models.forecasters import forecaster
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import forecasting
from kerasrecipes.training_settings import Training

build = settings_of(forecaster)
FEW = 500  # windows: of 66 of them N-BEATS reached a MASE of 1.07, the linear network 0.66
STEPS = 1500  # after which N-BEATS has learned a season from a few hundred windows


def search_space(hp) -> dict:
    """Which network, its size, and how fast it learns."""
    return {
        "network": hp.Choice("network", ["linear", "lstm", "tcn", "nbeats"]),
        "units": hp.Choice("units", [64, 128, 256]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.2]),
        "learning_rate": hp.Float("learning_rate", 1e-4, 5e-3, sampling="log"),
    }


def by_count(count: int, given: Mapping[str, Any], num_replicas: int) -> Mapping[str, Any]:
    """About as many steps for a short series as for a long one, in smaller batches; of few windows
    the linear network makes more.
    """
    size = 64 if count >= 4000 else 16
    epochs = round(STEPS * size / max(1, count))
    few = {"network": "linear"} if count < FEW else {}
    return {"batch_size": size, "epochs": min(200, max(3, epochs)), **few}


recipe = Recipe(
    topic="Time series",
    task=forecasting.TASK,
    build=build,
    data={"load": synthetic.hourly_load(), "file": sources.files()},
    objective=forecasting.objective,
    training=Training(
        epochs=8, batch_size=64, optimizer="adam", learning_rate=1e-3, schedule="cosine"
    ),
    # A week of hours, so that it sees what the same day was like.
    by_data={"load": {"context": 168}},
    by_count=by_count,
    search_space=search_space,
    example="series.csv --steps 48",
)
