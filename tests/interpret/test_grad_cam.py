"""Grad-CAM, feature maps, filters and neighbours, where the answer is known."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.interpret import grad_cam as looking


def colour_finder():
    """A model whose first class is red and whose second is green, found by 1 x 1 convolutions."""
    inputs = keras.Input((16, 24, 3))
    x = layers.Conv2D(2, 1, use_bias=False, activation="relu", name="colours")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax", name="class")(x))
    kernel = np.zeros((1, 1, 3, 2), "float32")
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    model.get_layer("colours").set_weights([kernel])
    model.get_layer("class").set_weights([np.eye(2, dtype="float32"), np.zeros(2, "float32")])
    return model


def image():
    pixels = np.zeros((1, 16, 24, 3), "float32")
    pixels[0, 2:6, 3:9, 0] = 1  # red, above left
    pixels[0, 10:14, 14:22, 1] = 1  # green, below right, and larger
    return pixels


def test_grad_cam_finds_each_class_in_its_place():
    model = colour_finder()
    red, green, answered = (
        looking.grad_cam(model, image(), classes)[0] for classes in ([0], [1], None)
    )
    assert red.shape == (16, 24) and red[2:6, 3:9].min() > 0.9 and red[10:14, 14:22].max() < 0.1
    assert green[10:14, 14:22].min() > 0.9 and green[2:6, 3:9].max() < 0.1
    np.testing.assert_array_equal(answered, green)  # there is more of it


def test_a_model_within_a_model_is_opened():
    inner = colour_finder()
    inputs = keras.Input((16, 24, 3))
    outer = keras.Model(inputs, inner(layers.Rescaling(1.0)(inputs)))
    np.testing.assert_allclose(
        looking.grad_cam(outer, image()), looking.grad_cam(inner, image()), atol=1e-6
    )
    stacked = keras.Sequential([keras.Input((16, 24, 3)), inner])
    np.testing.assert_allclose(
        looking.grad_cam(stacked, image()), looking.grad_cam(inner, image()), atol=1e-6
    )


def test_one_score_speaks_for_both_classes():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="maps")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid", kernel_initializer="ones")(x))
    pixels = np.zeros((1, 8, 8, 1), "float32")
    pixels[0, :4] = 1
    for_it, against = (looking.grad_cam(model, pixels, [number])[0] for number in (1, 0))
    assert for_it[:3].min() > 0.9 and for_it[5:].max() < 0.1 and against.max() == 0


def test_feature_maps_are_what_the_layers_give():
    model = colour_finder()
    maps = looking.feature_maps(model, image()[0])
    assert list(maps) == ["colours"]
    np.testing.assert_allclose(maps["colours"], image()[0, ..., :2], atol=1e-6)
    with pytest.raises(UserError, match="did you mean 'colours'"):
        looking.feature_maps(model, image()[0], ["colour"])


def test_each_size_of_maps_is_shown_once():
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for _ in range(3):
        x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(layers.ZeroPadding2D(2)(x))
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    sizes = [maps.shape[0] for maps in looking.feature_maps(model, np.zeros((32, 32, 3))).values()]
    assert sizes == sorted(set(sizes), reverse=True) and sizes[0] == 32


def test_filters_and_embeddings():
    model = colour_finder()
    assert looking.filters(model).shape == (2, 1, 1, 3)
    np.testing.assert_allclose(
        looking.embeddings(model, image())[0], image()[0, ..., :2].mean(axis=(0, 1)), atol=1e-6
    )


def test_neighbours_by_angle_and_never_oneself():
    vectors = np.array([[1, 0], [10, 1], [0, 1], [0.1, 5]], float)
    assert looking.nearest(vectors, [0, 2], 2).tolist() == [[1, 3], [3, 1]]


def test_what_cannot_be_looked_into_is_refused():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(UserError, match="only a functional or sequential model"):
        looking.grad_cam(Own(), image())
    inputs = keras.Input((4,))
    with pytest.raises(UserError, match="no feature maps"):
        looking.grad_cam(keras.Model(inputs, layers.Dense(2)(inputs)), np.zeros((1, 4)))


def test_it_can_be_had_from_the_reports_without_loading_keras():
    import subprocess
    import sys

    code = (
        "import sys, kerasrecipes.reports as r;"
        "assert 'keras' not in sys.modules; r.grad_cam, r.feature_maps"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
