"""Experiment trackers: MLflow and Weights & Biases, which get what a run folder has.

A tracker only watches: its first failure becomes a note, and the training goes on without it. What
it calls the run stands in `tracker.json`, so that a resumed run goes on in the same record.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import keras

from kerasrecipes.errors import Notice, UserError
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run, home
from kerasrecipes.training.guard import guarded

FILE = "tracker.json"
_PROJECT = "kerasrecipes"


class Tracker(ABC):
    """A record of a run with an experiment tracker.

    Args:
        run: the run folder.
        identity: what the tracker calls the run, by a name of its own; empty for a new one.

    Attributes:
        package: that has to be installed.
        title: of the tracker, for people.
    """

    package: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, run: Run, identity: Mapping[str, str]):
        self.run, self.identity = run, dict(identity)

    @abstractmethod
    def begin(self, settings: Mapping[str, Any]) -> None:
        """Open the record, a new one or the one of `identity`.

        Args:
            settings: of the run, by name.
        """

    @abstractmethod
    def log(self, metrics: Mapping[str, float], epoch: int) -> None:
        """Write metrics of an epoch.

        Args:
            metrics: by name.
            epoch: counted from 1.
        """

    @abstractmethod
    def conclude(self, metrics: Mapping[str, float], files: list[Path]) -> None:
        """Write final metrics, figures and the report.

        Args:
            metrics: by name.
            files: of the figures and the report.
        """

    @abstractmethod
    def end(self, finished: bool) -> None:
        """Close the record.

        Args:
            finished: whether the run is.
        """


class Mlflow(Tracker):
    """A run of MLflow: on the server that MLFLOW_TRACKING_URI names, else in a file beside the
    runs, `mlflow.db`, which `mlflow ui --backend-store-uri sqlite:///…/mlflow.db` shows.
    """

    package, title = "mlflow", "MLflow"

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Open the record; settings of a new one become its parameters."""
        # By default an absent server is asked for minutes.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        from mlflow.entities import Param
        from mlflow.tracking import MlflowClient

        folder = home().absolute()
        there = os.environ.get("MLFLOW_TRACKING_URI")
        self.client = MlflowClient(there or f"sqlite:///{folder / 'mlflow.db'}")
        if "run_id" in self.identity:
            self.client.update_run(self.identity["run_id"], status="RUNNING")
            return
        name = self.run.path.parent.name
        experiment = self.client.get_experiment_by_name(name)
        # A server keeps artifacts where it likes; without one they would go to the working folder.
        place = None if there else (folder / "mlruns" / name).as_uri()
        number = (
            experiment.experiment_id
            if experiment is not None
            else self.client.create_experiment(name, artifact_location=place)
        )
        made = self.client.create_run(number, run_name=self.run.path.name)
        self.identity["run_id"] = made.info.run_id
        params = [Param(key, str(value)[:500]) for key, value in settings.items()]
        for start in range(0, len(params), 100):  # as many as a request may have
            self.client.log_batch(self.identity["run_id"], params=params[start : start + 100])

    def log(self, metrics: Mapping[str, float], epoch: int) -> None:
        """Write metrics with the epoch as their step."""
        import time

        from mlflow.entities import Metric

        now = int(1000 * time.time())
        found = [
            # MLflow takes letters, digits and few signs.
            Metric(re.sub(r"[^\w\-. /]", "_", name), value, now, epoch)
            for name, value in metrics.items()
        ]
        self.client.log_batch(self.identity["run_id"], metrics=found)

    def conclude(self, metrics: Mapping[str, float], files: list[Path]) -> None:
        """Write final metrics, and files as artifacts."""
        self.log(metrics, 0)
        for path in files:
            self.client.log_artifact(self.identity["run_id"], str(path))

    def end(self, finished: bool) -> None:
        """Set the status of the record."""
        status = "FINISHED" if finished else "KILLED"
        self.client.set_terminated(self.identity["run_id"], status)


class Wandb(Tracker):
    """A run of Weights & Biases: on its server where the user has logged in, else offline in the
    run folder, from where `wandb sync` sends it.
    """

    package, title = "wandb", "Weights & Biases"

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Open the record."""
        import wandb

        mode = os.environ.get("WANDB_MODE") or ("online" if wandb.api.api_key else "offline")
        known = "id" in self.identity
        self.identity.setdefault("id", secrets.token_hex(4))
        self.record = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or _PROJECT,
            name=self.run.name,
            id=self.identity["id"],
            # Offline each session has a folder; those of one id are one run once they are sent.
            resume="allow" if known and mode == "online" else None,
            dir=str(self.run.path),
            config=dict(settings),
            mode=mode,
            settings=wandb.Settings(silent=True, console="off"),
        )

    def log(self, metrics: Mapping[str, float], epoch: int) -> None:
        """Write metrics with the epoch as their step."""
        self.record.log(dict(metrics), step=epoch)

    def conclude(self, metrics: Mapping[str, float], files: list[Path]) -> None:
        """Write final metrics into the summary, and figures as images."""
        import wandb

        self.record.summary.update(dict(metrics))
        images = {f.stem: wandb.Image(str(f)) for f in files if f.suffix == ".png"}
        if images:
            self.record.log(images)

    def end(self, finished: bool) -> None:
        """Close the record, with an exit code that tells whether the run is finished."""
        self.record.finish(exit_code=0 if finished else 1)


TRACKERS: dict[str, type[Tracker]] = {"mlflow": Mlflow, "wandb": Wandb}


def require(name: str | None) -> None:
    """Check that a tracker is installed.

    Args:
        name: of the tracker, or `None`.

    Raises:
        UserError: if it is not.
    """
    if name is not None and importlib.util.find_spec(TRACKERS[name].package) is None:
        package = TRACKERS[name].package
        raise UserError(f"--tracker {name} needs {package}: pip install 'kerasrecipes[{name}]'")


class Tracking(keras.callbacks.Callback):
    """Epochs of a run for a tracker, each once.

    Args:
        tracker: of the run.
        settings: of the run, by name.
    """

    def __init__(self, tracker: Tracker, settings: Mapping[str, Any]):
        super().__init__()
        self.tracker, self.settings = tracker, settings
        self.begun = False
        self.logged = int(tracker.identity.get("epoch", 0))

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the record; each phase of a training begins anew."""
        if not self.begun:
            self.tracker.begin(self.settings)
            self.begun = True
            self._remember()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write what the history has gained; a repeated epoch is not written twice."""
        for row in self.tracker.run.history:
            number = int(row["epoch"])
            if number > self.logged:
                self.tracker.log({k: v for k, v in row.items() if k != "epoch"}, number)
                self.logged = number
        self._remember()

    def _remember(self) -> None:
        known = {**self.tracker.identity, "epoch": str(self.logged)}
        self.tracker.run.write_json(FILE, known)

    def on_conclusion(self) -> None:
        """Write what the finished run has."""
        run = self.tracker.run
        metrics = run.metrics
        final = {f"test_{n}": v for n, v in metrics["test"].items() if isinstance(v, (int, float))}
        baseline = (metrics.get("baseline") or {}).get("test", {})
        final |= {f"baseline_{name}": value for name, value in baseline.items()}
        figures = sorted((run.path / "figures").glob("*.png"))
        report = run.path / "report.html"
        self.tracker.conclude(final, [*figures, *([report] if report.is_file() else [])])

    def on_close(self, finished: bool) -> None:
        """Close the record."""
        if self.begun:
            self.tracker.end(finished)


@contextmanager
def tracking(
    run: Run, config: Config, notes: list[str]
) -> Iterator[list[keras.callbacks.Callback]]:
    """Context of a training that a tracker watches, if the settings name one.

    Args:
        run: the run folder.
        config: of the run.
        notes: takes a sentence about a failure.

    Yields:
        The callback for the training, or nothing; once the run is finished, its final metrics and
        figures are written when the context ends.
    """
    name = config.training.tracker
    if name is None:
        yield []
        return
    known: dict[str, str] = {}
    if run.has(FILE):
        known = json.loads((run.path / FILE).read_text(encoding="utf-8"))
    title = TRACKERS[name].title
    settings = {"recipe": config.recipe, "data": config.data, **config.options, **config.values}
    callback = guarded(Tracking(TRACKERS[name](run, known), settings), title, notes)
    written = None
    try:
        yield [callback]
        written = len(notes)
        callback.on_conclusion()
    finally:
        callback.on_close(run.finished)
        # The notes of a finished run are written already.
        for note in notes[written:] if written is not None else ():
            warnings.warn(note, Notice, stacklevel=2)
