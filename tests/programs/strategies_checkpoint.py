"""A job that keeps a checkpoint in the middle of an epoch, and goes on from it:
`folder mode [devices]`.

`whole` trains 12 steps and keeps what it has after 5 of them; `resumed` starts from that with step
6.
"""

import itertools
import os
import sys

import keras
import numpy as np

from benchmarks.strategies import make_devices, strategy_on
from benchmarks.strategies_cases import CASES, batches, compiled
from kerasrecipes import strategies

STEPS, KEPT = 12, 5


class Checkpoint(keras.callbacks.Callback):
    """Reads all variables in the middle of training, or sets them before it."""

    def __init__(self, strategy, path, resume):
        super().__init__()
        self.strategy, self.path, self.resume = strategy, path, resume
        self.losses = []

    def variables(self):
        """List all variables on which the rest depends."""
        return [
            *self.model.variables,
            *self.model.optimizer.variables,
            *self.model.metrics_variables,
        ]

    def on_epoch_begin(self, epoch, logs=None):
        """Set the variables, on every worker."""
        if self.resume:
            with np.load(self.path, allow_pickle=False) as archive:
                for number, variable in enumerate(self.variables()):
                    variable.assign(archive[f"v{number}"])

    def on_train_batch_end(self, batch, logs=None):
        """Read the variables, on every worker, and write them on the chief."""
        self.losses.append(float(logs["loss"]))
        if not self.resume and batch + 1 == KEPT:
            if hasattr(self.model, "jax_state_sync"):
                self.model.jax_state_sync()
            values = [keras.ops.convert_to_numpy(variable) for variable in self.variables()]
            with self.strategy.saving() as here:
                if here:
                    np.savez(
                        self.path, **{f"v{number}": value for number, value in enumerate(values)}
                    )


def main(folder, mode, devices="1"):
    """Do one process's part."""
    resume = mode == "resumed"
    if "TF_CONFIG" in os.environ:
        strategy = strategies.select("multiworker")
    else:
        make_devices(int(devices))
        strategy = strategy_on(int(devices))
    case = CASES["normalized"]
    fit, model = strategy.prepare(*compiled(case, "adamw"))
    checkpoint = Checkpoint(strategy, f"{folder}/kept.npz", resume)
    skip = KEPT if resume else 0
    stream = itertools.islice(itertools.cycle(batches(case, 3 * case.batch_size + 1)), skip, None)
    # Make the variables of optimizer and metrics, which Keras else makes in the first step.
    fit.optimizer.build(fit.trainable_variables)
    fit.evaluate(strategy.feed(lambda: batches(case, 4), "evaluate"), steps=1, verbose=0)
    fit.fit(strategy.feed(stream), steps_per_epoch=STEPS - skip, verbose=0, callbacks=[checkpoint])
    weights = {
        f"w{number}": keras.ops.convert_to_numpy(weight)
        for number, weight in enumerate(model.weights)
    }
    with strategy.saving() as here:
        if here:
            model.save(f"{folder}/{mode}.keras")
            np.savez(f"{folder}/{mode}.npz", losses=checkpoint.losses[KEPT - skip :], **weights)


if __name__ == "__main__":
    main(*sys.argv[1:])
