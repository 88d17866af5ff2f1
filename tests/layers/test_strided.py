"""Quick convolutions of 4 x 4 are those of Keras, with all their gradients."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasrecipes.layers.strided import DoublingConv2D, HalvingConv2D

PAIRS = {
    "halving": (HalvingConv2D, layers.Conv2D),
    "doubling": (DoublingConv2D, layers.Conv2DTranspose),
}


def pair(kind, shape, *sizes, **options):
    """Return a layer of ours and one of Keras with the same weights."""
    ours, usual = (one(*sizes, **options) for one in PAIRS[kind])
    for layer in (ours, usual):
        layer.build(shape)
    usual.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in usual.get_weights()])
    ours.set_weights(usual.get_weights())
    return ours, usual


def gradients(layer, x):
    """Return outputs, gradients of the first order, and of a penalty on that of the input."""
    import tensorflow as tf

    x, weights = tf.constant(x), [variable.value for variable in layer.trainable_variables]

    @tf.function
    def compute():
        with tf.GradientTape() as second:
            second.watch(x)
            with tf.GradientTape() as first:
                first.watch(x)
                outputs = layer(x)
                value = tf.reduce_sum(tf.sin(outputs))
            found = first.gradient(value, [x, *weights])
            penalty = tf.reduce_sum(tf.square(found[0]))
        more = second.gradient(penalty, [x, *weights], unconnected_gradients="zero")
        return [outputs, *found, *more]

    return compute()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's gradients")
@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("seed", range(2))
def test_outputs_and_gradients_are_those_of_keras(kind, seed):
    random = np.random.default_rng(seed)
    count, rows, columns, channels, filters = random.integers(1, 6, 5)
    rows, columns = (2 * rows, 2 * columns) if kind == "halving" else (rows, columns)
    x = random.normal(size=(count, rows, columns, channels)).astype("float32")
    options = {"padding": "same", "use_bias": bool(seed % 2), "activation": "tanh"}
    ours, usual = pair(kind, x.shape, int(filters), 4, 2, **options)
    for one, other in zip(gradients(ours, x), gradients(usual, x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize(
    ("sides", "sizes", "padding"),
    [((5, 7), (3, 4, 2), "same"), ((6, 6), (3, 3, 2), "same"), ((8, 8), (3, 4, 2), "valid")],
)
def test_other_convolutions_are_left_to_keras(kind, sides, sizes, padding):
    x = np.random.default_rng(1).normal(size=(2, *sides, 3)).astype("float32")
    ours, usual = pair(kind, x.shape, *sizes, padding=padding)
    np.testing.assert_allclose(
        *(ops.convert_to_numpy(layer(x)) for layer in (ours, usual)), rtol=1e-4, atol=1e-4
    )


def test_they_are_saved_and_loaded(tmp_path):
    image = keras.Input((8, 8, 3))
    x = HalvingConv2D(4, 4, 2, "same")(image)
    model = keras.Model(image, DoublingConv2D(3, 4, 2, "same")(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), loaded.predict_on_batch(x), atol=1e-6)
    assert loaded.output_shape == (None, 8, 8, 3)
