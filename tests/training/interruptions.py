"""Trainings that end without a farewell."""

import keras

# A run of some seconds that is saved all the time.
RUN_OF_LENET = (
    "run",
    "lenet",
    "--limit",
    "400",
    "--epochs",
    "3",
    "--batch-size",
    "8",
    "--checkpoint-seconds",
    "0.05",
)


class Killed(Exception):
    pass


class KillAfter(keras.callbacks.Callback):
    """Ends the training after some calls of the device."""

    def __init__(self, calls):
        super().__init__()
        self.calls = calls

    def on_train_batch_end(self, batch, logs=None):
        self.calls -= 1
        if self.calls == 0:
            raise Killed
