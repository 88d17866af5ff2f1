"""Decoders of captions: step by step they say what they say at once."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.caption_decoder import (
    LateAttentionDecoder,
    LateFusionDecoder,
    RegionEmbedding,
)

SIZE, UNITS, TIME = 11, 6, 5


def made(kind, cell, layers=1, **options):
    keras.utils.set_random_seed(0)
    decoder = kind(SIZE, 4, UNITS, cell=cell, num_layers=layers, **options)
    random = np.random.default_rng(0)
    given = [random.normal(size=(3, 7)).astype(np.float32)]
    if kind is LateAttentionDecoder:
        given.append(random.normal(size=(3, 9, 8)).astype(np.float32))
    return decoder, given, random.integers(1, SIZE, (3, TIME)).astype(np.int32)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (LateFusionDecoder, {"score": "none"}),
        (LateAttentionDecoder, {}),
        (LateAttentionDecoder, {"score": "general"}),
    ],
)
def test_steps_give_what_all_at_once_gives(kind, options, cell, tied):
    decoder, given, tokens = made(kind, cell, layers=2, tied_embeddings=tied, **options)
    whole = np.asarray(decoder(tokens, *given))
    assert whole.shape == (3, TIME, SIZE)
    fixed, state = decoder.start(*map(keras.ops.convert_to_tensor, given))
    for place in range(TIME):
        logits, state = decoder.step(tokens[:, place], state, fixed)
        np.testing.assert_allclose(logits, whole[:, place], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "options"), [(LateFusionDecoder, {"score": "none"}), (LateAttentionDecoder, {})]
)
def test_half_precision_answers_with_a_state_of_one_kind(kind, options):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        decoder, given, tokens = made(kind, "lstm", **options)
        whole = np.asarray(decoder(tokens, *given), np.float32)
    finally:
        keras.config.set_dtype_policy(before)
    fixed, state = decoder.start(*(keras.ops.cast(part, "bfloat16") for part in given))
    kinds = [part.dtype for part in keras.tree.flatten(state)]
    for place in range(TIME):
        logits, state = decoder.step(tokens[:, place], state, fixed)
        assert [part.dtype for part in keras.tree.flatten(state)] == kinds
        np.testing.assert_allclose(np.asarray(logits, np.float32), whole[:, place], atol=0.05)


def test_a_look_depends_on_the_word_just_read():
    decoder, given, tokens = made(LateAttentionDecoder, "lstm")
    decoder(tokens, *given)
    weights = np.asarray(decoder.alignment(tokens, *given))
    assert weights.shape == (3, TIME, 9)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)
    other = tokens.copy()
    other[:, 2] = other[:, 2] % (SIZE - 1) + 1
    changed = np.abs(np.asarray(decoder.alignment(other, *given)) - weights).max(axis=(0, 2))
    assert changed[:2].max() == 0 and changed[2] > 0


def test_the_image_reaches_the_words_late_but_does():
    decoder, (summary,), tokens = made(LateFusionDecoder, "gru", score="none")
    whole = np.asarray(decoder(tokens, summary))
    assert np.abs(np.asarray(decoder(tokens, summary + 1)) - whole).max() > 1e-3


def test_places_are_told_apart():
    layer = RegionEmbedding()
    same = np.ones((2, 4, 3), np.float32)
    given = np.asarray(layer(same))
    assert len(np.unique(given[0].round(4), axis=0)) == 4
    np.testing.assert_array_equal(given[0], given[1])
