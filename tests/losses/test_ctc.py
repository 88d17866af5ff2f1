"""CTC: values and gradients are those of the sum over all alignments."""

import itertools

import keras
import numpy as np
import pytest

from kerasrecipes.diagnosis.measurement import differentiate
from kerasrecipes.layers.spectrogram import BlankPadding
from kerasrecipes.losses.ctc import CTC, NEVER, frames_needed, real_frames


def log_softmax(logits):
    highest = logits.max(-1, keepdims=True)
    return logits - highest - np.log(np.exp(logits - highest).sum(-1, keepdims=True))


def by_all_paths(logits, labels):
    """Sum the probabilities of all paths, one by one."""
    rows, total = log_softmax(np.asarray(logits, np.float64)), 0.0
    for path in itertools.product(range(rows.shape[1]), repeat=len(rows)):
        kept = [s for n, s in enumerate(path) if n == 0 or s != path[n - 1]]
        if [s for s in kept if s] == list(labels):
            total += np.exp(sum(row[s] for row, s in zip(rows, path, strict=True)))
    return -np.log(total) if total else np.inf


def drawn(seed, rows=6, frames=5, symbols=3):
    """Draw logits, how many frames each row has, and labels, some of them impossible."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (rows, frames, symbols)).astype("float32")
    lengths = random.integers(1, frames + 1, rows)
    labels = np.zeros((rows, frames), "int32")
    for row in labels:
        count = random.integers(0, frames)
        row[:count] = random.integers(1, symbols, count)
    lengths[0], labels[0] = frames, 0  # nothing is said
    lengths[1], labels[1] = frames, [1, 1, 1, 1, 0]  # needs seven frames
    lengths[2] = 1
    labels[2] = [1, *[0] * (frames - 1)]
    return logits, lengths, labels


def padded(logits, lengths):
    mask = np.arange(logits.shape[1]) < lengths[:, None]
    certain = np.array([0.0, *[NEVER] * (logits.shape[2] - 1)], "float32")
    return np.where(mask[..., None], logits, certain), mask


@pytest.mark.parametrize("seed", range(6))
def test_values_are_those_of_all_paths_and_what_is_impossible_counts_as_0(seed):
    logits, lengths, labels = drawn(seed)
    given, _ = padded(logits, lengths)
    found = keras.ops.convert_to_numpy(CTC(reduction=None)(labels, given))
    expected = [
        by_all_paths(row[:length], [label for label in said if label])
        for row, length, said in zip(logits, lengths, labels, strict=True)
    ]
    assert np.isinf(expected).any()
    np.testing.assert_allclose(found, np.where(np.isinf(expected), 0, expected), rtol=1e-4)
    assert (found >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_differences_and_none_in_padding(seed):
    logits, lengths, labels = drawn(seed)
    loss = CTC(reduction="sum")

    def total(values):
        mask = np.arange(logits.shape[1]) < lengths[:, None]
        return loss(labels, BlankPadding(dtype="float32")(values[0], mask=mask)), {}

    _, _, (gradient,) = differentiate(total, [keras.ops.convert_to_tensor(logits)])
    gradient = keras.ops.convert_to_numpy(gradient)
    assert np.isfinite(gradient).all()
    for row, length in enumerate(lengths):
        assert (gradient[row, length:] == 0).all()
        said = [label for label in labels[row] if label]
        if np.isinf(by_all_paths(logits[row, :length], said)):
            assert (gradient[row] == 0).all()
            continue
        changed = logits[row, :length].astype(np.float64)
        for place in itertools.product(range(length), range(3)):
            ends = []
            for step in (1e-4, -1e-4):
                moved = changed.copy()
                moved[place] += step
                ends.append(by_all_paths(moved, said))
            assert gradient[row][place] == pytest.approx((ends[0] - ends[1]) / 2e-4, abs=2e-3)


def test_frames_are_counted_as_repetitions_need_them():
    labels = np.array([[1, 1, 2, 0], [0, 0, 0, 0], [2, 2, 2, 2], [1, 2, 1, 0]], "int32")
    assert keras.ops.convert_to_numpy(frames_needed(labels)).tolist() == [4, 0, 7, 3]
    given, _ = padded(np.zeros((2, 4, 3), "float32"), np.array([4, 1]))
    assert keras.ops.convert_to_numpy(real_frames(given)).tolist() == [4, 1]


def test_it_is_restored_from_its_configuration():
    loss = CTC(reduction="sum")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, CTC) and again.reduction == "sum"
