"""Layers on words and their letters."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.recurrent import recurrent
from kerasrecipes.layers.word_embeddings import (
    ConcatFeatures,
    Embedding,
    TimeDistributedRNN,
    WordDropout,
)


def test_word_dropout_hides_words_in_training_alone():
    words = np.tile(np.array([[5, 6, 7, 8, 0, 0]], np.int32), (500, 1))
    layer = WordDropout(0.25, seed=1)
    np.testing.assert_array_equal(layer(words), words)
    hidden = np.asarray(layer(words, training=True))
    assert (hidden[:, 4:] == 0).all()
    assert set(np.unique(hidden[hidden != words])) == {1}
    assert 0.2 < (hidden[:, :4] == 1).mean() < 0.3
    assert (np.asarray(layer(words, training=True)) != hidden).any()
    with pytest.raises(UserError, match="word_dropout_rate=1"):
        WordDropout(1.0)


def test_features_beside_each_other_keep_the_words_mask():
    words = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(9, 3, mask_zero=True)(words)
    both = ConcatFeatures()([vectors, layers.Embedding(9, 2)(words)])
    assert both.shape == (None, None, 5)
    model = keras.Model(words, layers.LSTM(4, go_backwards=True)(both))
    short = np.array([[3, 4]], np.int32)
    np.testing.assert_allclose(model(short), model(np.array([[3, 4, 0, 0]], np.int32)), atol=1e-6)


def test_each_word_is_read_alone():
    inner = recurrent("gru", 5, bidirectional=True)
    letters = keras.Input((None, 4), dtype="int32")
    model = keras.Model(
        letters, TimeDistributedRNN(inner)(layers.Embedding(9, 3, mask_zero=True)(letters))
    )
    spelled = np.array([[[1, 2, 0, 0], [3, 4, 5, 6]], [[3, 4, 5, 6], [0, 0, 0, 0]]], np.int32)
    outputs = np.asarray(model(spelled))
    assert outputs.shape == (2, 2, 10)
    np.testing.assert_allclose(outputs[0, 1], outputs[1, 0], atol=1e-6)
    longer = np.pad(spelled, [(0, 0), (0, 3), (0, 0)])
    np.testing.assert_allclose(np.asarray(model(longer))[:, :2], outputs, atol=1e-6)


def test_clipping_sees_the_whole_gradient_of_a_repeated_word():
    inputs = keras.Input((None,), dtype="int32")
    outputs = layers.GlobalAveragePooling1D()(
        Embedding(5, 2, embeddings_initializer="zeros")(inputs)
    )
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.SGD(1.0, global_clipnorm=1.0),
        lambda y_true, y_pred: ops.sum(-3 * y_pred, axis=-1),
    )
    model.train_on_batch(np.full((1, 6), 4, "int32"), np.zeros((1, 2)))
    expected = np.zeros((5, 2))
    expected[4] = np.sqrt(0.5)  # the gradient, (-3, -3), is cut to length 1
    np.testing.assert_allclose(model.layers[1].get_weights()[0], expected, atol=1e-6)
