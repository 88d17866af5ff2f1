"""The scorer of sentences: padding changes nothing."""

import keras
import numpy as np

from kerasrecipes.models.summarizer import sentence_scorer


def test_padding_never_changes_a_score(tmp_path):
    keras.utils.set_random_seed(0)
    model = sentence_scorer(30, 3, words_per_sentence=5, sentence_units=6, units=4)
    random = np.random.default_rng(0)
    words, places = random.integers(1, 30, (2, 8, 5)), random.random((2, 8, 3)).astype(np.float32)
    words[1, 3:], places[1, 3:] = 0, 0
    outputs = np.asarray(model({"words": words, "places": places}))
    assert outputs.shape == (2, 8, 1)
    alone = model({"words": words[1:, :3], "places": places[1:, :3]})
    np.testing.assert_allclose(outputs[1:, :3], alone, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(outputs, loaded({"words": words, "places": places}), atol=1e-6)
