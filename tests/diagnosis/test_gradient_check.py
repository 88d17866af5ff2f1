"""Automatic against numeric gradients, on every kind of layer that the project's models are made
of.
"""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasrecipes.diagnosis.gradient_check import computing_in, gradcheck, noiseless
from kerasrecipes.errors import UserError
from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.models.captioner import captioner
from kerasrecipes.models.mlp import mlp
from kerasrecipes.models.seq2seq import seq2seq

DOUBLE = keras.backend.backend() == "tensorflow"
RANDOM = np.random.default_rng(0)


def classes(rows=6, count=3):
    return RANDOM.integers(0, count, rows)


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "tanh"},
        {"activation": "relu", "l1": 1e-3, "l2": 1e-2},
        {"activation": "prelu", "dropout_rate": 0.5},
        {"activation": "gelu", "batch_normalization": "before"},
        {"activation": "selu", "batch_normalization": "after"},
    ],
)
def test_dense_layers_with_penalties_and_normalization(options):
    keras.utils.set_random_seed(1)
    x = RANDOM.normal(3, 2, (6, 5)).astype("float32")
    inputs = {"mean": x.mean(0).tolist(), "variance": x.var(0).tolist()}
    model = mlp((5,), 3, hidden_layers=(7, 6), inputs=inputs, **options)
    weights = [w.copy() for w in model.get_weights()]
    found = gradcheck(model, x, classes(), "sparse_categorical_crossentropy")
    assert found.passed, str(found)
    assert found.worst.error < (1e-4 if DOUBLE else 0.5)
    assert {c.variable for c in found.coordinates} == {v.path for v in model.trainable_variables}
    assert max(abs(c.automatic) for c in found.coordinates) > 1e-3
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.LSTM(4, recurrent_dropout=0.2),
        lambda: layers.GRU(4, reset_after=True),
        lambda: layers.Bidirectional(layers.SimpleRNN(3, dropout=0.3)),
    ],
    ids=["lstm", "gru", "bidirectional"],
)
def test_recurrent_layers_through_time(layer):
    keras.utils.set_random_seed(2)
    source = keras.Input((5,), dtype="int32")
    x = layers.Embedding(9, 3)(source)  # (batch, time, units)
    model = keras.Model(source, layers.Dense(1)(layer()(x)))
    found = gradcheck(
        model, RANDOM.integers(1, 9, (4, 5)), RANDOM.normal(size=4), "mean_squared_error", samples=2
    )
    assert found.passed, str(found)


def test_convolution_pooling_and_attention():
    keras.utils.set_random_seed(3)
    source = keras.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, activation="relu")(source)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Reshape((9, 3))(x)
    x = layers.LayerNormalization()(x)
    x = layers.MultiHeadAttention(2, 4, dropout=0.2)(x, x)
    model = keras.Model(source, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    loss = keras.losses.SparseCategoricalCrossentropy()
    found = gradcheck(model, RANDOM.normal(size=(5, 8, 8, 1)), classes(5), loss, samples=2)
    assert found.passed, str(found)


@keras.saving.register_keras_serializable(package="tests")
class Wrong(layers.Layer):
    """A square whose gradient is said to be that of three times the input."""

    def call(self, x):
        return 3 * x + ops.stop_gradient(x * x - 3 * x)


def test_a_wrong_gradient_is_found():
    source = keras.Input((2,))
    model = keras.Model(source, Wrong()(layers.Dense(1, kernel_initializer="ones")(source)))
    found = gradcheck(model, np.array([[1.0, 2.0]]), np.array([0.0]), "mean_squared_error")
    assert not found.passed
    assert "disagree" in str(found)
    # d(x²)² is 2 x² · 2 x, said to be 2 x² · 3; x = 3 here.
    kernel = next(c for c in found.failures if c.index == (0, 0))
    assert kernel.numeric == pytest.approx(108, rel=1e-4 if DOUBLE else 1e-2)
    assert kernel.automatic == pytest.approx(54, rel=1e-4)


def test_a_kink_passes_with_any_slope_between():
    source = keras.Input((1,))
    model = keras.Model(
        source, layers.Dense(1, activation="relu", kernel_initializer="zeros")(source)
    )
    found = gradcheck(model, np.array([[1.0]]), np.array([1.0]), "mean_absolute_error")
    assert found.passed


def test_several_outputs_and_a_loss_of_each():
    source = keras.Input((3,))
    outputs = {
        "size": layers.Dense(1)(source),
        "kind": layers.Dense(2, activation="softmax")(source),
    }
    model = keras.Model(source, outputs)
    y = {"size": RANDOM.normal(size=(4, 1)), "kind": classes(4, 2)}
    losses = {"size": "mean_squared_error", "kind": "sparse_categorical_crossentropy"}
    assert gradcheck(model, RANDOM.normal(size=(4, 3)), y, losses).passed


def test_what_is_random_is_refused():
    @keras.saving.register_keras_serializable(package="tests")
    class Noise(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.seed = keras.random.SeedGenerator(0)

        def call(self, x):
            return x + keras.random.normal(ops.shape(x), seed=self.seed, dtype=x.dtype)

    source = keras.Input((2,))
    model = keras.Model(source, layers.Dense(1)(Noise()(source)))
    with pytest.raises(UserError, match="random"):
        gradcheck(model, np.ones((2, 2)), np.ones(2), "mean_squared_error")


def test_the_copy_gives_the_same_in_double_precision():
    model = mlp(
        (3,), 1, task="regression", hidden_layers=(4,), target={"mean": [2.0], "scale": [3.0]}
    )
    x = RANDOM.normal(size=(5, 3))
    with computing_in("float64"):
        copy = noiseless(model, "float64")
    assert {layer.compute_dtype for layer in copy.layers} == {"float64"}
    np.testing.assert_allclose(copy.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)


def test_the_session_stays_in_single_precision():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    gradcheck(model, np.ones((2, 2)), np.ones(2), "mean_squared_error", samples=1)
    assert keras.config.floatx() == "float32"
    assert keras.backend.standardize_dtype(ops.convert_to_tensor([1.0]).dtype) == "float32"


def test_every_call_finds_the_same_counters():
    """A loss that changes with a counter of the calls is checked as it stands before the first."""

    @keras.saving.register_keras_serializable(package="tests")
    class Staged(keras.layers.Layer):
        def build(self, input_shape):
            self.seen = self.add_weight(name="seen", initializer="zeros", trainable=False)

        def call(self, x):
            self.seen.assign_add(1.0)
            return keras.ops.where(self.seen < 2, x, keras.ops.square(x))

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), Staged()])
    assert gradcheck(
        model, RANDOM.normal(size=(4, 2)), RANDOM.normal(size=4), "mean_squared_error"
    ).passed


def described():
    """Eight features of four places, tokens that go in and tokens that should come out, the last
    ones padding.
    """
    random = np.random.default_rng(0)
    right = random.integers(4, 20, (4, 5))
    right[0, 3:] = 0
    given = np.roll(right, 1, axis=1)
    given[:, 0] = 2
    return random.normal(size=(4, 4, 8)).astype("float32"), given, right


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"score": "additive"}, marks=pytest.mark.slow),
        pytest.param({"score": "dot", "cell": "gru"}, marks=pytest.mark.slow),
        pytest.param({"score": None}, marks=pytest.mark.slow),
    ],
)
def test_translators_agree(options):
    _, given, right = described()
    model = seq2seq(20, 20, units=8, embedding_dimension=6, dropout_rate=0.5, **options)
    check = gradcheck(
        model, {"source": right, "target": given}, right, SequenceCrossentropy(label_smoothing=0.1)
    )
    assert check.passed, str(check)


def test_captioners_agree():
    image, given, right = described()
    model = captioner((4, 8), 20, units=8, embedding_dimension=6)
    check = gradcheck(model, {"image": image, "target": given}, right, SequenceCrossentropy())
    assert check.passed, str(check)
