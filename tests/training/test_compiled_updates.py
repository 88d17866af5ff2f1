import keras
import numpy as np
import pytest

from kerasrecipes.training.compiled_updates import CompiledUpdates, compiled_outputs


def linear():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1))
    return model


def loss(online, frozen, batch):
    errors = online(batch["x"])[:, 0] - batch["y"] - 0 * frozen(batch["x"])[:, 0]
    return keras.ops.mean(errors**2), errors


def batches(steps, random):
    return {
        "x": random.normal(size=(steps, 5, 2)).astype("float32"),
        "y": random.normal(size=(steps, 5)).astype("float32"),
    }


@pytest.mark.parametrize("steps", [1, 3])
def test_steps_of_one_call_are_those_of_gradient_descent(steps):
    model, given = linear(), batches(steps, np.random.default_rng(0))
    kernel, bias = (np.array(weight) for weight in model.get_weights())
    losses, errors = CompiledUpdates(model, loss)(given)
    for step in range(steps):
        error = (given["x"][step] @ kernel)[:, 0] + bias - given["y"][step]
        assert losses[step] == pytest.approx(float((error**2).mean()), rel=1e-4)
        np.testing.assert_allclose(errors[step], error, rtol=1e-3, atol=1e-5)
        kernel = kernel - 0.1 * 2 * (given["x"][step].T @ error)[:, None] / 5
        bias = bias - 0.1 * 2 * error.mean()
    for found, wanted in zip(model.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
    assert int(model.optimizer.iterations) == steps


def test_the_frozen_copy_stays_until_it_is_renewed():
    model = linear()
    updates = CompiledUpdates(model, loss)
    before = [np.array(weight) for weight in model.get_weights()]
    updates(batches(2, np.random.default_rng(0)))
    for found, wanted in zip(updates.frozen.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, wanted)
    updates.freeze()
    np.testing.assert_array_equal(updates.frozen.get_weights()[0], model.get_weights()[0])
    assert (updates.frozen.get_weights()[0] != before[0]).any()


def test_outputs_follow_the_weights():
    model, x = linear(), np.array([[1, 2], [3, 4]], np.uint8)
    outputs = compiled_outputs(model)
    for _ in range(2):
        kernel, bias = model.get_weights()
        np.testing.assert_allclose(outputs(x), x @ kernel + bias, rtol=1e-5, atol=1e-6)
        model.set_weights([kernel + 1, bias - 1])
