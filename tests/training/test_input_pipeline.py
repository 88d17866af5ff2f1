"""Every kind of examples reaches Keras in the planned order, and ends at once."""

import time

import keras
import numpy as np
import pytest

from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.training import input_pipeline

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tf.data is TensorFlow's"
)
X = np.arange(24, dtype=np.float32)[:, None]


class Files(Examples):
    """Examples that are made when they are asked for, as images are read."""

    def __len__(self):
        return len(X)

    def take(self, numbers):
        """Give some."""
        return X[numbers], 2 * X[numbers]

    def select(self, numbers):
        """Not needed here."""
        raise NotImplementedError


KINDS = {
    "arrays": lambda: Arrays(X, 2 * X),
    "sequences": lambda: RaggedExamples(Ragged.of(np.full((3, 1), row[0]) for row in X), 2 * X),
    "files": Files,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_begins_where_it_is_told_to_and_has_no_end(kind):
    batches = Batches(KINDS[kind](), 5, seed=3, shuffle=True)
    plan = batches.plan(1, 2)
    for (_, y), _ in zip(input_pipeline.train_batches(batches, 1, 2), range(12), strict=False):
        np.testing.assert_array_equal(np.asarray(y), 2 * X[next(plan)])


@on_tensorflow
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_tunes_a_stream(kind):
    options = input_pipeline.train_batches(Batches(KINDS[kind](), 5)).options()
    assert options.autotune.enabled is False


@on_tensorflow
@pytest.mark.slow
def test_the_end_of_a_training_is_not_waited_for():
    """The tuner of tf.data would wake up after 5.1 seconds; without it nothing waits for it."""
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    ended = []

    class End(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            time.sleep(0.3)

        def on_train_end(self, logs=None):
            ended.append(time.perf_counter())

    model.compile("sgd", "mse")
    waited = []
    for _ in range(4):
        batches = Batches(Arrays(X, 2 * X), 5)
        model.fit(
            input_pipeline.train_batches(batches),
            steps_per_epoch=10,
            shuffle=False,
            callbacks=[End()],
            verbose=0,
        )
        waited.append(time.perf_counter() - ended[-1])
    assert max(waited) < 0.5
