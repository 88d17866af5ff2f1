"""The loss of a detector attends to objects, and moves boxes where they should be."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.detection import DetectionLoss
from tests.metrics.test_box_assignment import rows

TRUTH = np.float32([[[10, 10, 30, 30, 1, 0], [0, 0, 0, 0, -1, 0]], 2 * [[0, 0, 0, 0, -1, 0]]])


def outputs(logit=-3.0):
    found = np.repeat(rows(), 2, axis=0)
    found[..., 8:] = logit
    return found


def test_focal_loss_is_cross_entropy_weighed_by_how_wrong_it_is():
    focal, entropy = DetectionLoss("focal"), DetectionLoss("crossentropy")
    background = outputs()
    value, plain = (np.asarray(one.call(TRUTH, background))[1] for one in (focal, entropy))
    p = 1 / (1 + np.exp(3))
    count = background.shape[1] * 2
    assert plain == pytest.approx(-np.log(1 - p) * count, rel=1e-4)
    assert value == pytest.approx(-0.75 * p**2 * np.log(1 - p) * count, rel=1e-4)
    none = DetectionLoss("focal", gamma=0, alpha=0.5).call(TRUTH, background)
    whole = np.asarray(entropy.call(TRUTH, background))
    # What is left are the two losses of boxes, which the factor of a half does not change.
    assert np.asarray(none)[1] == pytest.approx(whole[1] / 2, rel=1e-4)


def compiled_gradient(function):
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(jax.grad(function))
    import tensorflow as tf

    @tf.function
    def gradient(value):
        with tf.GradientTape() as tape:
            tape.watch(value)
            total = function(value)
        return tape.gradient(total, value)

    return gradient


@pytest.mark.parametrize("kind", ["giou", "diou", "iou"])
def test_boxes_are_learned_by_gradients_alone(kind):
    """From boxes that hold their location, as a detector makes them."""
    loss, place = DetectionLoss(boxes=kind), rows()
    reach = keras.Variable(np.zeros((1, place.shape[1], 4), np.float32))
    optimizer = keras.optimizers.Adam(0.1)
    rest = place[..., 4:]

    def boxes(raw):
        middle, length = place[..., 4:6], ops.exp(raw) * 8
        return ops.concatenate([middle - length[..., :2], middle + length[..., 2:], rest], -1)

    def total(raw):
        return ops.sum(loss.call(TRUTH[:1], boxes(raw)))

    gradient_of = compiled_gradient(total)
    before = float(total(reach.value))
    for _ in range(40):
        gradient = gradient_of(reach.value)
        assert np.isfinite(ops.convert_to_numpy(gradient)).all()
        optimizer.apply([gradient], [reach])
    found = ops.convert_to_numpy(boxes(reach.value))[0]
    moved = np.abs(ops.convert_to_numpy(reach.value)[0]).max(axis=-1) > 0.2
    assert moved.any() and float(total(reach.value)) < before - 0.2
    np.testing.assert_allclose(
        found[moved, :4], np.tile([10, 10, 30, 30], (moved.sum(), 1)), atol=2
    )


def test_it_is_finite_for_extreme_answers_and_comes_back_from_its_config():
    loss = DetectionLoss("crossentropy", "diou", gamma=1.0, alpha=0.5, box_weight=2.0)
    again = DetectionLoss.from_config(loss.get_config())
    for logit in (-80.0, 80.0):
        value = np.asarray(again.call(TRUTH, outputs(logit)))
        assert np.isfinite(value).all()
        np.testing.assert_allclose(value, np.asarray(loss.call(TRUTH, outputs(logit))))
