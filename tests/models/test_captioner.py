"""Networks that caption: shapes, saving, and padding that changes nothing."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.captioner import captioner, feature_extractor


@pytest.mark.parametrize(
    ("decoder", "shape"), [("attention", (9, 6)), ("inject", (6,)), ("merge", (6,))]
)
def test_they_tell_the_next_word_whatever_the_padding(decoder, shape, tmp_path):
    keras.utils.set_random_seed(0)
    model = captioner(shape, 12, decoder=decoder, units=8, embedding_dimension=5)
    random = np.random.default_rng(0)
    given = {
        "image": random.normal(size=(2, *shape)).astype(np.float32),
        "target": random.integers(1, 12, (2, 4)).astype(np.int32),
    }
    logits = np.asarray(model(given))
    assert logits.shape == (2, 4, 12)
    longer = {**given, "target": np.pad(given["target"], [(0, 0), (0, 4)])}
    np.testing.assert_allclose(np.asarray(model(longer))[:, :4], logits, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(given), logits, atol=1e-6)


def test_the_small_base_gives_every_place_its_colour():
    places, whole = (
        feature_extractor("small", 64, "attention"),
        feature_extractor("small", 64, "merge"),
    )
    pixels = np.zeros((1, 64, 64, 3), np.uint8)
    pixels[:, :32, :, 0] = 255
    features = np.asarray(places(pixels))
    assert features.shape == (1, 64, 3 + 16 + 32 + 64) and whole.output_shape == (None, 115)
    np.testing.assert_allclose(features[0, :24, 0], 1, atol=1e-5)
    np.testing.assert_allclose(features[0, 40:, 0], -1, atol=1e-5)
    np.testing.assert_allclose(np.asarray(whole(pixels))[0], features[0].mean(axis=0), atol=1e-4)
    assert not places.trainable_variables
