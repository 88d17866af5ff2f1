"""Jobs: one run from its configuration to its trained model in a run folder.

A job loads the data, builds the model, trains and saves. What makes the run a finished one, its
evaluation and its report, is a function that the job is given: training knows neither inference nor
reports.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras

from kerasrecipes import files, strategies
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.runs import lock
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.training import assembly, device_defaults, signals
from kerasrecipes.training.own_loop import LoopTrainer
from kerasrecipes.training.phases import PhasedTrainer
from kerasrecipes.training.progress import Progress
from kerasrecipes.training.trackers import require, tracking
from kerasrecipes.training.trainer import Trainer
from kerasrecipes.version import __version__


def _told(value: Any) -> str:
    """Write a setting as people do, with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def trainer_of(recipe: Recipe, config: Config) -> type[Trainer]:
    """Return the class that trains a recipe with its settings: at once, in phases, or by a loop of
    its own.

    Args:
        recipe: the recipe.
        config: its settings.
    """
    if recipe.loop is not None:
        return LoopTrainer
    return PhasedTrainer if recipe.has_phases(config.settings) else Trainer


class Job:
    """One run: its data, its training and its folder.

    Args:
        recipe: the recipe.
        config: the configuration.
        run: the folder of an interrupted run to resume, or `None` for a new one.
        strategy: how training is distributed over devices and hosts; by default the
            configuration's.
        only_unfinished: whether a run that another process has finished meanwhile is refused.

    Attributes:
        splits: the data, once `load` has been called.
        trainer: the trainer, once `load` has been called.

    Raises:
        UserError: if the machine lacks the devices that the strategy asks for.
    """

    splits: Splits
    trainer: Trainer

    def __init__(
        self,
        recipe: Recipe,
        config: Config,
        run: Run | None = None,
        strategy: strategies.Strategy | None = None,
        *,
        only_unfinished: bool = False,
    ):
        self.recipe, self.config, self.run = recipe, config, run
        self.strategy = strategy or strategies.select(config.strategy)
        self.resumed = run is not None
        self.only_unfinished = only_unfinished

    def load(self) -> Trainer:
        """Load the data and build the model; nothing is written.

        Raises:
            UserError: if the data is not available, or does not fit the recipe.
        """
        require(self.config.training.tracker)
        self.splits = assembly.load_splits(self.recipe, self.config)
        before = self.config
        if self.recipe.by_count is not None:
            replicas = self.strategy.num_replicas
            self.config = before.for_count(self.recipe, len(self.splits.train), replicas)
        kind = trainer_of(self.recipe, self.config)
        self.trainer = kind(self.recipe, self.splits, self.config, strategy=self.strategy)
        chosen = {k: v for k, v in self.config.values.items() if v != before.values[k]}
        if chosen:
            named = ", ".join(f"{name}={_told(value)}" for name, value in chosen.items())
            count = len(self.splits.train)
            self.trainer.notes.append(f"chosen for {count:,} training examples: {named}")
        # Workers with other data or settings would train on, each to its own and wrong result.
        self.strategy.require_same(self.fingerprint())
        return self.trainer

    def fingerprint(self) -> dict[str, Any]:
        """What must be the same on all workers, by a name for people."""
        config = self.config
        named = {"data": config.data, "limit": config.limit, **asdict(config.training)}
        settings = named | dict(config.settings) | dict(config.options)
        found = {f"the setting {name}": value for name, value in settings.items()}
        return {**found, "the number of examples": len(self.splits.train)}

    def start(
        self,
        conclude: Callable[[Job, float], None],
        observers: Sequence[keras.callbacks.Callback] | None = None,
    ) -> Run:
        """Train, save and conclude.

        Args:
            conclude: called with the job and the seconds that its training took, once the model is
                saved; it writes `metrics.json`, such as `kerasrecipes.reports.conclusion.conclude`.
            observers: Keras callbacks that watch; by default a progress bar.

        Returns:
            The finished run.

        Raises:
            UserError: if the workers do not share a folder, another process works on the run, or
                the disk is full.
            Interrupted: if the training was stopped.
        """
        if not hasattr(self, "trainer"):
            self.load()
        with ExitStack() as held, signals.terminable():
            run = self._open(held)
            self._begin()
            began = time.perf_counter()
            kept = "what was saved is kept"
            again = f"kerasrecipes run --resume {run.path}"
            with (
                files.telling_failures(f"{kept}; mend that, then: {again}"),
                self.strategy.reporting_lost_workers(
                    f"{kept}; start all workers again with: {again}"
                ),
            ):
                watching = [Progress()] if observers is None else observers
                with self._tracking(run) as trackers:
                    self.trainer.fit(run, [*watching, *trackers], resume=self.resumed)
                    self.trainer.save(run)
                    conclude(self, time.perf_counter() - began)
        return run

    def _tracking(self, run: Run) -> AbstractContextManager[list[keras.callbacks.Callback]]:
        """Return the context of the experiment tracker, with which one worker speaks."""
        if not self.strategy.is_chief:
            return nullcontext([])
        return tracking(run, self.config, self.trainer.notes)

    def _open(self, held: ExitStack) -> Run:
        """Create the run folder on the first worker, which holds its lock; all others use the
        same.
        """
        mine = None
        with self.strategy.saving() as here, files.telling_failures("nothing was changed"):
            if here:
                self.run = self.run or Run.create(Path(self.config.recipe).stem)
                mine = held.enter_context(lock.held(self.run.path))
                # Whoever held the lock may have ended the run since it was chosen.
                if self.only_unfinished and self.run.finished:
                    raise UserError(
                        f"the run {self.run.path} was finished by another process meanwhile; there "
                        "is nothing to resume"
                    )
                files.remove_leftovers(self.run.path, owned=True)
        run = Run(self.strategy.broadcast(str(self.run.path) if self.run else None))
        # A path without the folder means that this worker has a disk of its own.
        there = self.strategy.gather(run.path.is_dir())
        if not all(there):
            raise UserError(
                f"worker {there.index(False)} does not see the folder {run.path}: all workers need "
                "one folder for runs, on a disk that they share; set KERASRECIPES_HOME"
            )
        self.run, run.lock = run, mine
        return run

    def _begin(self) -> None:
        """Describe the run; a new one that cannot be described leaves nothing behind."""
        assert self.run is not None
        with self.strategy.saving() as here:
            if not here:
                return
            try:
                with files.telling_failures("nothing was trained"):
                    self.describe()
            except BaseException:
                if not self.resumed:
                    shutil.rmtree(self.run.path, ignore_errors=True)
                raise

    def describe(self) -> None:
        """Write what is known before the training: `info.json`, `environment.json` and, last, what
        makes the folder a run, `config.toml`.

        A resumed run keeps the description of its beginning; what of it is missing or damaged is
        written anew.
        """
        run = self.run
        assert run is not None
        documents = {"info.json": self.splits.info.as_dict(), "environment.json": environment()}
        for name, values in documents.items():
            if not (self.resumed and run.has(name)):
                run.write_json(name, values)
        if not (run.path / "config.toml").is_file():
            files.write_text(run.path / "config.toml", self.config.to_toml())


def environment() -> dict[str, Any]:
    """Versions, devices, time and command, for the record of a run."""
    versions = {}
    for package in ("keras", "tensorflow", "jax", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    program = Path(sys.argv[0]).name.replace("__main__.py", "kerasrecipes")
    return {
        "kerasrecipes": __version__,
        "python": platform.python_version(),
        **versions,
        "backend": keras.backend.backend(),
        "device": device_defaults.kind(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join([program, *sys.argv[1:]]),
    }
