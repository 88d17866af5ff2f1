"""Forecasting: windows of a series' past, and what came after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.timeseries.clock import Clock
from kerasrecipes.data.timeseries.series import Series, season_of
from kerasrecipes.data.timeseries.windows import SHARES, Beside, Origins, Windows
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Probability
from kerasrecipes.recipe import Splits

_LONGEST = 96  # rows of a horizon that nobody asked for
_LONGEST_PAST = 512  # rows of a context, likewise
_LEAST_CONTEXT = 0.34  # of the training rows that a window may take


@dataclass(frozen=True, kw_only=True)
class SeriesPreprocessor(Preprocessor):
    """Series to windows of one length, scaled by what was known at the end of the training part.

    Args:
        names: of the series.
        shifts: mean of each in its training part.
        scales: standard deviation of each in its training part.
        errors: mean absolute error of the seasonal naive forecast in the training part of each, by
            which MASE divides.
        context: rows of the past that the model sees.
        horizon: rows that it forecasts at once.
        quantiles: shares of outcomes that lie below the forecasts beside the mean.
        season: rows of a season; 1 without one.
        clock: step and format of the times; `None` without times.
        options: of the data, by which a file's columns are found.
        observed: names of the covariates whose past the model is told, those known ahead among
            them.
        known: names of the covariates that are known ahead.
        moments: mean and standard deviation of each observed one in the training part.
    """

    kind: ClassVar[str] = "series"
    inputs: ClassVar[str] = "series"

    names: tuple[str, ...]
    shifts: tuple[float, ...]
    scales: tuple[float, ...]
    errors: tuple[float, ...]
    context: int
    horizon: int
    quantiles: tuple[float, ...]
    season: int = 1
    clock: Clock | None = None
    options: dict[str, Any] = field(default_factory=dict)
    observed: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    moments: tuple[tuple[float, float], ...] = ()

    @classmethod
    def fit(
        cls,
        train: Origins,
        *,
        context: int,
        horizon: int,
        quantiles: Sequence[float],
        season: int,
        options: dict[str, Any] | None = None,
        observed: Sequence[str] = (),
        known: Sequence[str] = (),
    ) -> SeriesPreprocessor:
        """Measure the training part of every series; nothing that comes later is looked at.

        Args:
            train: moments of the training part.
            context: rows of the past.
            horizon: rows of the future.
            quantiles: of the forecast.
            season: rows of a season.
            options: of the data.
            observed: covariates whose past is told.
            known: covariates that are known ahead.

        Returns:
            The preprocessor.
        """
        before = [
            train.series.of(number)[: bound[1]].astype(np.float64)
            for number, bound in enumerate(train.bounds)
        ]
        moments = [(np.nanmean(k), np.nanstd(k)) if len(k) else (0.0, 1.0) for k in before]
        return cls(
            names=train.series.names,
            shifts=tuple(float(mean) for mean, _ in moments),
            scales=tuple(float(deviation) or 1.0 for _, deviation in moments),
            errors=tuple(_naive_error(values, season) for values in before),
            context=context,
            horizon=horizon,
            quantiles=tuple(quantiles),
            season=season,
            clock=train.series.clock,
            options=dict(options or {}),
            observed=tuple(observed),
            known=tuple(known),
            moments=tuple(_moments(train, name) for name in observed),
        )

    @property
    def num_observed(self) -> int:
        """Number of covariates whose past the model is told."""
        return len(self.observed)

    @property
    def num_known(self) -> int:
        """Number of covariates that are known ahead."""
        return len(self.known)

    def beside(self, series: Series) -> Beside | None:
        """Return what the model is told beside values, `None` where that is nothing.

        Args:
            series: with the covariates of the training.

        Raises:
            UserError: if one is missing.
        """
        if not self.observed:
            return None
        for name in self.observed:
            if name not in series.beside:
                raise unknown("column beside the target", name, series.beside)
        shifts, scales = np.zeros(len(series.beside)), np.ones(len(series.beside))
        places = tuple(series.beside.index(name) for name in self.observed)
        for place, (mean, deviation) in zip(places, self.moments, strict=True):
            shifts[place], scales[place] = mean, deviation
        known = tuple(series.beside.index(name) for name in self.known)
        return Beside(observed=places, known=known, shifts=shifts, scales=scales)

    @property
    def num_outputs(self) -> int:
        """Numbers that are forecast for each row: the mean, and the quantiles."""
        return 1 + len(self.quantiles)

    def scaling(self, series: Series) -> np.ndarray:
        """Return what is taken off and divided by, `(series, 2)`; series that the training did not
        have are measured themselves.

        Args:
            series: of a user.
        """
        known = dict(zip(self.names, zip(self.shifts, self.scales, strict=True), strict=True))
        rows = []
        for number, name in enumerate(series.names):
            # What comes last may be what is to be forecast.
            values = series.of(number)
            values = values[: max(2, int(SHARES[0] * len(values)))]
            own = (float(np.nanmean(values)), float(np.nanstd(values)) or 1.0)
            rows.append(known.get(name, own))
        return np.array(rows, np.float64)

    def __call__(self, series: Series) -> Any:
        """Return the last rows of every series, `(series, context)`, scaled; where there are
        covariates in a dictionary with these, see `Windows`.

        Raises:
            UserError: if what is known ahead does not reach as far as the horizon.
        """
        beside = self.beside(series)
        filled, scales = series.filled(), self.scaling(series)
        found = np.zeros((len(series), self.context), np.float32)
        pasts = []
        for number, (begin, end) in enumerate(zip(series.starts, series.starts[1:], strict=False)):
            past = np.maximum(np.arange(end - self.context, end), begin)
            found[number] = (filled[past] - scales[number, 0]) / scales[number, 1]
            pasts.append(past)
        if beside is None:
            return found
        assert series.covariates is not None, "covariates that are told"
        later = np.zeros((len(series), self.horizon, len(series.beside)), np.float32)
        for number, rows in enumerate(series.ahead if self.known else ()):
            if len(rows) < self.horizon:
                raise UserError(
                    f"{', '.join(self.known)} of {self.horizon} rows after the last value are to be"
                    f" known; the file has {len(rows)} such rows: add them, with an empty target"
                )
            later[number] = rows[: self.horizon]
        return beside.inputs(found, series.covariates[np.stack(pasts)], later)


def _moments(train: Origins, name: str) -> tuple[float, float]:
    """Return mean and standard deviation of a covariate in the training part."""
    assert train.series.covariates is not None, "covariates that are told"
    column = train.series.covariates[:, train.series.beside.index(name)]
    starts, ends = train.series.starts[:-1], train.bounds[:, 1]
    rows = [column[begin : begin + end] for begin, end in zip(starts, ends, strict=True)]
    whole = np.concatenate(rows).astype(np.float64)
    return float(whole.mean()), float(whole.std()) or 1.0


def _naive_error(values: np.ndarray, season: int) -> float:
    """Return the mean absolute change over a season, or from row to row of a shorter series."""
    season = season if len(values) > season else 1
    changes = np.abs(values[season:] - values[:-season])
    return float(np.nanmean(changes)) if np.isfinite(changes).any() else 0.0


def prepare(
    splits: Splits,
    *,
    horizon: Count | None = None,
    context: Count | None = None,
    quantiles: tuple[Probability, ...] = (0.1, 0.5, 0.9),
    season: Count | None = None,
    rows: tuple[Count, ...] | None = None,
    origins: Count = 4000,
    past: tuple[str, ...] = (),
    known: tuple[str, ...] = (),
) -> Splits:
    """Cut series into windows of the past and the future; none reaches into a later part.

    Args:
        splits: moments of three parts, as a source gives them.
        horizon: rows to forecast; by default those of a test file, a season of at most 96, or 12.
        context: rows of the past that the model sees; by default two seasons or two horizons, at
            most 512, and at most a third of the training rows.
        quantiles: shares of outcomes that are to lie below the forecasts beside the mean.
        season: rows of a season; by default that of the step of the times, or the highest peak of
            the autocorrelation.
        rows: rows of training, validation and test, such as `8640,2880,2880`, of what is left out
            afterwards; by default 70 %, 10 % and 20 %.
        origins: most moments of validation and of test at which forecasts begin, evenly spaced.
        past: columns beside the target that are known up to the moment of a forecast.
        known: columns beside the target that are known ahead too, such as holidays.

    Returns:
        Splits of windows, with a `SeriesPreprocessor`.

    Raises:
        UserError: if series never change or are too short for the horizon, or quantiles are none.
    """
    parts = {name: getattr(splits, name) for name in ("train", "validation", "test")}
    if splits.trained_info is not None:
        preprocessor = SeriesPreprocessor.of(splits.trained_info)
        judged: Any = {
            name: _windows(part, preprocessor, origins, 0) for name, part in parts.items()
        }
        return replace(splits, info=splits.trained_info, **judged)
    if rows is not None:
        parts = _cut(parts, rows)
    _check_quantiles(quantiles)
    train = parts["train"]
    notes = _refuse_constant(train)
    longest = int(train.bounds[:, 1].max())
    season = season or _season(train)
    season = season if 2 * season <= longest else 1
    horizon = (
        horizon or splits.info.facts.get("held") or (min(season, _LONGEST) if season > 1 else 12)
    )
    room = max(1, int(_LEAST_CONTEXT * longest))
    context = min(context or min(max(2 * season, 2 * horizon), _LONGEST_PAST), room)
    preprocessor = SeriesPreprocessor.fit(
        train,
        context=context,
        horizon=horizon,
        quantiles=quantiles,
        season=season,
        options=dict(splits.info.facts.get("options", {})),
        observed=_beside(train.series, (*known, *past)),
        known=known,
    )
    found: Any = {
        "train": _windows(train, preprocessor, None, min(context, room)),
        "validation": _windows(parts["validation"], preprocessor, origins, 1),
        "test": _windows(parts["test"], preprocessor, origins, 1),
    }
    _require_windows(found, parts, horizon)
    clock = train.series.clock
    step = f" of {clock.said}" if clock else ""
    count = len(train.series)
    said = f"{count:,} series; {horizon} steps{step} are forecast from {context}"
    notes = [f"{said}, a season has {season}", *notes]
    info = replace(
        splits.info,
        input_shape=(context,),
        preprocessor=preprocessor,
        targets=None,
    )
    return replace(splits, info=info, notes=(*splits.notes, *notes), **found)


def _beside(series: Series, names: Sequence[str]) -> tuple[str, ...]:
    """Return names of covariates, all of which are there.

    Raises:
        UserError: if one is not, or no target was named beside which they stand.
    """
    for name in names:
        if not series.beside:
            raise UserError(f"'{name}' stands beside a target: --target says which column that is")
        if name not in series.beside:
            raise unknown("column beside the target", name, series.beside)
    return tuple(dict.fromkeys(names))


def _check_quantiles(quantiles: Sequence[float]) -> None:
    ascending = len(quantiles) > 0 and sorted({*quantiles}) == [*quantiles]
    if not ascending or quantiles[0] <= 0 or quantiles[-1] >= 1:
        said = ",".join(map(str, quantiles))
        raise UserError(
            f"quantiles ascend between 0 and 1, such as 0.1,0.5,0.9; received {said or 'none'}"
        )


def _season(train: Origins) -> int:
    """Return the season that the step of the times tells, else that of the longest series."""
    if train.series.clock is not None:
        return train.series.clock.season
    longest = int(np.diff(train.bounds, axis=1).argmax())
    known = train.series.of(longest)[: train.bounds[longest, 1]]
    return season_of(np.nan_to_num(known, nan=float(np.nanmean(known))))


def _cut(parts: dict[str, Origins], rows: Sequence[int]) -> dict[str, Origins]:
    """Divide series by given numbers of rows."""
    series = parts["train"].series
    if len(rows) != 3 or sum(rows) > series.lengths.min():
        raise UserError(
            f"rows={','.join(map(str, rows))} are those of training, validation and test, together "
            f"at most {int(series.lengths.min()):,}"
        )
    ends = np.tile(np.cumsum([0, *rows]), (len(series), 1))
    return {name: Origins(series, ends[:, n : n + 2]) for n, name in enumerate(parts)}


def _refuse_constant(train: Origins) -> list[str]:
    constant = [
        name
        for number, name in enumerate(train.series.names)
        if np.nanmax(train.series.of(number)[: train.bounds[number, 1]], initial=-np.inf)
        <= np.nanmin(train.series.of(number)[: train.bounds[number, 1]], initial=np.inf)
    ]
    if len(constant) == len(train.series):
        raise UserError(
            f"the series '{constant[0]}' never changes in its training part: there is nothing to "
            "forecast"
            if constant
            else "there are no series with values"
        )
    listed = ", ".join(f"'{name}'" for name in constant[:5])
    return [f"{len(constant)} series never change in training: {listed}"] if constant else []


def _windows(
    part: Origins, preprocessor: SeriesPreprocessor, most: int | None, past: int
) -> Windows:
    """Return the windows of a part that have `past` rows before them, and all of their future
    within the part; of many, evenly spaced ones.
    """
    numbers = part.numbers
    local = part.rows - part.series.starts[numbers]
    fits = (local >= past) & (local + preprocessor.horizon <= part.bounds[numbers, 1])
    kept = np.flatnonzero(fits)
    if not len(kept) and len(part):
        whole = Origins(part.series, part.bounds)  # those that a limit left do not fit
        if len(whole) > len(part):
            return _windows(whole, preprocessor, len(part), past)
    if most is not None and len(kept) > most:
        kept = kept[np.linspace(0, len(kept) - 1, most).round().astype(int)]
    scales = preprocessor.scaling(part.series)
    beside = preprocessor.beside(part.series)
    found = part.select(kept)
    return Windows(found, preprocessor.context, preprocessor.horizon, scales, beside)


def _require_windows(found: dict[str, Windows], parts: dict[str, Origins], horizon: int) -> None:
    for name, windows in found.items():
        if not len(windows):
            rows = int(np.diff(parts[name].bounds, axis=1).max(initial=0))
            whole = int(parts[name].series.lengths.max())
            raise UserError(
                f"a horizon of {horizon:,} is longer than the series allow: of {whole:,} rows the "
                f"{name} part has {rows:,}; give horizon={max(1, rows // 2)} or more rows"
            )
