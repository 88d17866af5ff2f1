"""Pooling layers against a loop."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.diagnosis.gradient_check import gradcheck
from kerasrecipes.errors import UserError
from kerasrecipes.layers.pooling import L2Pooling2D, MinPooling2D

IMAGES = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype("float32")


def by_loop(images, size, stride, padding, reduce, outside):
    height, width = images.shape[1:3]
    if padding == "same":
        rows, columns = -(-height // stride[0]), -(-width // stride[1])
        more = [
            max((n - 1) * s + k - m, 0)
            for n, s, k, m in zip((rows, columns), stride, size, (height, width), strict=True)
        ]
        margins = [(0, 0), *((m // 2, m - m // 2) for m in more), (0, 0)]
        images = np.pad(images, margins, constant_values=outside)
    else:
        rows, columns = (
            (m - k) // s + 1 for m, k, s in zip((height, width), size, stride, strict=True)
        )
    out = np.zeros((len(images), rows, columns, images.shape[3]))
    for i in range(rows):
        for j in range(columns):
            field = images[
                :, i * stride[0] : i * stride[0] + size[0], j * stride[1] : j * stride[1] + size[1]
            ]
            out[:, i, j] = reduce(field)
    return out


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("size, stride", [((2, 2), (2, 2)), ((3, 2), (1, 2)), ((3, 3), (2, 3))])
@pytest.mark.parametrize(
    "layer, reduce, outside",
    [
        (MinPooling2D, lambda field: field.min((1, 2)), np.inf),
        (L2Pooling2D, lambda field: np.sqrt((field**2).sum((1, 2))), 0),
    ],
)
def test_pooling(layer, reduce, outside, size, stride, padding):
    pooling = layer(size, stride, padding)
    found = ops.convert_to_numpy(pooling(IMAGES))
    np.testing.assert_allclose(
        found, by_loop(IMAGES, size, stride, padding, reduce, outside), rtol=1e-5
    )
    assert pooling.compute_output_shape(IMAGES.shape) == found.shape
    symbolic = pooling(keras.Input((None, None, 3)))
    assert symbolic.shape == (None, None, None, 3)


@pytest.mark.parametrize("layer", [MinPooling2D(2), L2Pooling2D((2, 3), 1, "same", epsilon=1e-6)])
def test_layers_survive_saving(tmp_path, layer):
    source = keras.Input((5, 7, 3))
    model = keras.Model(source, layer(source))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


def test_the_gradient_of_a_field_of_zeros_is_a_number():
    source = keras.Input((2, 2, 1))
    weighted = keras.layers.Dense(1, use_bias=False)(source)
    model = keras.Model(source, L2Pooling2D(2)(weighted))
    assert gradcheck(
        model, np.ones((1, 2, 2, 1)), np.ones((1, 1, 1, 1)), "mean_squared_error"
    ).passed
    model.compile(optimizer="sgd", loss="mse")
    model.fit(np.zeros((1, 2, 2, 1)), np.ones((1, 1, 1, 1)), verbose=0)
    assert np.isfinite(model.get_weights()[0]).all()


@pytest.mark.parametrize(
    "options", [{"pool_size": 0}, {"pool_size": (1, 2, 3)}, {"padding": "half"}]
)
def test_what_cannot_be_is_refused(options):
    with pytest.raises(UserError):
        MinPooling2D(**options)
