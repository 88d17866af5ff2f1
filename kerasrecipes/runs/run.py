"""Run folders: what a run writes, and how it is found again.

    saved_models/lenet/2026-11-22-153012/
        config.toml  environment.json  info.json  model.keras  checkpoints/  history.csv
        metrics.json  report.html  figures/  logs/

A folder is made under a new name for each run and never overwritten. `metrics.json` is written
last, so a run without it is unfinished and can be resumed.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import files, registry
from kerasrecipes.diagnosis import Finding, diagnose
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Info, Recipe
from kerasrecipes.runs.config import Config, read_toml, resolve

if TYPE_CHECKING:
    import keras


def home() -> Path:
    """Return the folder that runs are written to: `$KERASRECIPES_HOME`, else `saved_models` in the
    working folder.
    """
    # `or`, for a variable that is set but empty counts as absent.
    return Path(os.environ.get("KERASRECIPES_HOME") or "saved_models")


class Run:
    """A run folder.

    Args:
        path: the folder.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @classmethod
    def create(cls, name: str, parent: Path | None = None) -> Run:
        """Create an empty run folder, named by the time.

        Args:
            name: of the recipe.
            parent: the folder of all runs; by default `home()`.

        Returns:
            The run.

        Raises:
            UserError: if the folder cannot be written.
        """
        path = new_folder((parent or home()) / name)
        (path / "checkpoints").mkdir()
        return cls(path)

    def __repr__(self) -> str:
        """Return the call that makes an equal object."""
        return f"Run({str(self.path)!r})"

    @property
    def name(self) -> str:
        """Recipe and time, such as `lenet/2026-11-22-153012`."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def finished(self) -> bool:
        """Whether the run is complete."""
        return (self.path / "metrics.json").is_file()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The content of `config.toml`."""
        return read_toml(self.path / "config.toml")

    @property
    def recipe_name(self) -> str:
        """The recipe's name, or the path of its page."""
        return self.document["recipe"]

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe, loaded from its page.

        A page inside the run folder itself is not executed: a folder that somebody sent is data,
        not a program.

        Raises:
            UserError: if the page is inside the run folder, or there is none.
        """
        name = self.recipe_name
        if registry.is_path(name) and Path(name).resolve().is_relative_to(self.path.resolve()):
            raise UserError(
                f"the run names a page inside its own folder, '{name}'; "
                "move the page out to trust it"
            )
        return registry.load(name)

    @cached_property
    def config(self) -> Config:
        """The run's configuration."""
        return resolve(self.recipe_name, self.recipe, config=self.document)

    @cached_property
    def info(self) -> Info:
        """Metadata of the data that the run was trained on."""
        return Info.from_dict(self._json("info.json"))

    @property
    def metrics(self) -> dict[str, Any]:
        """Content of `metrics.json`: metrics on the test split under `test`, and more."""
        return self._json("metrics.json")

    @property
    def findings(self) -> list[Finding]:
        """Findings of the diagnosis, the most severe first.

        Raises:
            UserError: if the run was trained without being watched.
        """
        if not (self.path / "diagnosis.json").is_file():
            raise UserError(
                f"the run {self.path} was not watched; train it on one device with --diagnose true"
            )
        settings = {**self.document.get("settings", {}), **asdict(self.config.training)}
        return diagnose(self.record, settings)

    @property
    def record(self) -> dict[str, Any]:
        """Measurements of the diagnosis, from `diagnosis.json`."""
        return self._json("diagnosis.json")

    @property
    def environment(self) -> dict[str, Any]:
        """Versions and devices that the run was started with."""
        return self._json("environment.json")

    @cached_property
    def model(self) -> keras.Model:
        """The trained model, uncompiled, loaded in Keras's safe mode."""
        return self.load_model()

    def load_model(self) -> keras.Model:
        """Load the trained model, uncompiled, in Keras's safe mode.

        Raises:
            UserError: if there is none yet.
        """
        import keras

        path = self.path / "model.keras"
        if not path.is_file():
            raise UserError(
                f"the run {self.path} has no model yet; finish it with --resume {self.path}"
            )
        # Keras finds classes by the names under which their modules register them. Its safe mode
        # refuses Python code in the file, as of a Lambda layer.
        register_layers()
        return keras.saving.load_model(path, compile=False, safe_mode=True)

    @property
    def history(self) -> list[dict[str, float]]:
        """A row per epoch."""
        path = self.path / "history.csv"
        if not path.is_file():
            return []
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        return [
            # A metric without a value in an epoch is an empty cell, a cell that is missing is None.
            {name: float(value) for name, value in row.items() if value not in (None, "")}
            for row in rows
        ]

    def write_history(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write `history.csv`.

        Args:
            rows: metrics by name, a row per epoch.
        """
        # Of all rows, as one may have metrics that another lacks.
        columns = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        # By default the csv module ends lines with \r\n.
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        files.write_text(self.path / "history.csv", text.getvalue())

    def write_json(self, name: str, values: Any) -> None:
        """Write a JSON file of the run.

        Args:
            name: of the file.
            values: its content; NumPy arrays and scalars become lists and numbers.
        """
        files.write_text(
            self.path / name,
            json.dumps(values, indent=2, ensure_ascii=False, default=_plain) + "\n",
        )

    def _json(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UserError(
                f"the run {self.path} has no {name}; finish it with --resume {self.path}"
            ) from error
        # Also of bytes that are not UTF-8: both decoders' errors are ValueErrors.
        except ValueError as error:
            raise UserError(f"{path} is not JSON: {error}") from error


def _plain(value: Any) -> Any:
    """Convert NumPy scalars and arrays to what JSON knows."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def register_layers() -> None:
    """Import the package's layers, losses and metrics, so that Keras can load models with them."""
    import importlib
    import pkgutil

    from kerasrecipes import layers, losses, metrics

    for room in (layers, losses, metrics):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)


def new_folder(parent: Path, prefix: str = "") -> Path:
    """Create a folder under a new name, the time.

    Args:
        parent: folder that it is created in, and that is created if it does not exist.
        prefix: of its name.

    Returns:
        The folder.

    Raises:
        UserError: if it cannot be created.
    """
    stamp = f"{prefix}{datetime.now():%Y-%m-%d-%H%M%S}"
    # Runs of the same second get -2, -3 and so on.
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        try:
            # `mkdir` looks and creates in one step: of two processes one gets the name.
            (parent / f"{stamp}{suffix}").mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(f"cannot write to '{parent}': {error.strerror}") from error
        return parent / f"{stamp}{suffix}"
    raise UserError(f"too many folders were created in one second in '{parent}'")


def all_runs(name: str | None = None, parent: Path | None = None) -> list[Run]:
    """List run folders, oldest first.

    Args:
        name: only those of this recipe.
        parent: the folder of all runs; by default `home()`.

    Returns:
        Runs that are finished, interrupted or in progress.
    """
    pattern = f"{name or '*'}/*/config.toml"
    # A configuration is written once, when its run begins; equal times are ordered by name.
    found = sorted((parent or home()).glob(pattern), key=lambda p: (p.stat().st_mtime, str(p)))
    return [Run(path.parent) for path in found]


def find(name: str, parent: Path | None = None) -> Run:
    """Find a run.

    Args:
        name: a run's folder, or a recipe's name, which means the best of its finished runs on the
            data that the newest of them was trained on, for metrics on different data cannot be
            compared.
        parent: the folder of all runs; by default `home()`.

    Returns:
        The run.

    Raises:
        UserError: if there is none.
    """
    # A folder as it was typed, or a run's name, such as lenet/2026-11-22-153012, below `home()`.
    for folder in (Path(name), (parent or home()) / name):
        if (folder / "config.toml").is_file():
            return Run(folder)
    recipe = Path(name).stem if registry.is_path(name) else name
    runs = [run for run in all_runs(recipe, parent) if run.finished]
    if runs:
        # Folders are named by the time, so the last by name is the newest.
        data = max(runs, key=lambda run: run.path.name).document["data"]
        return max((run for run in runs if run.document["data"] == data), key=_merit)
    if Path(name).is_dir() and name not in registry.names():
        raise UserError(f"the folder '{name}' is not a run folder: it has no config.toml")
    known = {run.path.parent.name for run in all_runs(parent=parent)}
    if name in registry.names() or name in known:
        raise UserError(
            f"there is no finished run of '{name}' in {parent or home()}; "
            f"begin with: kerasrecipes run {name}"
        )
    raise unknown("run", name, sorted(known | set(registry.names())))


def unfinished(name: str | None = None, parent: Path | None = None) -> Run:
    """Find the newest run that can be resumed.

    Args:
        name: only runs of this recipe.
        parent: the folder of all runs; by default `home()`.

    Returns:
        The run.

    Raises:
        UserError: if there is none.
    """
    runs = [run for run in all_runs(name, parent) if not run.finished]
    if not runs:
        raise UserError(
            f"there is no unfinished run{f' of {name!r}' if name else ''} in {parent or home()}"
        )
    # They come oldest first.
    return runs[-1]


def _merit(run: Run) -> tuple[bool, float, str]:
    """Sort key of runs: first whether they were trained on all data, then their main metric on the
    validation split, then their age.
    """
    metrics = run.metrics
    score = metrics.get("validation", {}).get(metrics.get("main_metric", ""), float("nan"))
    sign = -1.0 if metrics.get("best") == "min" else 1.0
    return (
        run.document.get("limit") is None,
        # A run without the metric, or whose metric is not a number, ranks last in both directions.
        float("-inf") if math.isnan(score) else sign * score,
        run.path.name,
    )
