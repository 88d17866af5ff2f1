"""Batches of varying shape reach Keras on one device and on several, and answers keep the examples'
order.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasrecipes.data.batches import Batches
from kerasrecipes.data.ragged import Ragged, RaggedExamples, padded_length
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import input_pipeline as feed
from kerasrecipes.training import model_outputs


def examples(lengths, **options):
    rows = [np.arange(1, n + 1) % 7 + 1 for n in lengths]
    return RaggedExamples(
        Ragged.of(rows), np.array([len(row) for row in rows], np.float32)[:, None], **options
    )


# The first two batches of four have one shape, and later ones another, which a guess by the first
# would miss.
LENGTHS = [3, 2, 5, 1, 4, 3, 2, 6, 20, 18, 40, 30, 2]
WIDTH = padded_length(40)


class Sum(keras.layers.Layer):
    """Counts tokens that are not padding."""

    def call(self, x):
        """Count."""
        return keras.ops.sum(keras.ops.cast(x > 0, "float32"), axis=1, keepdims=True)


def counting():
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(Sum()(inputs)))
    model.compile("sgd", "mse")
    return model


def test_predictions_come_in_the_order_of_the_examples():
    outputs = model_outputs.predict(counting(), examples(LENGTHS), 4)
    assert outputs[:, 0].tolist() == LENGTHS


def test_outputs_of_every_token_are_joined_and_empty_past_the_end():
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, keras.ops.cast(inputs, "float32"))
    given = examples(LENGTHS)
    outputs = model_outputs.predict(model, given, 4)
    assert outputs.shape == (len(LENGTHS), WIDTH)
    np.testing.assert_array_equal(outputs, given.x.padded(WIDTH))
    tokens = RaggedExamples(given.x, given.x)
    np.testing.assert_array_equal(model_outputs.labels_of(tokens, 4), given.x.padded(WIDTH))


def test_outputs_are_joined_where_inputs_differ_in_length():
    source, target = (
        keras.Input((None,), dtype="int32", name=name) for name in ("source", "target")
    )
    model = keras.Model(
        {"source": source, "target": target}, keras.ops.cast(target, "float32") + 0 * Sum()(source)
    )
    given = examples(LENGTHS)
    both = RaggedExamples({"source": given.x.take(np.arange(13)[::-1]), "target": given.x}, given.y)
    np.testing.assert_array_equal(model_outputs.predict(model, both, 4), given.x.padded(WIDTH))


def test_evaluation_counts_each_example_once():
    given = examples([*LENGTHS, 0])
    assert model_outputs.evaluate(counting(), given, 4)["loss"] == 0


def test_training_meets_every_shape():
    model = counting()
    batches = Batches(examples(LENGTHS), 4, shuffle=True)
    shapes = {batches[0, k][0].shape[1] for k in range(len(batches))}
    assert len(shapes) > 1
    for examples_ in (batches.examples, examples(LENGTHS, pad_to=48)):
        model.fit(
            feed.train_batches(Batches(examples_, 4, shuffle=True)),
            steps_per_epoch=8,
            shuffle=False,
            verbose=0,
        )


class Slices(Strategy):
    """Stands in for several devices: keeps what it is fed."""

    def feed(self, batches, purpose="train"):
        """Keep."""
        self.given = batches
        return batches


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.data feeds TensorFlow")
def test_several_devices_are_told_what_varies():
    strategy = Slices("two", "two", num_replicas=2)
    given = feed.epoch_batches(Batches(examples(LENGTHS), 4), strategy)
    assert strategy.given.element_spec[0].shape.as_list() == [None, None] and given["steps"] == 4
    assert [x.shape[1] for x, _ in strategy.given] == [8, 8, 32, WIDTH]
    assert len(list(strategy.given)) == 4  # and again


@pytest.mark.slow
def test_two_devices_train_to_what_one_gives(tmp_path):
    script = Path(__file__).parents[1] / "programs" / "sequences_on_devices.py"
    here = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": str(script.parents[2]),
    }
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=here, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["cpu"] == pytest.approx(found["mirrored"], rel=1e-4)
