"""Training in phases, such as of the head on the features of a frozen base, then of the rest.

Each phase is a training of its own with its own checkpoints, so that an interrupted one goes on
within its phase and finished ones are read back. The whole model is saved in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import keras
import numpy as np

from kerasrecipes import settings
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.prepare import decode_in_memory
from kerasrecipes.errors import noted
from kerasrecipes.models.surgery import cut
from kerasrecipes.recipe import SPLITS, Recipe, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import checkpoints, final_weights, model_outputs, time_limit
from kerasrecipes.training.feature_extraction import ExtractionStats, extract_features
from kerasrecipes.training.trainer import Trainer
from kerasrecipes.training_settings import Phase

COMPARED = 16  # images on which the saved model is compared with the one that was trained
NOT_CACHED = (
    "augmentation gives other images in every epoch, so the frozen base has to compute their "
    "features each time; without it they are computed once and cached"
)


class PhasedTrainer(Trainer):
    """Training of a recipe phase by phase.

    Each phase is a `Trainer` of its own, on features where a part of the model is frozen. The
    splits are evaluated by way of the last phase, other examples by the whole model.

    Args:
        recipe: with `phases`.
        splits: the data, preprocessed.
        config: the settings.
        strategy: how the work is spread over devices; by default one device.

    Attributes:
        last: the trainer of the last phase that has begun.
        extraction: images and seconds of the passes that computed features.
    """

    one_fit = False

    def __init__(
        self, recipe: Recipe, splits: Splits, config: Config, *, strategy: Strategy | None = None
    ):
        super().__init__(recipe, splits, config, strategy=strategy)
        self.last: Trainer = self
        self.extraction = ExtractionStats()

    def fit(
        self, run: Run, observers: Sequence[keras.callbacks.Callback] = (), resume: bool = False
    ) -> None:
        """Train all phases, from the beginning or from the last checkpoint; see `Trainer.fit`."""
        rows: list[dict[str, float]] = []
        best: tuple[final_weights.Kept, list[np.ndarray]] | None = None
        for phase in self._phases():
            # One phase always is trained, as one epoch is.
            if time_limit.is_up(self.training.time, rows):
                break
            self.last = self._trainer(phase, rows, observers)
            self.last.fit(run, observers, resume=resume)
            self.notes += self.last.notes
            rows = self.last.rows
            kept = self.last.kept
            assert kept is not None, "fit has set it"
            if best is None or not final_weights.better(best[0], kept, self.last.maximize):
                best = kept, checkpoints.read_weights(self.inner)
        self.history, self.diagnosis = self.last.history, self.last.diagnosis
        self.profile = self.last.profile
        self.notes += time_limit.note(self.training, rows, self.training.epochs)
        # A later phase may have spoilt the weights of the best one.
        assert best is not None, "there is at least one phase"
        self.kept = replace(best[0], epochs=len(self.history.rows))
        if best[0] is not self.last.kept:
            for variable, value in zip(self.inner.variables, best[1], strict=True):
                variable.assign(value)

    def _phases(self) -> Iterator[Phase]:
        """Iterate over the phases; each one freezes and unfreezes layers when it is to begin."""
        function = self.recipe.phases
        assert function is not None, "only recipes with phases are trained by phases"
        keywords = settings.keywords_for(function, self.config.settings)
        return iter(function(self.inner, self.training, self.splits.info, **keywords))

    def first_phase(self, observers: Sequence[keras.callbacks.Callback] = ()) -> Trainer:
        """Return the trainer of the first phase, such as that of the head."""
        return self._trainer(next(self._phases()), [], observers)

    def _trainer(
        self, phase: Phase, rows: list[dict[str, float]], observers: Sequence[Any]
    ) -> Trainer:
        model, splits = self.inner, self.splits
        if phase.frozen_up_to is not None and not phase.augmented:
            frozen, model = cut(model, phase.frozen_up_to)
            splits = self._on_features(frozen, observers)
        else:
            # These images are read in every epoch: each is decoded once where all of them fit in
            # memory.
            splits = decode_in_memory(splits)
        if phase.frozen_up_to is not None and phase.augmented:
            self.notes.append(f"phase {phase.name}: {NOT_CACHED}")
        if phase.wrap_model is not None and phase.augmented:
            model = phase.wrap_model(model)
        made = Trainer(
            self.recipe,
            splits,
            replace(self.config, training=phase.training),
            model=model,
            phase=phase.name,
            previous_rows=rows,
            strategy=self.strategy,
            layer_rates=phase.layer_rates,
        )
        made.judged_by = self.judged_by
        return made

    def _on_features(self, frozen: keras.Model, observers: Sequence[Any]) -> Splits:
        """Return the splits with the outputs of the frozen part in place of the images."""
        preprocessor = self.splits.info.preprocessor
        frame = getattr(preprocessor, "frame", None)
        train, validation, test = extract_features(
            frozen,
            [getattr(self.splits, name) for name in SPLITS],
            identity=(self.inner.name, *(sorted(asdict(frame).items()) if frame else ())),
            precision=self.training.precision,
            observers=observers,
            stats=self.extraction,
        )
        return replace(self.splits, train=train, validation=validation, test=test)

    @property
    def main_metric(self) -> str:
        """Name of the last phase's main metric."""
        return super().main_metric if self.last is self else self.last.main_metric

    @property
    def rows(self) -> list[dict[str, float]]:
        """Rows of the history so far, of all phases that have begun."""
        return super().rows if self.last is self else self.last.rows

    @property
    def first_row(self) -> int:
        """Index of the first row of the phase that began last."""
        return super().first_row if self.last is self else self.last.first_row

    def save(self, run: Run) -> None:
        """Write the whole model to `model.keras`, and the times of the features beside it."""
        super().save(run)
        if self.extraction.precision and self.strategy.is_chief:
            run.write_json("features.json", asdict(self.extraction))
            self.notes.append(self.extraction.sentence)
        # The features were rounded to bfloat16, so metrics of the saved model may differ a little.
        if self.extraction.precision not in ("", "float32"):
            with noted(self.notes, "comparing the saved model with the trained one"):
                few = self.splits.test.select(np.arange(min(COMPARED, len(self.splits.test))))
                exact = model_outputs.predict(self.model, few, strategy=self.strategy)
                evaluated = self.predict(self.splits.test)[: len(exact)]
                self.notes.append(
                    "the saved model computes in float32; its probabilities for "
                    f"{len(exact)} test examples differ from those evaluated here by "
                    f"{np.abs(exact - evaluated).max():.2g} at most"
                )

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metrics on examples, by name; of a split by way of its features."""
        seen = self._as_trained(examples)
        return super().evaluate(examples) if seen is None else self.last.evaluate(seen)

    def predict(self, examples: Examples) -> Any:
        """Return the model's outputs on examples, in their order."""
        seen = self._as_trained(examples)
        return super().predict(examples) if seen is None else self.last.predict(seen)

    def labels(self, examples: Examples) -> Any:
        """Return the labels of examples, in their order, without decoding images of a split."""
        seen = self._as_trained(examples)
        return super().labels(examples) if seen is None else seen.y

    def features(self, examples: Examples) -> np.ndarray | None:
        """Return the features of a split, `(examples, units)`, if they are vectors in memory."""
        seen = self._as_trained(examples)
        if seen is examples or not isinstance(seen, Arrays) or seen.x.ndim != 2:
            return None
        return seen.x

    def _as_trained(self, examples: Examples) -> Any:
        """Return a split as the last phase's model takes it; `None` if it is not a split."""
        for name in SPLITS:
            # By identity: only these objects have features, all others go through the whole model.
            if self.last is not self and examples is getattr(self.splits, name):
                return getattr(self.last.splits, name)
        return None
