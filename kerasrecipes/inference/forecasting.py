"""Forecasts of a user's own series, and how good those of a split are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Table
from kerasrecipes.data.timeseries import series_files
from kerasrecipes.data.timeseries.forecasting import SeriesPreprocessor
from kerasrecipes.data.timeseries.series import Series
from kerasrecipes.data.timeseries.windows import Windows
from kerasrecipes.errors import UserError
from kerasrecipes.inference.inputs import STDIN
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.forecasting import point_metrics, quantile_metrics
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

_MOST_STEPS = 100_000
_RIDGE_WINDOWS = 4000  # of the training, that the linear baseline is fitted to
_PENALTY = 1e-2  # of the linear baseline's weights, as a share of the mean square of its inputs


def forecast(
    run: Any, inputs: Iterable[str | Path | bytes], *, steps: int | None = None
) -> list[Answer]:
    """Continue series beyond their last rows.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: CSV files in the form of the training's, or their contents.
        steps: rows to forecast; by default the horizon that was trained. Beyond it the forecast
            goes on from its own median.

    Returns:
        For each file a `Table` with a row for each step of each series: its time, mean and
        quantiles.

    Raises:
        UserError: if a file is not there or holds no series, or the number of steps is out of
            range.
    """
    preprocessor = SeriesPreprocessor.of(run.info)
    steps = preprocessor.horizon if steps is None else steps
    if not 1 <= steps <= _MOST_STEPS:
        raise UserError(f"--steps is from 1 to {_MOST_STEPS:,}; received {steps}")
    answers: list[Answer] = []
    for item in inputs:
        name = STDIN if isinstance(item, bytes) else str(item)
        if not isinstance(item, bytes) and not (name.strip() and _is_file(name)):
            raise UserError(f"there is no file '{name[:200]}'; a forecast continues a CSV file")
        series, notes = series_files.read(
            item if isinstance(item, bytes) else name, preprocessor.options
        )
        if not len(series) or not series.lengths.min():
            raise UserError(f"{name[:200]} holds a series without values")
        found = continued(run.model, preprocessor, series, steps)
        if steps > preprocessor.horizon:
            notes.append(
                f"beyond {preprocessor.horizon} steps a forecast goes on from its own median, so "
                "that its band is too narrow"
            )
        columns = _columns(preprocessor, series, found)
        answers.append(Table(input=name, columns=columns, notes=tuple(notes)))
    return answers


def _is_file(name: str) -> bool:
    try:
        return Path(name).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        return False


def continued(
    model: Any, preprocessor: SeriesPreprocessor, series: Series, steps: int
) -> np.ndarray:
    """Return forecasts of the rows after the last of each series.

    Args:
        model: the trained model.
        preprocessor: of its training.
        series: of a user.
        steps: number of rows.

    Returns:
        `(series, steps, 1 + quantiles)` in the series' own units, quantiles ascending.

    Raises:
        UserError: if covariates do not reach so far.
    """
    inputs, scaling = preprocessor(series), preprocessor.scaling(series)
    if preprocessor.observed and steps > preprocessor.horizon:
        raise UserError(
            f"with columns beside the target a forecast reaches {preprocessor.horizon} steps; "
            f"received --steps {steps}"
        )
    found: list[np.ndarray] = []
    middle = 1 + int(np.argmin(np.abs(np.array(preprocessor.quantiles) - 0.5)))
    while len(found) * preprocessor.horizon < steps:
        outputs = in_order(np.asarray(model_outputs.of_arrays(model, inputs)))
        found.append(outputs)
        if len(found) * preprocessor.horizon < steps:
            longer = np.concatenate([inputs, outputs[..., middle]], axis=1)
            inputs = longer[:, -preprocessor.context :]
    whole = np.concatenate(found, axis=1)[:, :steps].astype(np.float64)
    return whole * scaling[:, 1, None, None] + scaling[:, 0, None, None]


def in_order(outputs: np.ndarray) -> np.ndarray:
    """Return outputs with ascending quantiles, which a model may cross.

    Args:
        outputs: `(forecasts, horizon, 1 + quantiles)`.
    """
    return np.concatenate([outputs[..., :1], np.sort(outputs[..., 1:], axis=-1)], axis=-1)


def _columns(
    preprocessor: SeriesPreprocessor, series: Series, found: np.ndarray
) -> dict[str, list[Any]]:
    steps = found.shape[1]
    columns: dict[str, list[Any]] = {}
    if series.clock is not None:
        columns["time"] = []
        for number, rows in enumerate(series.lengths):
            first = series.clock.after(series.first[number], int(rows))
            columns["time"] += series.clock.times(first, steps)
    else:
        columns["step"] = [*range(1, steps + 1)] * len(series)
    if len(series) > 1:
        columns["series"] = [name for name in series.names for _ in range(steps)]
    names = ["mean", *(f"q{100 * share:g}" for share in preprocessor.quantiles)]
    for place, name in enumerate(names):
        columns[name] = [float(f"{value:.6g}") for value in found[..., place].ravel()]
    return columns


def past_of(inputs: Any) -> np.ndarray:
    """Return the values among a model's inputs, `(forecasts, context)`.

    Args:
        inputs: these, or a dictionary where there are covariates.
    """
    found: np.ndarray = inputs["past"] if isinstance(inputs, dict) else inputs
    return found


class Judged:
    """Forecasts of a split beside what came, in the series' own units.

    Args:
        evaluation: of a forecaster, with its outputs.

    Attributes:
        past: `(forecasts, context)`.
        truth: `(forecasts, horizon)`, NaN in gaps.
        found: `(forecasts, horizon, 1 + quantiles)`.
        errors: `(forecasts,)`, by which MASE divides.
        scales: `(forecasts,)`, standard deviations of the training parts.
        preprocessor: of the training.
    """

    def __init__(self, evaluation: Evaluation):
        windows: Any = evaluation.examples
        assert isinstance(windows, Windows), "a forecaster is judged by windows"
        self.preprocessor = SeriesPreprocessor.of(evaluation.info)
        self.windows = windows
        inputs, truth = windows.take(np.arange(len(windows)))
        past = past_of(inputs)
        shift, scale = windows.scales[windows.numbers].T
        self.scales = scale
        self.past = past * scale[:, None] + shift[:, None]
        self.truth = truth * scale[:, None] + shift[:, None]
        outputs = in_order(np.asarray(evaluation.outputs))
        self.found = outputs * scale[:, None, None] + shift[:, None, None]
        known = dict(zip(self.preprocessor.names, self.preprocessor.errors, strict=True))
        names = windows.origins.series.names
        self.errors = np.array([known.get(names[n], 0.0) for n in windows.numbers])

    @property
    def middle(self) -> np.ndarray:
        """The median, or the quantile that is nearest to it, `(forecasts, horizon)`."""
        place = int(np.argmin(np.abs(np.array(self.preprocessor.quantiles) - 0.5)))
        return self.found[..., 1 + place]

    def naive(self, season: int = 1) -> np.ndarray:
        """Return the forecast that repeats the last season, `(forecasts, horizon)`.

        Args:
            season: its rows; 1 repeats the last value.
        """
        season = min(season, self.past.shape[1])
        place = np.arange(self.truth.shape[1]) % season - season
        return self.past[:, place]

    def metrics(self, point: np.ndarray, mean: np.ndarray | None = None) -> dict[str, float]:
        """Return `mase`, `smape`, and `mae` and `mse` of scaled values.

        Args:
            point: forecasts, `(forecasts, horizon)`.
            mean: those by which the squared error is judged; by default the same.
        """
        missed = (self.truth - point) / self.scales[:, None]
        squared = (self.truth - (point if mean is None else mean)) / self.scales[:, None]
        return {
            **point_metrics(self.truth, point, self.errors),
            "mae": float(np.nanmean(np.abs(missed))),
            "mse": float(np.nanmean(squared**2)),
        }


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Judge forecasts from all origins of a split, beside those that repeat.

    Args:
        evaluation: of a forecaster, with its outputs.

    Returns:
        `mase`, `smape`, `mae` and `mse` (of values scaled by the training part), `crps`,
        `coverage` and `nominal_coverage`; `naive_mase` and `baseline_mase`, of the last value and
        the last season repeated, and so on for `smape`, `mae` and `mse`; and `mae_by_step`, a line.
    """
    judged = Judged(evaluation)
    found: dict[str, Any] = judged.metrics(judged.middle, judged.found[..., 0])
    scaled = judged.scales[:, None]
    found |= quantile_metrics(
        judged.truth / scaled,
        judged.found[..., 1:] / scaled[..., None],
        judged.preprocessor.quantiles,
    )
    naive = judged.metrics(judged.naive())
    seasonal = judged.metrics(judged.naive(judged.preprocessor.season))
    found |= {f"naive_{name}": value for name, value in naive.items()}
    found |= {f"baseline_{name}": value for name, value in seasonal.items()}
    by_step = np.nanmean(np.abs(judged.truth - judged.middle) / scaled, axis=0)
    return {**found, "mae_by_step": [(n, float(v)) for n, v in enumerate(by_step, 1)]}


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Return the baselines: the last season repeated, and a ridge regression on the same past.

    Args:
        evaluation: of a forecaster, with its outputs.

    Returns:
        The seasonal naive forecast; its metrics have also those of the linear model, after
        `ridge_`, where training windows are at hand.
    """
    judged = Judged(evaluation)
    season = judged.preprocessor.season
    metrics = judged.metrics(judged.naive(season))
    train: Any = evaluation.train
    if isinstance(train, Windows) and len(train):
        inputs, _ = judged.windows.take(np.arange(len(judged.windows)))
        linear = ridge(train, past_of(inputs))
        windows = judged.windows
        shift, scale = windows.scales[windows.numbers].T
        point = linear * scale[:, None] + shift[:, None]
        metrics |= {f"ridge_{name}": value for name, value in judged.metrics(point).items()}
    name = f"seasonal naive, {season} rows" if season > 1 else "naive"
    return Baseline(name, metrics=metrics)


def ridge(train: Windows, past: np.ndarray) -> np.ndarray:
    """Forecast by a linear model that training windows were fitted to by least squares.

    Args:
        train: windows of the training.
        past: `(forecasts, context)`, scaled.

    Returns:
        `(forecasts, horizon)`, scaled.
    """
    taken = np.arange(min(len(train), _RIDGE_WINDOWS))
    inputs, y = train.sample(_RIDGE_WINDOWS, 0).take(taken)
    x = past_of(inputs)
    whole = ~np.isnan(y).any(axis=1)
    x, y = x[whole].astype(np.float64), y[whole].astype(np.float64)
    if not len(x):
        return np.repeat(past[:, -1:], train.horizon, axis=1)
    # Relative to the last value, so that a level that moves away is followed.
    last = x[:, -1:]
    inputs = np.hstack([x - last, np.ones_like(last)])
    square = inputs.T @ inputs
    square += _PENALTY * np.trace(square) / len(square) * np.eye(len(square))
    weights = np.linalg.solve(square, inputs.T @ (y - last))
    later = past[:, -1:].astype(np.float64)
    return np.hstack([past - later, np.ones_like(later)]) @ weights + later
