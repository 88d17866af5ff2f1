"""Forecasting: windows of a series' past, and what came after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.sources import FileSource, SyntheticSource
from kerasrecipes.data.splits import SPLIT_OF_WORD
from kerasrecipes.data.timeseries import series_files
from kerasrecipes.data.timeseries.clock import Clock
from kerasrecipes.data.timeseries.series import Series, season_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Request, Splits

SHARES = (0.7, 0.1, 0.2)  # of the rows for training, validation and test, in the order of time
_LEAST_CONTEXT = 0.34  # of the training rows that a window may take


class Origins(Examples):
    """Moments of series at which a forecast may begin: one for each row of a part of the data.

    Args:
        series: all series, whole.
        bounds: `(series, 2)`, first and last row of the part in each, counted within it.
        rows: `(origins,)`, rows of `series.values` at which forecasts begin; by default all of the
            part.
    """

    def __init__(self, series: Series, bounds: np.ndarray, rows: np.ndarray | None = None):
        self.series, self.bounds = series, bounds
        if rows is None:
            pieces = [
                np.arange(begin + low, begin + high)
                for begin, (low, high) in zip(series.starts, bounds, strict=False)
            ]
            rows = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray]:
        """Return the values at which forecasts begin."""
        return (self.series.values[self.rows[indices]],)

    def select(self, indices: np.ndarray) -> Origins:
        """Return a collection of only these moments."""
        return Origins(self.series, self.bounds, self.rows[indices])

    @property
    def numbers(self) -> np.ndarray:
        """Index of the series of each moment, `(origins,)`."""
        return self.numbers_at(np.arange(len(self)))

    def numbers_at(self, indices: np.ndarray) -> np.ndarray:
        """Return the index of the series of some moments.

        Args:
            indices: of the moments.
        """
        # The moment after the last row of the last series is one of that series.
        found = np.searchsorted(self.series.starts, self.rows[indices], side="right") - 1
        return np.minimum(found, len(self.series) - 1)


class Windows(Examples):
    """What was known of a series at each of some moments, and what came then.

    Args:
        origins: where forecasts begin; all of a window's future lies within the origins' part.
        context: rows of the past; before the beginning of a series its first value is repeated.
        horizon: rows of the future.
        scales: `(series, 2)`, what is taken off the values of each series, and what they are
            divided by.
    """

    def __init__(self, origins: Origins, context: int, horizon: int, scales: np.ndarray):
        self.origins, self.context, self.horizon, self.scales = origins, context, horizon, scales
        self.filled = origins.series.filled()

    def __len__(self) -> int:
        return len(self.origins)

    @property
    def numbers(self) -> np.ndarray:
        """Index of the series of each window, `(windows,)`."""
        return self.origins.numbers

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return pasts `(batch, context)` and futures `(batch, horizon)`, scaled; NaN in gaps."""
        rows = self.origins.rows[indices]
        numbers = self.origins.numbers_at(indices)
        begin = self.origins.series.starts[numbers][:, None]
        shift, scale = self.scales[numbers].T[:, :, None]
        past = np.maximum(rows[:, None] + np.arange(-self.context, 0), begin)
        future = rows[:, None] + np.arange(self.horizon)
        x = (self.filled[past] - shift) / scale
        y = (self.origins.series.values[future] - shift) / scale
        return x.astype(np.float32), y.astype(np.float32)

    def select(self, indices: np.ndarray) -> Windows:
        """Return a collection of only these windows."""
        found = Windows.__new__(Windows)
        found.__dict__ |= {**self.__dict__, "origins": self.origins.select(indices)}
        return found


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
    ) -> SeriesPreprocessor:
        """Measure the training part of every series; nothing that comes later is looked at.

        Args:
            train: moments of the training part.
            context: rows of the past.
            horizon: rows of the future.
            quantiles: of the forecast.
            season: rows of a season.
            options: of the data.

        Returns:
            The preprocessor.
        """
        known = [
            train.series.of(number)[: bound[1]].astype(np.float64)
            for number, bound in enumerate(train.bounds)
        ]
        moments = [(np.nanmean(k), np.nanstd(k)) if len(k) else (0.0, 1.0) for k in known]
        return cls(
            names=train.series.names,
            shifts=tuple(float(mean) for mean, _ in moments),
            scales=tuple(float(deviation) or 1.0 for _, deviation in moments),
            errors=tuple(_naive_error(values, season) for values in known),
            context=context,
            horizon=horizon,
            quantiles=tuple(quantiles),
            season=season,
            clock=train.series.clock,
            options=dict(options or {}),
        )

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
            values = series.of(number)
            own = (float(np.nanmean(values)), float(np.nanstd(values)) or 1.0)
            rows.append(known.get(name, own))
        return np.array(rows, np.float64)

    def __call__(self, series: Series) -> np.ndarray:
        """Return the last rows of every series, `(series, context)`, scaled."""
        filled, scales = series.filled(), self.scaling(series)
        found = np.zeros((len(series), self.context), np.float32)
        for number, (begin, end) in enumerate(zip(series.starts, series.starts[1:], strict=False)):
            past = np.maximum(np.arange(end - self.context, end), begin)
            found[number] = (filled[past] - scales[number, 0]) / scales[number, 1]
        return found


def _naive_error(values: np.ndarray, season: int) -> float:
    """Return the mean absolute change over a season, or from row to row of a shorter series."""
    season = season if len(values) > season else 1
    changes = np.abs(values[season:] - values[:-season])
    return float(np.nanmean(changes)) if np.isfinite(changes).any() else 0.0


def parts_of(series: Series, held: np.ndarray | None = None) -> tuple[Origins, Origins, Origins]:
    """Divide every series by time.

    Args:
        series: all of them.
        held: rows at the end of each that are the test part; as many before them are then the
            validation part. By default shares of all rows.

    Returns:
        Moments of the training, validation and test parts.
    """
    lengths = series.lengths
    if held is None:
        first = np.round(SHARES[0] * lengths).astype(np.int64)
        second = first + np.round(SHARES[1] * lengths).astype(np.int64)
    else:
        second = lengths - held
        first = np.maximum(second - held, 0)
    cuts = np.stack([np.zeros_like(lengths), first, second, lengths], axis=1)
    train, validation, test = (Origins(series, cuts[:, n : n + 2]) for n in range(3))
    return train, validation, test


def prepare(
    splits: Splits,
    *,
    horizon: Count | None = None,
    context: Count | None = None,
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9),
    season: Count | None = None,
    rows: tuple[Count, ...] | None = None,
    origins: Count = 4000,
) -> Splits:
    """Cut series into windows of the past and the future; none reaches into a later part.

    Args:
        splits: moments of three parts, as a source gives them.
        horizon: rows to forecast; by default those of a test file, a season, or 12.
        context: rows of the past that the model sees; by default two seasons or two horizons, and
            at most a third of the training rows.
        quantiles: shares of outcomes that are to lie below the forecasts beside the mean.
        season: rows of a season; by default that of the step of the times, or the highest peak of
            the autocorrelation.
        rows: rows of training, validation and test, such as `8640,2880,2880`, of what is left out
            afterwards; by default 70 %, 10 % and 20 %.
        origins: most moments of validation and of test at which forecasts begin, evenly spaced.

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
    horizon = horizon or splits.info.facts.get("held") or (season if season > 1 else 12)
    room = max(1, int(_LEAST_CONTEXT * longest))
    context = min(context or max(2 * season, 2 * horizon), room)
    preprocessor = SeriesPreprocessor.fit(
        train,
        context=context,
        horizon=horizon,
        quantiles=quantiles,
        season=season,
        options=dict(splits.info.facts.get("options", {})),
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
    return Windows(part.select(kept), preprocessor.context, preprocessor.horizon, scales)


def _require_windows(found: dict[str, Windows], parts: dict[str, Origins], horizon: int) -> None:
    for name, windows in found.items():
        if not len(windows):
            rows = int(np.diff(parts[name].bounds, axis=1).max(initial=0))
            whole = int(parts[name].series.lengths.max())
            raise UserError(
                f"a horizon of {horizon:,} is longer than the series allow: of {whole:,} rows the "
                f"{name} part has {rows:,}; give horizon={max(1, rows // 2)} or more rows"
            )


class SeriesSource(SyntheticSource):
    """Base class of sources of generated series."""

    def series(self, seed: int) -> Series:
        """Generate the series by a seed."""
        raise NotImplementedError

    def load(self, request: Request) -> Splits:
        """Generate series and divide them by time."""
        train, validation, test = parts_of(self.series(request.seed))
        return Splits(train=train, validation=validation, test=test, info=Info())


@dataclass(frozen=True)
class SeriesFileSource(FileSource):
    """Source of the user's own series: a CSV file, or a folder with one to learn from and one to
    be judged by.
    """

    summary: str = "your series: a CSV file with a column or a row for each, times or none"
    example: ClassVar[str] = "series.csv"
    roles: ClassVar[tuple[str, ...]] = series_files.ROLES

    def load(self, request: Request) -> Splits:
        """Read series and divide them by time.

        Raises:
            UserError: if the file cannot be read as series.
        """
        path = self.path_of(request)
        options = dict(request.options)
        if request.trained_info is not None:
            options = {**SeriesPreprocessor.of(request.trained_info).options, **options}
        files = _parts_in(path) if path.is_dir() else {"train": path}
        series, notes = series_files.read(str(files["train"]), options)
        held = None
        if "test" in files:
            later, more = series_files.read(str(files["test"]), options)
            series, held = _continued(series, later)
            notes += more
        train, validation, test = parts_of(series, held)
        if request.trained_info is not None:
            nothing = test.select(np.arange(0))
            train, validation = nothing, nothing
        info = Info().with_facts(options=options)
        if held is not None:
            info = info.with_facts(held=int(held.min()))  # what a forecast is to reach
        return Splits(train=train, validation=validation, test=test, info=info, notes=tuple(notes))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a CSV file, or a folder with one to learn from and a test."""
        place = Path(path)
        if place.is_dir():
            return {"train", "test"} <= set(_parts_in(place))
        return series_files.is_csv(path)


def _parts_in(folder: Path) -> dict[str, Path]:
    """Return the CSV files of a folder by the split that their names tell."""
    found = {}
    for path in sorted(folder.iterdir()):
        if series_files.is_csv(str(path)):
            words = path.stem.lower().replace("-", " ").replace("_", " ").split()
            named = [SPLIT_OF_WORD[word] for word in words if word in SPLIT_OF_WORD]
            if named:
                found[named[0]] = path
    return found


def _continued(series: Series, later: Series) -> tuple[Series, np.ndarray]:
    """Append what comes later to each series of the same name."""
    known = {name: number for number, name in enumerate(later.names)}
    missing = [name for name in series.names if name not in known]
    if missing:
        raise UserError(f"the file of the test part has no series '{missing[0]}'")
    tails = [later.of(known[name]) for name in series.names]
    parts = [np.concatenate([series.of(n), tail]) for n, tail in enumerate(tails)]
    joined = Series.joined(series.names, parts, series.clock, series.first)
    return joined, np.array([len(tail) for tail in tails])


def files() -> SeriesFileSource:
    """Return the source of the user's own series."""
    return SeriesFileSource()
