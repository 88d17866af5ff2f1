"""Networks that forecast: linear, LSTM, TCN and N-BEATS, from a window to mean and quantiles."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from kerasrecipes.layers.window_scaling import Normalization, WindowScale, WindowUnscale
from kerasrecipes.ranges import Count, Depth, Share

Network = Literal["linear", "lstm", "tcn", "nbeats"]
_TREND = 25  # rows over which DLinear's trend is averaged
_KERNEL = 3  # of the TCN's convolutions


def forecaster(
    context: int,
    horizon: int,
    num_outputs: int,
    num_observed: int = 0,
    num_known: int = 0,
    *,
    network: Network = "nbeats",
    units: Count = 128,
    depth: Depth = 3,
    dropout_rate: Share = 0.0,
    normalization: Normalization = "window",
) -> keras.Model:
    """Forecast all rows of the horizon at once.

    Args:
        context: rows of the past.
        horizon: rows of the future.
        num_outputs: numbers for each of them: the mean, and quantiles.
        num_observed: covariates whose past is told, those that are known ahead among them.
        num_known: covariates that are known ahead.
        network: `linear` (DLinear: trend and rest have a product each), `lstm`, `tcn` (dilated
            causal convolutions) or `nbeats` (blocks that each explain what those before left).
        units: units of a hidden layer; filters of the TCN. Linear has none.
        depth: layers of the LSTM, least blocks of the TCN, blocks of N-BEATS.
        dropout_rate: share of hidden units that are dropped in training.
        normalization: by what each window is scaled: `window`, its mean and standard deviation;
            `last`, its last value alone (NLinear); `none`.

    Returns:
        An uncompiled `keras.Model`, `(batch, context)` to `(batch, horizon, num_outputs)`; with
        covariates from a dictionary: `past`, `observed` `(batch, context, num_observed)`, and
        `known` `(batch, horizon, num_known)`.

    Reference:
        - [Are Transformers Effective for Time Series Forecasting?](https://arxiv.org/abs/2205.13504)
          (Zeng et al., 2023)
        - [An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence
          Modeling](https://arxiv.org/abs/1803.01271) (Bai et al., 2018)
        - [N-BEATS](https://arxiv.org/abs/1905.10437) (Oreshkin et al., 2020)
    """
    past = keras.Input((context,), name="past")
    x, centre, spread = WindowScale(normalization, name="scale")(past)
    size = horizon * num_outputs
    if network == "linear":
        x = _linear(x, context, size)
    elif network == "lstm":
        x = _lstm(x, context, size, units, depth, dropout_rate)
    elif network == "tcn":
        x = _tcn(x, context, size, units, depth, dropout_rate)
    else:
        x = _nbeats(x, context, size, units, depth, dropout_rate)
    inputs = {"past": past}
    if num_observed:
        inputs["observed"] = keras.Input((context, num_observed), name="observed")
        if num_known:
            inputs["known"] = keras.Input((horizon, num_known), name="known")
        beside = [value for name, value in inputs.items() if name != "past"]
        x = layers.Add(name="with_covariates")([x, _of_covariates(beside, size, units)])
    x = layers.Reshape((horizon, num_outputs), name="forecast")(x)
    outputs = WindowUnscale(dtype="float32", name="unscale")([x, centre, spread])
    return keras.Model(inputs if num_observed else past, outputs, name=network)


def _of_covariates(beside: list[keras.KerasTensor], size: int, units: int) -> keras.KerasTensor:
    """Return what covariates add to forecasts: one product, and one behind hidden units."""
    flat = [layers.Flatten(name=f"flat_{rows.name}")(rows) for rows in beside]
    x = layers.Concatenate(name="covariates")(flat) if len(flat) > 1 else flat[0]
    hidden = layers.Dense(units, activation="relu", name="covariates_hidden")(x)
    parts = (("plain", x), ("bent", hidden))
    found = [layers.Dense(size, name=f"covariates_{name}")(part) for name, part in parts]
    return layers.Add(name="covariates_sum")(found)


def _linear(x: keras.KerasTensor, context: int, size: int) -> keras.KerasTensor:
    rows = layers.Reshape((context, 1), name="rows")(x)
    trend = layers.AveragePooling1D(_TREND, strides=1, padding="same", name="moving_mean")(rows)
    trend = layers.Flatten(name="trend")(trend)
    rest = layers.Subtract(name="rest")([x, trend])
    parts = (("trend", trend), ("rest", rest))
    found = [layers.Dense(size, name=f"forecast_{name}")(part) for name, part in parts]
    return layers.Add(name="sum")(found)


def _lstm(
    x: keras.KerasTensor, context: int, size: int, units: int, depth: int, dropout_rate: float
) -> keras.KerasTensor:
    x = layers.Reshape((context, 1), name="rows")(x)
    for number in range(depth):
        last = number == depth - 1
        x = layers.LSTM(units, return_sequences=not last, name=f"lstm_{number + 1}")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    return layers.Dense(size, name="forecasts")(x)


def _tcn(
    x: keras.KerasTensor, context: int, size: int, units: int, depth: int, dropout_rate: float
) -> keras.KerasTensor:
    """Blocks of two convolutions, each dilated twice as much, until the last row sees all."""
    x = layers.Reshape((context, 1), name="rows")(x)
    seen, number = 1, 0
    while seen < context or number < depth:
        dilation = 2**number
        number += 1
        before = x
        for part in "ab":
            x = layers.Conv1D(
                units,
                _KERNEL,
                padding="causal",
                dilation_rate=dilation,
                activation="relu",
                name=f"convolution_{number}{part}",
            )(x)
            x = layers.Dropout(dropout_rate, name=f"dropout_{number}{part}")(x)
        if before.shape[-1] != units:
            before = layers.Conv1D(units, 1, name="widen")(before)
        x = layers.Add(name=f"block_{number}")([before, x])
        seen += 2 * (_KERNEL - 1) * dilation
    last = layers.Cropping1D((context - 1, 0), name="last")(x)
    return layers.Dense(size, name="forecasts")(layers.Flatten(name="features")(last))


def _nbeats(
    x: keras.KerasTensor, context: int, size: int, units: int, depth: int, dropout_rate: float
) -> keras.KerasTensor:
    """Blocks that take off what they explain of the past, and whose forecasts are added."""
    forecasts = []
    for number in range(1, depth + 1):
        hidden = x
        for layer in range(1, 4):
            hidden = layers.Dense(units, activation="relu", name=f"block_{number}_dense_{layer}")(
                hidden
            )
        hidden = layers.Dropout(dropout_rate, name=f"block_{number}_dropout")(hidden)
        forecasts.append(layers.Dense(size, name=f"block_{number}_forecast")(hidden))
        if number < depth:
            explained = layers.Dense(context, name=f"block_{number}_backcast")(hidden)
            x = layers.Subtract(name=f"block_{number}_rest")([x, explained])
    return layers.Add(name="sum")(forecasts) if depth > 1 else forecasts[0]
