"""Pieces are cut so that each frame is predicted once, and moved to other keys for training."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data.music.pieces import (
    MusicExamples,
    Pieces,
    Sounding,
    frames_of,
    in_any_key,
    moved,
    prepare,
)
from kerasrecipes.data.music.preprocessor import KEYS, key_of
from kerasrecipes.data.synthetic.harmonized_tunes import FRAMES_PER_BEAT, written
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits


def examples(lengths, seed=0, frames_per_beat=4):
    random = np.random.default_rng(seed)
    rows = [(random.random((length, KEYS)) < 0.05).astype(np.uint8) for length in lengths]
    return MusicExamples(Pieces.of(rows, frames_per_beat)), rows


def splits(lengths):
    part, rows = examples(lengths)
    return Splits(train=part, validation=part, test=part, info=Info()), rows


@pytest.mark.parametrize("most", [2, 3, 8, 100])
def test_every_frame_but_the_first_is_predicted_once(most):
    given, rows = splits([1, 2, 3, 17, 40])
    found = prepare(given, max_frames=most, transposed=False).test
    predicted = [found.frames(n)[1:] for n in range(len(found))]
    np.testing.assert_array_equal(np.concatenate(predicted), np.concatenate([r[1:] for r in rows]))
    assert max(len(found.frames(n)) for n in range(len(found))) <= most
    x, y, weight = found.take(np.arange(len(found)))
    assert (x[:, 1:] == y).all() and weight.sum() == sum(len(r) - 1 for r in rows)
    assert not x[:, 1:][weight == 0].any()


def test_training_pieces_are_moved_and_others_are_not():
    given, rows = splits([20] * 8)
    made = prepare(given)
    order = np.arange(8)
    for part in (made.validation, made.test):
        frames = np.concatenate([part.frames(n) for n in order])
        np.testing.assert_array_equal(frames, np.concatenate(rows))
        # Padded behind the 19 frames that are predicted.
        np.testing.assert_array_equal(part.take(order)[1][:, :19], np.stack(rows)[:, 1:])
    plain, train = made.test.take(order)[0], made.train.take(order)[0]
    shifts = []
    for one, other in zip(plain, train, strict=True):
        fitting = [s for s in range(-11, 12) if (moved(one, s) == other).all()]
        assert fitting
        shifts.append(fitting[0])
    assert len(set(shifts)) > 2
    # The same batch is moved alike again, which a resumed training relies on.
    np.testing.assert_array_equal(train, made.train.take(order)[0])


def test_steps_are_made_coarser_and_kept_for_other_data():
    given, rows = splits([20, 20])
    made = prepare(given, frames_per_beat=2)
    np.testing.assert_array_equal(made.test.frames(0), rows[0][::2])
    again = prepare(replace(given, trained_info=made.info))
    assert again.test.pieces.frames_per_beat == 2
    for wrong, error in (
        ({"frames_per_beat": 3}, "give a divisor"),
        ({"max_frames": 1}, "at least 2"),
    ):
        with pytest.raises(UserError, match=error):
            prepare(given, **wrong)
    with pytest.raises(UserError, match="no training piece"):
        prepare(splits([1, 1])[0])


@pytest.mark.parametrize("seed", range(3))
def test_moving_keeps_all_keys_and_their_distances(seed):
    part, rows = examples([9], seed)
    for shift in (-100, -3, 0, 5, 100):
        found = moved(rows[0], shift)
        assert (found.sum(axis=1) == rows[0].sum(axis=1)).all()
        assert in_any_key(MusicExamples(Pieces.of([found], 4))) == in_any_key(part)
    assert (moved(np.zeros((3, KEYS), np.uint8), 4) == 0).all()


def test_a_note_has_a_frame_at_least_and_the_keys_of_a_piano():
    frames = frames_of([Sounding(60, 0, 0.01), Sounding(5, 1, 2), Sounding(127, 1, 2)], 1)
    assert frames.shape == (2, KEYS) and frames[0].sum() == 1
    assert (np.flatnonzero(frames[1]) + 21).tolist() == [29, 103]


def test_generated_pieces_are_in_a_key_and_repeat_a_phrase():
    pieces = [frames_of(notes, FRAMES_PER_BEAT) for notes in written(24, 1)]
    assert all(frames.shape == (64, KEYS) for frames in pieces)
    assert all(key_of(frames)[2] > 0.7 for frames in pieces)
    voices = np.concatenate(pieces).sum(axis=1)
    assert voices.max() <= 4 and voices.min() >= 2
    assert {key_of(frames)[1] for frames in pieces} == {"major", "minor"}
