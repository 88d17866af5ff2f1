"""The importance of a token is the gradient of the class's score times the token's vector."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.interpret.token_attribution import importance
from kerasrecipes.models.text_classifier import text_classifier

ROWS = [[5, 6, 7], [4, 3, 2, 9, 1, 6], [8], [9, 9, 4, 4, 5, 6, 7, 8, 1, 2, 3, 4]]


def padded(rows, length):
    return np.array([row + [0] * (length - len(row)) for row in rows], np.int32)


@pytest.mark.parametrize(
    "options", [{}, {"pooling": "max"}, {"encoding": "one_hot"}, {"encoding": "bag_of_words"}]
)
def test_importance_is_the_slope_of_the_score_along_each_word(options):
    keras.utils.set_random_seed(3)
    model = text_classifier(10, 3, units=6, word_dropout_rate=0.2, dropout_rate=0.2, **options)
    found = importance(model, padded(ROWS, 16), np.array([0, 1, 2, 1]))
    assert found.shape == (4, 16) and (found[padded(ROWS, 16) == 0] == 0).all()
    alone = importance(model, padded(ROWS[1:2], 6), np.array([1]))
    np.testing.assert_allclose(found[1, :6], alone[0], rtol=1e-4, atol=1e-6)
    # Together they are how the score changes as all vectors are scaled, which a small step
    # confirms.
    encode = model.get_layer("words")
    rest = keras.Model([encode.output, encode.input], model.layers[-1].input)
    tokens = keras.ops.convert_to_tensor(padded(ROWS, 16))
    vectors = encode(tokens)

    def score(factor):
        features = keras.ops.convert_to_numpy(rest([vectors * factor, tokens])).astype(np.float64)
        kernel, bias = model.layers[-1].get_weights()
        return (features @ kernel + bias)[np.arange(4), [0, 1, 2, 1]]

    step = 1e-2
    slope = (score(1 + step) - score(1 - step)) / (2 * step)
    np.testing.assert_allclose(found.sum(axis=1), slope, rtol=0.03, atol=2e-4)


def test_by_default_the_predicted_class_is_explained():
    keras.utils.set_random_seed(3)
    model = text_classifier(10, 3, units=6)
    rows = padded(ROWS, 16)
    predicted = np.asarray(keras.ops.convert_to_numpy(model(rows))).argmax(axis=-1)
    np.testing.assert_allclose(importance(model, rows), importance(model, rows, predicted))


def test_a_model_without_word_vectors_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(UserError, match="no layer 'words'"):
        importance(model, padded(ROWS[:1], 3))
