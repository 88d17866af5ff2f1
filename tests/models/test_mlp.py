"""Dense models: their shape, their settings, and what lives inside them."""

import keras
import numpy as np
import pytest

from kerasrecipes import heads
from kerasrecipes.errors import UserError
from kerasrecipes.models.mlp import CONSTANT, mlp

RANDOM = np.random.default_rng(0)


def names(model):
    return [layer.__class__.__name__ for layer in model.layers]


def test_parameters_of_a_4_3_2_1_net():
    assert mlp((4,), 1, task="binary", hidden_layers=(3, 2)).count_params() == 26


def test_without_hidden_layers_the_model_is_linear():
    model = mlp((5,), 2, task="regression", hidden_layers=())
    a, b = RANDOM.normal(size=(2, 4, 5))
    both = model.predict(a + b, verbose=0) + model.predict(0 * a, verbose=0)
    np.testing.assert_allclose(
        both, model.predict(a, verbose=0) + model.predict(b, verbose=0), atol=1e-5
    )


@pytest.mark.parametrize(
    "task, units, activation",
    [
        ("binary", 1, "sigmoid"),
        ("multiclass", 3, "softmax"),
        ("multiclass_one_hot", 3, "softmax"),
        ("multilabel", 3, "sigmoid"),
        ("regression", 2, "linear"),
        ("signed", 1, "linear"),
    ],
)
def test_the_head_follows_the_task(task, units, activation):
    model = mlp((4,), units, task=task)
    assert model.output_shape == (None, units)
    assert model.layers[-1].activation.__name__ == activation == heads.find(task).activation


def test_batch_normalization_before_and_after_the_activation():
    before = names(mlp((4,), 3, hidden_layers=(5,), batch_normalization="before"))
    after = names(mlp((4,), 3, hidden_layers=(5,), batch_normalization="after"))
    assert before[1:-1] == ["Dense", "BatchNormalization", "Activation"]
    assert after[1:-1] == ["Dense", "Activation", "BatchNormalization"]
    assert names(mlp((4,), 3, hidden_layers=(5,), batch_normalization=True)) == before
    plain = names(mlp((4,), 3, hidden_layers=(5,), batch_normalization="none"))
    assert (
        plain
        == names(mlp((4,), 3, hidden_layers=(5,), batch_normalization=False))
        == ["InputLayer", "Dense", "Dense"]
    )


@pytest.mark.parametrize(
    "activation", ["sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "swish"]
)
@pytest.mark.parametrize("normalization", ["none", "before"])
def test_every_activation_saves_and_loads(tmp_path, activation, normalization):
    model = mlp(
        (4,), 3, hidden_layers=(5,), activation=activation, batch_normalization=normalization
    )
    x = RANDOM.normal(size=(6, 4))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)


@pytest.mark.parametrize(
    "initializer, deviation",
    [
        ("glorot_normal", np.sqrt(2 / 800)),
        ("he_normal", np.sqrt(2 / 400)),
        ("he_uniform", np.sqrt(2 / 400)),
        ("lecun_normal", np.sqrt(1 / 400)),
        ("glorot_uniform", np.sqrt(2 / 800)),
        ("orthogonal", np.sqrt(1 / 400)),
    ],
)
def test_initial_weights_spread_as_their_name_says(initializer, deviation):
    model = mlp((400,), 3, hidden_layers=(400,), initializer=initializer)
    kernel = model.get_layer("hidden_1").get_weights()[0]
    assert kernel.std() == pytest.approx(deviation, rel=0.03)


def test_units_that_start_alike_stay_alike():
    """Zeros do not learn at all behind relu; a constant keeps all hidden units equal for ever."""
    x, y = RANDOM.normal(size=(64, 4)), RANDOM.integers(0, 2, 64)
    for initializer, value in (("zeros", 0.0), ("constant", CONSTANT)):
        model = mlp((4,), 1, task="binary", hidden_layers=(6,), initializer=initializer)
        assert np.all(model.get_layer("hidden_1").get_weights()[0] == np.float32(value))
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="binary_crossentropy")
        model.fit(x, y, epochs=3, verbose=0)
        kernel = model.get_layer("hidden_1").get_weights()[0]
        np.testing.assert_allclose(kernel, kernel[:, :1] * np.ones((1, 6)), atol=1e-6)
        assert np.all(kernel == 0) == (initializer == "zeros")


def test_penalties_are_the_sums_of_absolute_values_and_squares():
    model = mlp((4,), 3, hidden_layers=(5,), l1=0.1, l2=0.01)
    kernels = [layer.get_weights()[0] for layer in model.layers if layer.get_weights()]
    expected = sum(0.1 * np.abs(kernel).sum() + 0.01 * (kernel**2).sum() for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_raw_inputs_are_normalized_and_answers_are_in_the_targets_units():
    x = RANDOM.normal([1000, -3], [200, 0.1], (50, 2))
    inputs = {"mean": x.mean(0).tolist(), "variance": x.var(0).tolist()}
    model = mlp(
        (2,),
        1,
        task="regression",
        hidden_layers=(),
        inputs=inputs,
        target={"mean": [50.0], "scale": [7.0]},
    )
    kernel = model.get_layer("answer").get_weights()[0]
    expected = 50 + 7 * ((x - x.mean(0)) / x.std(0)) @ kernel
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4)


def test_images_are_normalized_by_one_number_and_flattened(tmp_path):
    model = mlp((8, 6, 1), 4, inputs={"mean": 100.0, "variance": 2500.0}, hidden_layers=(5,))
    images = RANDOM.integers(0, 256, (3, 8, 6, 1), dtype=np.uint8)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        again.predict(images, verbose=0), model.predict(images, verbose=0), rtol=1e-6
    )
    assert model.get_layer("hidden_1").get_weights()[0].shape == (48, 5)


@pytest.mark.parametrize(
    "options",
    [
        {"hidden_layers": (0,)},
        {"dropout_rate": 1.0},
        {"l1": -1.0},
        {"task": "binry"},
        {"task": "binary"},
    ],
)
def test_what_cannot_be_is_refused(options):
    with pytest.raises(UserError):
        mlp((4,), 3, **options)
