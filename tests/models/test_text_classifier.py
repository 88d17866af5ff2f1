"""Text classifiers: padding and company never change an answer."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.text_classifier import text_classifier

ROWS = [[5, 6, 7], [4, 3, 2, 9, 1, 6], [8], [9, 9, 4, 4, 5, 6, 7, 8, 1, 2, 3, 4]]


def padded(rows, length):
    return np.array([row + [0] * (length - len(row)) for row in rows], np.int32)


def answers(model, x):
    return keras.ops.convert_to_numpy(model(x))


@pytest.mark.parametrize(
    "options",
    [
        {"bidirectional": True, "num_layers": 2, "pooling": "max_mean"},
        {"cell": "gru", "bidirectional": True, "encoding": "one_hot"},
        {"cell": "simple_rnn", "pooling": "mean", "encoding": "integer"},
        {"encoding": "bag_of_words"},
        {"encoder": "cnn"},
        {"encoder": "cnn", "kernel_sizes": (2,), "pooling": "mean"},
        {"encoder": "transformer", "num_heads": 1, "num_layers": 2, "pooling": "max_mean"},
    ],
)
def test_padding_and_company_never_change_an_answer(options):
    keras.utils.set_random_seed(1)
    model = text_classifier(10, 3, units=6, dropout_rate=0.3, word_dropout_rate=0.3, **options)
    alone = np.concatenate([answers(model, padded([row], len(row))) for row in ROWS])
    np.testing.assert_allclose(alone.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(alone - alone[0]).max() > 1e-4
    order = [2, 0, 3, 1]
    for length in (12, 40):
        together = answers(model, padded([ROWS[n] for n in order], length))
        np.testing.assert_allclose(together, alone[order], rtol=1e-4, atol=1e-6)


def test_the_heads_of_grades_are_probabilities_and_numbers():
    keras.utils.set_random_seed(1)
    grades = answers(text_classifier(10, 4, units=6, head="ordinal"), padded(ROWS, 12))
    np.testing.assert_allclose(grades.sum(axis=1), 1, rtol=1e-5)
    assert grades.shape == (4, 4)
    assert answers(text_classifier(10, 4, units=6, head="number"), padded(ROWS, 12)).shape == (4, 1)
    for setting in ("head", "encoder"):
        with pytest.raises(UserError, match=f"unknown {setting} 'x'"):
            text_classifier(10, 4, **{setting: "x"})


def test_unmasked_padding_is_read_like_a_word():
    keras.utils.set_random_seed(1)
    model = text_classifier(10, 2, units=6, masked=False)
    assert (
        np.abs(answers(model, padded(ROWS[:1], 3)) - answers(model, padded(ROWS[:1], 40))).max()
        > 1e-3
    )


def test_padding_changes_no_gradient_either():
    def trained(length):
        keras.utils.set_random_seed(1)
        model = text_classifier(10, 2, units=6, pooling="max_mean", bidirectional=True)
        model.compile("sgd", "binary_crossentropy")
        model.train_on_batch(padded(ROWS, length), np.array([[1.0], [0.0], [1.0], [0.0]]))
        return model.get_weights()

    for one, other in zip(trained(12), trained(32), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_it_is_saved_and_loaded_in_safe_mode(tmp_path):
    for encoding in ("embedding", "one_hot", "bag_of_words"):
        model = text_classifier(
            10, 2, encoding=encoding, pooling="max", units=4, word_dropout_rate=0.1
        )
        model.save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
        x = padded(ROWS, 16)
        np.testing.assert_allclose(answers(loaded, x), answers(model, x), rtol=1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="vocabulary_size=5000 or less"):
        text_classifier(20_000, 2, encoding="one_hot")
    with pytest.raises(UserError, match="'one_hot'"):
        text_classifier(10, 2, encoding="onehot")
    with pytest.raises(UserError, match="of 10 tokens, received 9"):
        text_classifier(10, 2, vectors=np.zeros((9, 50)))
    with pytest.raises(UserError, match="encoding=embedding"):
        text_classifier(10, 2, encoding="integer", vectors=np.zeros((10, 50)))
    model = text_classifier(10, 2, vectors=np.ones((10, 5)))
    assert (model.get_layer("words").get_weights()[0] == 1).all()
