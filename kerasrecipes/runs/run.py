"""Run folders: what a run writes, and how it is found again.

    saved_models/lenet/2026-11-22-153012/
        config.toml  environment.json  info.json  model.keras  checkpoints/  history.csv
        metrics.json  report.html  figures/  logs/  exports.json

A folder is made under a new name for each run and never overwritten. `metrics.json` is written
last, so a run without it is unfinished and can be resumed.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import files, preprocessing, registry, trust
from kerasrecipes.answers import markup
from kerasrecipes.data.files import utf8_text
from kerasrecipes.diagnosis import Finding, diagnose
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs import abandoned, model_file
from kerasrecipes.runs.config import Config, read_toml, resolve
from kerasrecipes.training_settings import MIN_DIAGNOSED_STEPS

if TYPE_CHECKING:
    import keras

    from kerasrecipes.runs.lock import Lock


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

    Attributes:
        lock: held by this process while it trains the run.
    """

    lock: Lock | None = None

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @classmethod
    def create(cls, name: str, parent: Path | None = None) -> Run:
        """Create an empty run folder, named by the time; folders of runs that never began, since
        their processes were killed, are removed.

        Args:
            name: of the recipe.
            parent: the folder of all runs; by default `home()`.

        Returns:
            The run.

        Raises:
            UserError: if the folder cannot be written.
        """
        abandoned.remove((parent or home()) / name)
        path = new_folder((parent or home()) / name)
        files.make_folder(path / "checkpoints")
        return cls(path)

    def __repr__(self) -> str:
        """Return the call that makes an equal object."""
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """Return the metrics on the test split and the learning curves."""
        if not self.finished:
            return markup.faint(
                f"{self.path}, not finished: kerasrecipes.resume({str(self.path)!r})"
            )
        curves = markup.picture_file(str(self.path / "figures" / "curves.png"))
        where = markup.faint(f"{self.path / 'report.html'} tells more")
        return f"{markup.metrics(self.metrics['test'])}{curves}<br>{where}"

    @property
    def name(self) -> str:
        """Recipe and time, such as `lenet/2026-11-22-153012`."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def finished(self) -> bool:
        """Whether the run is complete; one whose `metrics.json` is damaged is to be resumed, which
        writes it anew.
        """
        try:
            values = json.loads((self.path / "metrics.json").read_bytes())
            return isinstance(values["test"], dict)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return False

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

        Raises:
            UserError: if there is no page, or it is neither the project's own nor one that the user
                has named: a folder that somebody sent is data, not a program.
        """
        return registry.load(self.recipe_name, named_by=f"the run {self.path}")

    def trust(self) -> None:
        """Let the page that the run names be executed, although it is not the project's own."""
        if registry.is_path(self.recipe_name):
            trust.remember(registry.find(self.recipe_name))

    @cached_property
    def config(self) -> Config:
        """The run's configuration."""
        return resolve(self.recipe_name, self.recipe, config=self.document, may_be_gone=True)

    @cached_property
    def info(self) -> Info:
        """Metadata of the data that the run was trained on."""
        values = self._json("info.json")
        with self._reading("info.json"):
            if not preprocessing.is_known(values.get("preprocessor")):
                _ = self.recipe  # a page may bring a preprocessor of its own
            return Info.from_dict(values)

    @property
    def metrics(self) -> dict[str, Any]:
        """Content of `metrics.json`: metrics on the test split under `test`, and more."""
        metrics = self._json("metrics.json")
        if not isinstance(metrics.get("test"), dict):
            raise self._damaged("metrics.json", "it lacks the metrics on the test split")
        return metrics

    @property
    def findings(self) -> list[Finding]:
        """Findings of the diagnosis, the most severe first.

        Raises:
            UserError: if the run was trained without being watched, or in too few steps.
        """
        if not (self.path / "diagnosis.json").is_file():
            raise self._not_watched()
        # As the training had them: in the file a setting that is none is a word.
        return diagnose(self.record, self.config.values)

    def _not_watched(self) -> UserError:
        training = self.config.training
        size = self._count if training.batch_size == "all" else training.batch_size
        steps = training.epochs * math.ceil(self._count / max(size, 1))
        if training.diagnose and 0 < steps < MIN_DIAGNOSED_STEPS:
            return UserError(
                f"the training of {self.path} had too few steps to judge, {steps} of "
                f"{MIN_DIAGNOSED_STEPS}; train for more epochs, or on more examples"
            )
        return UserError(
            f"the run {self.path} was not watched; train it on one device with --diagnose true"
        )

    @property
    def _count(self) -> int:
        """Number of training examples; 0 where a run does not say it."""
        count = self.metrics.get("examples", {}).get("train") if self.has("metrics.json") else 0
        return count if isinstance(count, int) else 0

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
        path = self.path / "model.keras"
        if not path.is_file():
            raise UserError(
                f"the run {self.path} has no model yet; finish it with --resume {self.path}"
            )
        # Keras finds classes by the names under which their modules register them. Its safe mode
        # refuses Python code in the file, as of a Lambda layer.
        register_layers()
        with self._reading("model.keras"):
            return model_file.load(path)

    @property
    def history(self) -> list[dict[str, float]]:
        """A row per epoch."""
        path = self.path / "history.csv"
        if not path.is_file():
            return []
        with self._reading("history.csv"):
            text = path.read_text(encoding="utf-8")
            reader = csv.DictReader(io.StringIO(text), strict=True)
            rows = list(reader)
            # A history without an epoch is a line without a name.
            if text != "\n" and "epoch" not in (reader.fieldnames or ()):
                raise ValueError("it has no column 'epoch'")
            return [
                # A metric without a value in an epoch is an empty cell, a missing cell is None.
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
        files.write_text(self.path / name, as_json(values))

    def has(self, name: str) -> bool:
        """Whether a JSON file of the run is there and can be read.

        Args:
            name: of the file.
        """
        try:
            self._json(name)
        except UserError:
            return False
        return True

    def _json(self, name: str) -> dict[str, Any]:
        with self._reading(name):
            values = json.loads(utf8_text(self.path / name))
            if not isinstance(values, dict):
                raise TypeError(f"it holds a {type(values).__name__}, not names with values")
            return values

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Context that names the file in one line, whatever kind of damage its reader meets.

        Raises:
            UserError: in place of the reader's error.
        """
        try:
            yield
        except UserError:
            raise
        except FileNotFoundError as error:
            raise UserError(f"the run {self.path} has no {name}; {self._way_on}") from error
        except OSError as error:
            problem = error.strerror or str(error).partition("\n")[0]
            raise UserError(f"cannot read {self.path / name}: {problem}; {self._way_on}") from error
        except Exception as error:  # of JSON, of Keras, of zip files: they have no common kind
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise self._damaged(name, said) from error

    def _damaged(self, name: str, problem: str) -> UserError:
        return UserError(f"{self.path / name} is damaged: {problem[:300]}; {self._way_on}")

    @property
    def _way_on(self) -> str:
        if not self.finished:
            return f"finish the run with: kerasrecipes run --resume {self.path}"
        recipe = self.path.parent.name
        with suppress(UserError, KeyError):
            recipe = self.recipe_name
        return f"train again with: kerasrecipes run {recipe} --config {self.path / 'config.toml'}"


def as_json(values: Any) -> str:
    """Return values as the text of a JSON file; NumPy arrays and scalars become lists and numbers.

    Raises:
        TypeError: if a name in it is none, such as a tuple.
        ValueError: if it contains itself.
    """
    return json.dumps(values, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """Convert NumPy scalars and arrays to what JSON knows."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def register_layers() -> None:
    """Import the package's layers, losses, metrics and models, so that Keras can load files with
    them.
    """
    import importlib
    import pkgutil

    from kerasrecipes import layers, losses, metrics, models

    for room in (layers, losses, metrics, models):
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
            files.make_folder(parent / f"{stamp}{suffix}", new=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(f"cannot write to '{parent}': {files.failure(error)}") from error
        return parent / f"{stamp}{suffix}"
    raise UserError(f"too many folders were created in one second in '{parent}'")
