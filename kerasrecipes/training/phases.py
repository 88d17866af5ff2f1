"""Trainings of several phases, and of a part of a model on what the frozen rest makes of the
images.

Each phase is a training of its own with its own checkpoints, so that an interrupted one goes on
within its phase and finished ones are read back. What is saved in the end is the whole model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import keras
import numpy as np

from kerasrecipes import settings
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images import photos
from kerasrecipes.models.surgery import cut
from kerasrecipes.recipe import Phase, Recipe, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training.feature_extraction import Clock, features
from kerasrecipes.training.trainer import Trainer, predict

_SPLITS = ("train", "validation", "test")
_COMPARED = 16  # images
_VARIED = (
    "augmentation gives other images in every epoch, so the frozen base has to see them all each time; without it "
    "their features are computed once and kept"
)


class PhasedTrainer:
    """Trains a recipe phase by phase; to be used as `Trainer` is.

    Args:
        recipe: with `phases`.
        splits: the data, prepared.
        config: the settings.
        strategy: how the work is spread over devices; by default one device.

    Attributes:
        model: the whole model.
        notes: sentences for the user.
        clock: the times of the passes that computed features.
    """

    def __init__(
        self, recipe: Recipe, splits: Splits, config: Config, *, strategy: Strategy | None = None
    ):
        self.recipe, self.splits, self.config = recipe, splits, config
        self.whole = self.last = Trainer(recipe, splits, config, strategy=strategy)
        self.model = self.inner = self.whole.inner
        self.task, self.training, self.strategy = (
            self.whole.task,
            config.training,
            self.whole.strategy,
        )
        self.clock = Clock()
        self.notes: list[str] = []

    @property
    def history(self) -> Any:
        """The history of all phases so far."""
        return self.last.history

    @property
    def diagnosis(self) -> Any:
        """The diagnosis of the last phase."""
        return self.last.diagnosis

    @property
    def main_metric(self) -> str:
        """The figure that a person asks for first."""
        return self.last.main_metric

    def fit(
        self, run: Run, observers: Sequence[keras.callbacks.Callback] = (), resume: bool = False
    ) -> None:
        """Train all phases to the end, from the beginning or from the last checkpoint; see
        `Trainer.fit`.
        """
        function = self.recipe.phases
        keywords = settings.keywords_for(function, self.config.settings)
        rows: list[dict[str, float]] = []
        for phase in function(self.model, self.training, self.splits.info, **keywords):
            self.last = self._trainer(phase, rows, observers)
            self.last.fit(run, observers, resume=resume)
            rows = self.last.history.rows

    def _trainer(
        self, phase: Phase, rows: list[dict[str, float]], observers: Sequence[Any]
    ) -> Trainer:
        model, splits = self.model, self.splits
        if phase.kept is not None and not phase.varied:
            frozen, model = cut(model, phase.kept)
            splits = self._features(frozen, observers)
        else:
            splits = photos.in_memory(splits)
        if phase.kept is not None and phase.varied:
            self.notes.append(f"phase {phase.name}: {_VARIED}")
        if phase.wrap is not None and phase.varied:
            model = phase.wrap(model)
        config = replace(self.config, training=phase.training)
        return Trainer(
            self.recipe,
            splits,
            config,
            model=model,
            phase=phase.name,
            before=rows,
            strategy=self.strategy,
        )

    def _features(self, frozen: keras.Model, observers: Sequence[Any]) -> Splits:
        parts = [getattr(self.splits, name) for name in _SPLITS]
        image = self.splits.info.facts.get("image")
        made = features(
            frozen,
            parts,
            identity=(self.model.name, *(sorted(image.items()) if image else ())),
            precision=self.training.precision,
            observers=observers,
            clock=self.clock,
        )
        return replace(self.splits, **dict(zip(_SPLITS, made, strict=True)))

    def save(self, run: Run) -> None:
        """Write the whole model to `model.keras`."""
        self.whole.save(run)
        if self.clock.precision and self.strategy.is_chief:
            run.write_json("features.json", asdict(self.clock))
            self.notes.append(self.clock.sentence)
        if self.clock.precision not in ("", "float32"):
            self.notes.append(self._agreement())

    def _agreement(self) -> str:
        """Compare the saved model, which computes in float32, with how it was trained and
        judged.
        """
        few = self.splits.test.select(np.arange(min(_COMPARED, len(self.splits.test))))
        exact = predict(self.model, few, strategy=self.strategy)
        judged = self.predict(self.splits.test)[: len(exact)]
        return (
            f"the saved model computes in float32; its probabilities for {len(exact)} test images differ from those "
            f"judged here by {np.abs(exact - judged).max():.2g} at most"
        )

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Give loss and metrics on examples, by name; those of the splits by way of their
        features.
        """
        return self.last.evaluate(self._seen(examples)) if len(examples) else {}

    def predict(self, examples: Examples) -> np.ndarray:
        """Give the model's outputs on examples, in their order."""
        return self.last.predict(self._seen(examples))

    def labels(self, examples: Examples) -> np.ndarray:
        """Give what is right for each example, in their order."""
        return self._seen(examples).y

    def features(self, examples: Examples) -> np.ndarray | None:
        """Give the vectors that the frozen base makes of the examples of a split, where they are in
        memory.
        """
        seen = self._seen(examples)
        return (
            seen.x
            if isinstance(seen, Arrays) and seen is not examples and seen.x.ndim == 2
            else None
        )

    def _seen(self, examples: Examples) -> Examples:
        """Give examples as the last phase's model takes them."""
        for name in _SPLITS:
            if examples is getattr(self.splits, name):
                return getattr(self.last.splits, name)
        raise ValueError("a training of phases judges its own splits only")
