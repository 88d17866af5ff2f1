"""Encodings and pooling leave padding out."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.text_encodings import BagOfWords, IntegerEncoding, OneHot, PoolOverTime

TOKENS = np.array([[3, 1, 3, 0], [2, 0, 0, 0]], np.int32)


def test_encodings():
    one_hot = keras.ops.convert_to_numpy(OneHot(5)(TOKENS))
    assert (
        one_hot.shape == (2, 4, 5)
        and (one_hot.argmax(-1) == TOKENS).all()
        and (one_hot.sum(-1) == 1).all()
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(IntegerEncoding(5)(TOKENS))[..., 0], TOKENS / 5
    )
    bag = keras.ops.convert_to_numpy(BagOfWords(5)(TOKENS))
    assert bag.tolist() == [[0, 1, 0, 1, 0], [0, 0, 1, 0, 0]]
    inputs = keras.Input((None,), dtype="int32")
    assert [kind(5)(inputs).shape for kind in (OneHot, IntegerEncoding, BagOfWords)] == [
        (None, None, 5),
        (None, None, 1),
        (None, 5),
    ]


def test_encodings_mask_padding_unless_told_not_to():
    for kind in (OneHot, IntegerEncoding):
        assert (
            keras.ops.convert_to_numpy(kind(5).compute_mask(TOKENS)).tolist()
            == (TOKENS > 0).tolist()
        )
        assert kind(5, mask_zero=False).compute_mask(TOKENS) is None


def test_pooling_over_time_leaves_padding_out():
    x = np.array(
        [[[1.0, -4.0], [3.0, -2.0], [99.0, 99.0]], [[-5.0, 7.0], [99.0, 99.0], [99.0, 99.0]]],
        np.float32,
    )
    mask = np.array([[True, True, False], [True, False, False]])
    expected = {
        "max": [[3, -2], [-5, 7]],
        "mean": [[2, -3], [-5, 7]],
        "max_mean": [[3, -2, 2, -3], [-5, 7, -5, 7]],
    }
    for how, values in expected.items():
        layer = PoolOverTime.from_config(PoolOverTime(how).get_config())
        assert keras.ops.convert_to_numpy(layer(x, mask=mask)).tolist() == values
        assert layer.compute_output_shape((None, None, 2)) == (None, len(values[0]))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(PoolOverTime("mean")(x)), x.mean(axis=1), rtol=1e-6
    )
    with pytest.raises(UserError, match="'max'"):
        PoolOverTime("maxx")
