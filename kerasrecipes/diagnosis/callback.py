"""Keras callback that diagnoses a training."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import keras
import numpy as np

from kerasrecipes.diagnosis.budget import Clock, next_epoch
from kerasrecipes.diagnosis.constant_losses import (
    loss_name,
    losses_by_output,
    with_constant_loss,
)
from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.layer_summaries import is_compiled
from kerasrecipes.diagnosis.measurement import Measurement, number, tensors_of
from kerasrecipes.diagnosis.probe import Probe
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.reference import reference_losses
from kerasrecipes.diagnosis.rules import diagnose


class Diagnosis(keras.callbacks.Callback):
    """Callback that finds what goes wrong in a training, and proposes remedies.

    It measures at geometrically spaced moments (before training, after steps 1, 2, 4, …, at ends of
    epochs), in a stateless scope: the training has the same bits as without it.

        diagnosis = Diagnosis(probe=(x_train, y_train))
        model.fit(x_train, y_train, validation_split=0.2, epochs=20, callbacks=[diagnosis])
        for finding in diagnosis.findings:
            print(finding.sentence, finding.remedies or finding.advice)

    Args:
        probe: `(x, y)` or `(x, y, weight)`, a batch or the whole training set, of which some
            examples are taken to measure gradients and activations. Without it only updates and
            losses are measured.
        settings: the model's and the trainer's settings by name, so that a remedy can be given as a
            setting to change, such as `"activation=relu"` or `"--clip-norm 1"`; else remedies are
            given in words.
        budget: largest share of the training's time for measuring; a fifth of a second is
            free, and on JAX a second of compiling; None measures at every moment.
        examples: largest number of examples of the probe.
        validation: labels of validation examples, in the structure of the probe's `y`, so that the
            validation loss is compared with that of the best constant prediction there; else with
            that of the probe.
        labels: `(y,)` or `(y, weight)` of all training examples, where the probe holds only some,
            so that the best constant prediction is that of all.
        model: the model to measure, where `fit` is called on one that drives it over several
            devices, as that of `Strategy.prepare`; by default the model that is fitted.

    Raises:
        UserError: if the probe is not a tuple of arrays of one length.
    """

    # Nothing happens at the end of a batch, so Keras need not wait for the device there.
    async_safe = True

    def __init__(
        self,
        probe: Any = None,
        *,
        settings: Mapping[str, Any] | None = None,
        budget: float | None = 0.05,
        examples: int = 256,
        validation: Any = None,
        labels: Any = None,
        model: keras.Model | None = None,
    ) -> None:
        super().__init__()
        self._measured_model = model
        self.settings = None if settings is None else dict(settings)
        self._probe = None if probe is None else Probe.of(probe, examples, validation, labels)
        # A fifth of the budget is held back for measurements that are slower than the last one.
        self._clock = Clock(None if budget is None else 0.8 * budget, is_compiled())
        self._record = self._empty_record()
        self._restored = False
        self._reference_losses: dict[str, float] | None = None
        self._measurement: Measurement | None = None
        self._step = 0
        self._forget()

    @property
    def record(self) -> dict[str, Any]:
        """Measurements, JSON-able: `layers`, `moments`, `epochs`, `labels`, `columns`, `cost`."""
        return {**self._so_far(), "labels": {**self._record["labels"], **self._references()}}

    def _so_far(self) -> dict[str, Any]:
        clock = self._clock
        spent = clock.compiling + clock.measuring + clock.little
        cost = {
            "seconds": round(spent, 4),
            "training_seconds": round(clock.elapsed, 3),
            "moments": clock.measurements,
        }
        return {**self._record, "cost": cost}

    def _references(self) -> dict[str, Any]:
        """Return what simple learners reach, computed once: not part of the state, which an
        interrupted training restores.
        """
        # Only where the loss stayed high it matters what else would have removed it.
        if self._probe is None or len(self._probe.every) != 2 or not Reading(self._record).failed:
            return {}
        if self._reference_losses is None:
            self._reference_losses = {}
            with suppress(Exception):  # of data of an unknown kind nothing is said
                self._reference_losses = reference_losses(*self._probe.every)
        return {"reference_losses": self._reference_losses}

    @property
    def findings(self) -> list[Finding]:
        """The findings so far, the most severe first."""
        return diagnose(self.record, self.settings)

    def state(self) -> dict[str, Any]:
        """Return the state that `restore` needs after an interruption; JSON-able."""
        return {
            "record": self._so_far(),
            "step": self._step,
            "next_step": self._next_step,
            "next_epoch": self._next_epoch,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore the `state` of a callback; call it before `fit`."""
        self._record = {name: value for name, value in state["record"].items() if name != "cost"}
        self._step, self._next_step = int(state["step"]), int(state["next_step"])
        self._next_epoch = int(state["next_epoch"])
        cost = state["record"]["cost"]
        self._clock.measuring = float(cost["seconds"])
        self._clock.start(float(cost["training_seconds"]))
        self._clock.stop()
        self._restored = True

    def _empty_record(self) -> dict[str, Any]:
        labels = dict(self._probe.labels) if self._probe else {}
        return {
            "layers": [],
            "moments": [],
            "epochs": [],
            "labels": labels,
            "columns": None,
            "limits": [],
        }

    def _forget(self) -> None:
        self._next_step, self._next_epoch = 1, 1
        self._before: list[Any] | None = None
        self._initial: list[Any] | None = None
        self._before_step = 0
        self._batch = 0
        self._compilation = 0.0
        self._begun = self._ended = self._spent = 0.0
        self._durations: deque[float] = deque(maxlen=99)

    # --- what Keras calls ---

    def set_model(self, model: keras.Model) -> None:
        """Set the model to measure."""
        super().set_model(self._measured_model or model)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Start the clock, and a new record unless one was restored."""
        if not self._restored:
            self._record, self._step = self._empty_record(), 0
            self._forget()
            self._clock = Clock(self._clock.share, is_compiled())
        self._restored = False
        self._measurement = None
        self._record["loss"] = loss_name(self.model.loss)
        self._record["from_logits"] = bool(getattr(self.model.loss, "from_logits", False))
        self._note_constant_losses()
        self._record["optimizer"] = type(self.model.optimizer).__name__.lower()
        self._clock.start(self._clock.elapsed)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Number the batches of this epoch from here."""
        self._batch = -1

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Measure the previous step if it was due, and copy the weights if this one is."""
        if self._batch >= 0:
            self._step += batch - self._batch
            self._note_time(batch - self._batch)
        self._batch = batch
        if self._before is not None:
            self._measure(epoch=None)
        if self._is_due():
            self._take_copy()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the losses, and measure if this epoch is due."""
        steps = (self.params or {}).get("steps")
        # Steps per call of the device may be several: the last call goes to the end of the epoch.
        done = max(1, (steps or self._batch + 1) - max(0, self._batch))
        self._step += done
        self._note_time(0)  # the end of an epoch, such as validation, is not part of a step
        logs = {
            name: number(float(value))
            for name, value in (logs or {}).items()
            if np.ndim(value) == 0
        }
        self._record["epochs"].append({"epoch": epoch + 1, "step": self._step, **logs})
        if self._before is not None or epoch + 1 >= self._next_epoch:
            self._next_epoch = next_epoch(epoch + 1)
            self._measure(epoch=epoch + 1)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Stop the clock and release the compiled function and the copies."""
        self._clock.stop()
        self._before = self._initial = None
        self._measurement = None

    # --- measuring ---

    def _note_constant_losses(self) -> None:
        """Compute the best constant prediction's loss where a loss is one of differences with a
        scale or a shape of its own.
        """
        labels, loss = self._record["labels"], self.model.loss
        if self._probe is None:
            return
        if "outputs" not in labels:
            numbers = self._probe.numbers
            self._record["labels"] = with_constant_loss(labels, loss, numbers)
            return
        losses = losses_by_output(self.model)
        self._record["losses"] = {name: loss_name(one) for name, one in losses.items()}
        self._record["labels"] = {
            **labels,
            "outputs": {
                name: with_constant_loss(own, losses.get(name), self._probe.numbers_of(name))
                for name, own in labels["outputs"].items()
            },
        }

    def _note_time(self, steps: int) -> None:
        now = time.perf_counter()
        if self._begun and not self._ended:
            # The first step compiles the model with optimizer and metrics: compiling the
            # measurement takes about half of that.
            self._compilation = (now - self._begun) / 2 if is_compiled() else 0.0
        elif self._ended and steps:
            self._durations.append(
                (now - self._ended - (self._clock.measuring - self._spent)) / steps
            )
        if self._begun:
            self._ended, self._spent = now, self._clock.measuring

    def _is_allowed(self) -> bool:
        steps, epochs = ((self.params or {}).get(name) for name in ("steps", "epochs"))
        if steps and epochs:
            self._clock.progress = min(1.0, self._step / (steps * epochs))
            # The median, as a step that compiles takes a hundred times as long.
            pace = statistics.median(self._durations) if self._durations else 0.0
            self._clock.expected = self._clock.elapsed + pace * max(0, steps * epochs - self._step)
        return self._clock.allows(self._compilation)

    def _is_due(self) -> bool:
        steps = (self.params or {}).get("steps")
        last = steps is not None and self._batch == steps - 1
        epoch = len(self._record["epochs"]) + 1
        return self._step + 1 >= self._next_step or (last and epoch >= self._next_epoch)

    def _take_copy(self) -> None:
        self._begun = self._begun or time.perf_counter()
        if self.model.built and (self._is_allowed() or self._is_little_allowed()):
            self._before = [
                keras.ops.copy(tensor) for tensor in tensors_of(self.model.trainable_variables)
            ]
            self._before_step = self._step
            if self._step == 0:
                self._initial = self._before

    def _measure(self, epoch: int | None) -> None:
        before, self._before = self._before, None
        # Geometric: a training of any length has few moments, most of them early.
        self._next_step = max(2 * self._step, self._step + 1)
        if self._initial is not None and self._is_allowed():
            self._note(self._numbers(None, at=self._initial), 0, None)
            self._initial = None
        steps = max(1, self._step - self._before_step)
        if self._is_allowed():
            self._note(self._numbers(before), self._step, epoch, steps)
        elif before is not None and self._measurement is not None and self._is_little_allowed():
            with self._clock.running(little=True):
                self._note(self._measurement.of_weights(before), self._step, epoch, steps)

    def _is_little_allowed(self) -> bool:
        # Operations that JAX has not compiled yet take longer than a whole measurement.
        return self._measurement is not None and not is_compiled() and self._clock.allows_little()

    def _numbers(self, before: list[Any] | None, at: list[Any] | None = None) -> dict[str, Any]:
        with self._clock.running():
            return self._measured(before, at)

    def _measured(self, before: list[Any] | None, at: list[Any] | None) -> dict[str, Any]:
        model = self.model  # on JAX this access syncs the weights from the training step
        if self._measurement is not None:
            return self._measurement(before, at)
        # Where layers cannot be captured gradients may still be measured, and else the weights.
        attempts = [(self._probe, True), (self._probe, False)] if self._probe else []
        for probe, capture in [*attempts, (None, False)]:
            try:
                measurement = Measurement(model, probe, capture)
                numbers = measurement(before, at)
            # A training must never stop because a model of an unknown kind cannot be measured.
            except Exception as error:
                self._record["limits"].append(
                    f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
                )
                continue
            self._measurement = measurement
            self._record["layers"] = sorted(measurement.layers, key=lambda layer: layer["order"])
            return numbers
        return {"layers": {}, "finite": True}

    def _note(self, numbers: dict[str, Any], step: int, epoch: int | None, steps: int = 1) -> None:
        columns = numbers.pop("columns", None)
        if columns is not None and self._record["columns"] is None:
            self._record["columns"] = _describe_columns(columns)
        for layer in numbers["layers"].values():
            if layer.get("update") is not None:
                # The copy may be several steps old where the device takes several per call.
                layer["update"] = number(layer["update"] / steps)
        rate = number(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        self._record["moments"].append(
            {"step": step, "epoch": epoch, "learning_rate": rate, **numbers}
        )


def _describe_columns(columns: np.ndarray) -> dict[str, Any]:
    """Summarize the columns of the first layer's input, `(3, columns)`."""
    mean, deviation, least = columns.astype("float64")
    size = np.sqrt(mean**2 + deviation**2)
    constant = deviation <= 1e-6 * np.maximum(size, 1e-12)
    varying = ~constant
    largest = int(np.argmax(np.nan_to_num(size, nan=-1.0)))
    return {
        "count": len(mean),
        "finite": bool(np.isfinite(columns).all()),
        "not_finite": np.flatnonzero(~np.isfinite(columns).all(axis=0)).tolist()[:20],
        "constant": np.flatnonzero(constant).tolist()[:50],
        "constants": int(constant.sum()),
        "sparse": number(float((least[varying] >= 0.5).mean())) if varying.any() else None,
        "largest": largest,
        "largest_size": number(float(size[largest])),
        "largest_deviation": number(float(deviation[varying].max())) if varying.any() else None,
        "smallest_deviation": number(float(deviation[varying].min())) if varying.any() else None,
    }
