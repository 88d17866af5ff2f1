"""Models of the zoo are packed with weights of half precision, and measured as they are packed."""

import keras
import numpy as np
import pytest

from benchmarks import pack_zoo
from kerasrecipes import zoo


@pytest.mark.parametrize("seed", range(4))
def test_rounding_is_as_near_as_half_precision_allows(seed):
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(7, 9)) * 10.0 ** draw.integers(-12, 12, (7, 9))
    values = values.astype(np.float32)
    values[0, :3] = np.inf, np.nan, 0
    found = pack_zoo.rounded(values)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values, rtol=2**-11)
    np.testing.assert_array_equal(pack_zoo.rounded(found), found)
    counts = draw.integers(0, 9, 5)
    assert pack_zoo.rounded(counts) is counts


@pytest.mark.parametrize("seed", range(3))
def test_a_halved_model_opens_in_keras_and_answers_nearly_the_same(tmp_path, seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None, 3))
    x = keras.layers.Bidirectional(keras.layers.GRU(24))(inputs)
    x = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(x))
    model = keras.Model(inputs, keras.layers.Dense(400)(x))
    one, other = tmp_path / "one.keras", tmp_path / "other.keras"
    model.save(one)
    pack_zoo.halve(one, other)
    pack_zoo.halve(one, again := tmp_path / "again.keras")
    assert other.read_bytes() == again.read_bytes()
    assert other.stat().st_size < 0.65 * one.stat().st_size
    found = keras.saving.load_model(other)
    x = np.random.default_rng(seed).normal(size=(4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found(x)), keras.ops.convert_to_numpy(model(x)), atol=5e-3
    )
    for value in found.get_weights():
        np.testing.assert_array_equal(pack_zoo.rounded(value), value)


def test_the_table_of_the_guide_is_that_of_the_models():
    written = pack_zoo.TABLE.read_text(encoding="utf-8")
    assert pack_zoo.text(written) == written, "run: python -m benchmarks.pack_zoo"
    assert all(f"| `zoo/{name}` |" in written for name in zoo.names())
