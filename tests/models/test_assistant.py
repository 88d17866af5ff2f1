"""The assistant's network: shapes, and padding that changes nothing."""

import keras
import numpy as np

from kerasrecipes.models.assistant import assistant

SMALL = {"alphabet_size": 20, "letters": 5, "units": 6, "intent_units": 3, "character_units": 4}


def test_padding_never_changes_an_answer():
    keras.utils.set_random_seed(0)
    model = assistant(30, 3, 4, embedding_dimension=7, **SMALL)
    random = np.random.default_rng(0)
    words, letters = random.integers(1, 30, (2, 8)), random.integers(1, 20, (2, 8, 5))
    words[1, 3:] = letters[1, 3:] = 0
    outputs = model({"words": words, "letters": letters})
    assert outputs["intent"].shape == (2, 3) and outputs["slots"].shape == (2, 8, 4)
    alone = model({"words": words[1:, :3], "letters": letters[1:, :3]})
    np.testing.assert_allclose(outputs["intent"][1:], alone["intent"], atol=1e-5)
    np.testing.assert_allclose(outputs["slots"][1:, :3], alone["slots"], atol=1e-5)


def test_it_is_saved_and_loaded_in_safe_mode(tmp_path):
    model = assistant(30, 3, 4, characters="none", units=6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    words = {"words": np.arange(1, 17).reshape(2, 8)}
    for name, output in model(words).items():
        np.testing.assert_allclose(output, loaded(words)[name], atol=1e-6)
