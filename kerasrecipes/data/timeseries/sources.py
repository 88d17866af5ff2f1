"""Sources of series: the user's own files, and the base of those that are generated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from kerasrecipes.data.sources import FileSource, SyntheticSource
from kerasrecipes.data.splits import split_of, words_of
from kerasrecipes.data.timeseries import series_files
from kerasrecipes.data.timeseries.forecasting import SeriesPreprocessor
from kerasrecipes.data.timeseries.series import Series
from kerasrecipes.data.timeseries.windows import parts_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


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
        series, notes = series_files.read(str(files["train"]), options, tell=True)
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
        if series_files.is_csv(str(path)) and (split := split_of(words_of(path.stem))):
            found[split] = path
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
