"""A callback that only watches cannot end a training."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import Interrupted
from kerasrecipes.training.guard import guarded

HOOKS = ("set_model", "on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end")


class Watching(keras.callbacks.Callback):
    """Fails in one of its methods."""

    def __init__(self, failing, error):
        super().__init__()
        self.failing, self.error, self.calls = failing, error, []

    def _call(self, name):
        self.calls.append(name)
        if name == self.failing:
            raise self.error

    def set_model(self, model):
        super().set_model(model)
        self._call("set_model")

    def on_train_begin(self, logs=None):
        self._call("on_train_begin")

    def on_epoch_begin(self, epoch, logs=None):
        self._call("on_epoch_begin")

    def on_train_batch_end(self, batch, logs=None):
        self._call("on_train_batch_end")

    def on_epoch_end(self, epoch, logs=None):
        self._call("on_epoch_end")

    def state(self):
        self._call("state")
        return {"calls": len(self.calls)}


def fit(callback):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((8, 2), "float32")
    model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0, callbacks=[callback])


@pytest.mark.parametrize("hook", HOOKS)
def test_the_first_failure_is_noted_and_the_last_call(hook):
    notes = []
    callback = guarded(Watching(hook, RuntimeError("broken\nmore")), "watching", notes)
    fit(callback)
    assert notes == ["watching failed and was left out: RuntimeError: broken"]
    assert callback.calls[-1] == hook and callback.state() is None


def test_one_that_does_not_fail_sees_everything():
    notes, callback = [], guarded(Watching(None, None), "watching", [])
    fit(callback)
    assert not notes and callback.calls.count("on_train_batch_end") == 4
    assert callback.state()["calls"] == len(callback.calls)
    # Keras leaves out methods that are its own empty ones, guarded ones as well.
    assert getattr(callback.on_test_batch_end, "_is_default", False)


@pytest.mark.parametrize("error", [Interrupted("stopped"), KeyboardInterrupt()])
def test_who_asks_to_stop_is_heard(error):
    with pytest.raises(type(error)):
        fit(guarded(Watching("on_epoch_end", error), "watching", []))
