"""Each key of a chord knows those below it and none above; drawing follows the same odds."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.chords import KeysInOrder, ShiftedFrames
from kerasrecipes.losses.chords import ChordLikelihood

KEYS, FEATURES = 9, 5


def layer(hidden=6, seed=0):
    keras.utils.set_random_seed(seed)
    made = KeysInOrder(hidden)
    made.build([(None, None, FEATURES), (None, None, KEYS)])
    for weight in made.weights:
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape) * 0.7)
    return made


def odds(made, features, frames):
    return keras.ops.convert_to_numpy(made([features, frames]))


@pytest.mark.parametrize("key", range(KEYS))
def test_a_key_changes_the_odds_of_those_above_it_alone(key):
    random = np.random.default_rng(key)
    features = random.normal(size=(1, 2, FEATURES)).astype(np.float32)
    frames = (random.random((1, 2, KEYS)) < 0.5).astype(np.float32)
    other = frames.copy()
    other[0, 1, key] = 1 - other[0, 1, key]
    difference = np.abs(odds(layer(), features, frames) - odds(layer(), features, other))
    # Sums of several threads differ in their last bits.
    assert difference[0, 0].max() < 1e-5 and difference[0, 1, : key + 1].max() < 1e-5
    assert (difference[0, 1, key + 1 :] > 1e-5).all()


def test_without_hidden_units_keys_are_independent():
    features = np.ones((1, 1, FEATURES), np.float32)
    one, other = (np.full((1, 1, KEYS), x, np.float32) for x in (0, 1))
    np.testing.assert_array_equal(odds(layer(0), features, one), odds(layer(0), features, other))


@pytest.mark.parametrize("hidden", [0, 6])
def test_probabilities_of_all_chords_sum_to_one(hidden):
    made, features = layer(hidden), np.random.default_rng(1).normal(size=FEATURES)
    chords = np.array([[n >> k & 1 for k in range(KEYS)] for n in range(2**KEYS)], np.float32)
    wide = np.broadcast_to(features.astype(np.float32), (1, len(chords), FEATURES))
    losses = ChordLikelihood(reduction="none")(chords[None], odds(made, wide, chords[None]))
    shares = np.exp(-keras.ops.convert_to_numpy(losses)[0].astype(np.float64))
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    # What is drawn is as frequent as that says.
    random = np.random.default_rng(2)
    drawn = np.array([made.draw(features, random, 1.0) for _ in range(800)])
    expected = (shares[:, None] * chords).sum(axis=0)
    np.testing.assert_allclose(drawn.mean(axis=0), expected, atol=0.08)
    certain = made.draw(features, random, 0.0)
    assert (certain == made.draw(features, random, 0.0)).all()


def test_past_and_present_are_one_frame_apart():
    frames = np.arange(24).reshape(2, 4, 3)
    past, present = ShiftedFrames()(frames)
    np.testing.assert_array_equal(past, frames[:, :-1])
    np.testing.assert_array_equal(present, frames[:, 1:])


def test_padding_does_not_make_a_loss_small():
    random = np.random.default_rng(0)
    y, z = (random.random((2, 6, KEYS)) < 0.3).astype(np.uint8), random.normal(size=(2, 6, KEYS))
    weight = np.ones((2, 6))
    weight[1, 2:] = 0
    wanted = (np.logaddexp(0, z) - y * z).sum(axis=-1)[weight > 0].mean()
    assert float(ChordLikelihood()(y, z, weight)) == pytest.approx(wanted, rel=1e-5)
