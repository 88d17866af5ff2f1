"""The tagger's network: shapes, and padding that changes nothing."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.tagger import tagger

SMALL = {
    "alphabet_size": 20,
    "letters": 5,
    "units": 6,
    "embedding_dimension": 7,
    "character_units": 4,
}


def sentences(random, lengths, longest):
    words = np.zeros((len(lengths), longest), np.int32)
    letters = np.zeros((len(lengths), longest, 5), np.int32)
    for row, length in enumerate(lengths):
        words[row, :length] = random.integers(1, 30, length)
        letters[row, :length, :3] = random.integers(1, 20, (length, 3))
    return {"words": words, "letters": letters}


@pytest.mark.parametrize("cell", ["simple_rnn", "lstm", "gru"])
@pytest.mark.parametrize("characters", ["convolution", "recurrent", "none"])
def test_padding_and_order_never_change_a_prediction(cell, characters):
    keras.utils.set_random_seed(0)
    model = tagger(30, 4, cell=cell, characters=characters, num_layers=2, **SMALL)
    lengths = [3, 8, 1]
    given = sentences(np.random.default_rng(0), lengths, 8)
    if characters == "none":
        del given["letters"]
    outputs = np.asarray(model(given))
    assert outputs.shape == (3, 8, 4)
    np.testing.assert_allclose(outputs.sum(axis=-1), 1, atol=1e-5)
    order = np.array([2, 0, 1])
    padded = {
        name: np.pad(x, [(0, 0), (0, 8), *[(0, 0)] * (x.ndim - 2)])[order]
        for name, x in given.items()
    }
    again = np.asarray(model(padded))[np.argsort(order)]
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(again[row, :length], outputs[row, :length], atol=1e-5)


def test_from_one_end_alone_the_future_is_not_known():
    keras.utils.set_random_seed(0)
    given = sentences(np.random.default_rng(0), [6], 6)
    other = {name: x.copy() for name, x in given.items()}
    other["words"][0, 5] += 1
    for bidirectional in (False, True):
        model = tagger(31, 4, bidirectional=bidirectional, **SMALL)
        same = np.allclose(
            np.asarray(model(given))[0, :5], np.asarray(model(other))[0, :5], atol=1e-6
        )
        assert same is not bidirectional


def test_words_begin_with_the_vectors_that_are_given(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    model = tagger(30, 4, vectors=vectors, **SMALL)
    np.testing.assert_array_equal(model.get_layer("word_vectors").embeddings, vectors)


def test_it_is_saved_and_loaded_in_safe_mode(tmp_path):
    model = tagger(30, 4, characters="recurrent", **SMALL)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    given = sentences(np.random.default_rng(0), [3, 8], 8)
    np.testing.assert_allclose(model(given), loaded(given), atol=1e-6)
