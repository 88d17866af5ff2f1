"""Cross-entropy over the entries that have a class: values, and gradients, as the formula has."""

import keras
import numpy as np
import pytest

from kerasrecipes.diagnosis.measurement import differentiate
from kerasrecipes.losses.masked import MaskedCrossentropy


def drawn(shape, classes, ignored, seed):
    """Draw probabilities and labels, of which a fraction `ignored` and the last row have none."""
    random = np.random.default_rng(seed)
    scores = np.exp(random.normal(0, 2, (*shape, classes)))
    labels = random.integers(0, classes, shape).astype("int32")
    labels[random.random(shape) < ignored] = -1
    labels[-1] = -1
    labels[0, 0] = 1  # one at least counts
    return (scores / scores.sum(-1, keepdims=True)).astype("float32"), labels


@pytest.mark.parametrize("ignored", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(2, 5), (3, 4, 6)], ids=["sequence", "image"])
def test_values_and_gradients_are_those_of_the_formula(shape, ignored):
    probabilities, labels = drawn(shape, 4, ignored, seed=len(shape))
    counts = labels >= 0
    chosen = np.take_along_axis(probabilities, np.maximum(labels, 0)[..., None], -1)
    expected = -np.log(chosen[..., 0])[counts].mean()
    loss = MaskedCrossentropy()
    # Through a softmax, whose gradient by its logits is known: probabilities less the labels.
    logits = [keras.ops.convert_to_tensor(np.log(probabilities))]
    value, _, (gradient,) = differentiate(
        lambda values: (loss(labels, keras.ops.softmax(values[0])), {}), logits
    )
    one_hot = np.eye(4)[np.maximum(labels, 0)]
    slope = np.where(counts[..., None], probabilities - one_hot, 0) / counts.sum()
    np.testing.assert_allclose(float(value), expected, rtol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(gradient), slope, atol=1e-5)


def test_it_is_saved_by_its_arguments():
    loss = MaskedCrossentropy(ignore_class=11)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.ignore_class == 11 and again.name == "sparse_categorical_crossentropy"
