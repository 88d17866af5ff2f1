"""L-BFGS reaches the minimum that scikit-learn and NumPy compute, through `model.fit`."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from kerasrecipes.training.lbfgs import LBFGS


def correlated(seed, rows=150, features=6):
    """Standardised features with strong correlations, and a score of them with noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, features)) @ random.normal(size=(features, features))
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, x @ random.normal(size=features) + random.normal(0, 0.5 + seed, size=rows)


def fitted(x, y, loss, activation, steps, **options):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(1, activation=activation, **options)
    model = keras.Sequential([keras.Input((x.shape[1],)), dense])
    model.compile(optimizer=LBFGS(), loss=loss)
    history = model.fit(x, y, batch_size=len(x), epochs=steps, shuffle=False, verbose=0)
    kernel, bias = dense.get_weights()
    return kernel[:, 0], bias[0], history.history["loss"]


SEEDS = [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]


@pytest.mark.parametrize("seed", SEEDS)
def test_least_squares_of_correlated_features_are_exact(seed):
    x, y = correlated(seed)
    kernel, bias, _ = fitted(x, y, "mse", None, steps=50)
    expected = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)[0]
    np.testing.assert_allclose([*kernel, bias], expected, atol=2e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_logistic_regression_is_that_of_scikit_learn(seed):
    x, score = correlated(seed)
    y = (score > 0).astype("int32")
    penalty = keras.regularizers.L2(0.5 / len(x))
    kernel, bias, _ = fitted(
        x, y, "binary_crossentropy", "sigmoid", steps=50, kernel_regularizer=penalty
    )
    theirs = LogisticRegression(tol=1e-8, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(kernel, theirs.coef_[0], atol=5e-3)
    assert bias == pytest.approx(theirs.intercept_[0], abs=5e-3)


def test_a_step_that_goes_too_far_is_taken_back():
    """From far out Newton's step on log cosh overshoots further each time."""
    point = keras.Variable(np.array([3.0], "float32"), name="point")
    optimizer = LBFGS(learning_rate=1.0)
    optimizer.build([point])
    for _ in range(15):
        optimizer.apply([keras.ops.tanh(keras.ops.convert_to_tensor(point))])
    assert abs(float(keras.ops.convert_to_numpy(point.value)[0])) < 1e-4


def test_it_is_saved_and_loaded_by_its_configuration():
    loaded = keras.optimizers.deserialize(keras.optimizers.serialize(LBFGS(learning_rate=0.5)))
    assert isinstance(loaded, LBFGS)
    assert float(loaded.learning_rate) == pytest.approx(0.5)
