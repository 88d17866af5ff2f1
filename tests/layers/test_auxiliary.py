"""Auxiliary classifiers add their cross-entropies to the loss, and nothing to the answer."""

import keras
import numpy as np

from kerasrecipes.layers.auxiliary import AuxiliaryClassifiers
from kerasrecipes.losses.negative_log_likelihood import NegativeLogLikelihood


def test_the_loss_in_training_is_the_weighted_sum_of_cross_entropies():
    random = np.random.default_rng(0)
    heads = [random.dirichlet(np.ones(4), 6).astype("float32") for _ in range(3)]
    labels = random.integers(0, 4, 6)
    layer = AuxiliaryClassifiers(0.3)
    assert AuxiliaryClassifiers.from_config(layer.get_config()).weight == 0.3
    np.testing.assert_array_equal(layer(heads, training=False), heads[0])
    entropies = [-np.log(head[np.arange(6), labels]).mean() for head in heads]
    loss = NegativeLogLikelihood()(labels, layer(heads, training=True))
    np.testing.assert_allclose(loss, np.dot([1, 0.3, 0.3], entropies), rtol=1e-5)


def test_of_probabilities_the_loss_is_keras_cross_entropy():
    probabilities = np.random.default_rng(1).dirichlet(np.ones(5), 8).astype("float32")
    labels = np.arange(8)[:, None] % 5
    expected = keras.losses.SparseCategoricalCrossentropy()(labels, probabilities)
    np.testing.assert_allclose(NegativeLogLikelihood()(labels, probabilities), expected, rtol=1e-5)


def test_a_head_that_is_sure_and_wrong_leaves_the_gradient_finite():
    logits = keras.Variable(np.array([[200.0, -200.0]], "float32"))
    sure = keras.ops.softmax(logits)
    loss = NegativeLogLikelihood()(
        np.array([1]), AuxiliaryClassifiers()([sure, sure], training=True)
    )
    assert np.isfinite(float(loss)) and float(loss) > 50


def test_of_rows_and_smoothed_labels_the_loss_is_keras_own():
    random = np.random.default_rng(2)
    probabilities = random.dirichlet(np.ones(3), 6).astype("float32")
    rows = random.dirichlet(np.ones(3), 6).astype("float32")
    expected = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)(rows, probabilities)
    loss = NegativeLogLikelihood(label_smoothing=0.1)
    np.testing.assert_allclose(loss(rows, probabilities), expected, rtol=1e-5)
    again = NegativeLogLikelihood.from_config(loss.get_config())
    np.testing.assert_allclose(again(rows, probabilities), expected, rtol=1e-5)
