"""Log-mel features against NumPy, and what padding and masking do to them."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.spectrogram import (
    LogMelSpectrogram,
    MaskedConv1D,
    NormalizeOverTime,
    SpecAugment,
    mel_weights,
)

RATE = 8000


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def reference(samples, layer):
    """Log-mel features of one recording by NumPy's transform."""
    size, stride, length = layer.window_samples, layer.stride_samples, layer.fft_length
    padded = np.pad(samples, (0, size + stride - 1))
    # Keras centres a window within the transform.
    window = np.hanning(size + 1)[:-1]
    before = (length - size) // 2
    window = np.pad(window, (before, length - size - before))
    frames = []
    for start in range(0, len(samples), stride):
        frame = padded[start : start + length]
        frames.append(np.abs(np.fft.rfft(np.pad(frame, (0, length - len(frame))) * window)) ** 2)
    return np.array(frames) @ mel_weights(RATE, length, layer.mels, layer.lowest)


def test_each_filter_of_the_mel_scale_has_a_peak_in_its_order():
    weights = mel_weights(RATE, 256, 40, 60.0)
    assert weights.shape == (129, 40) and (weights.sum(axis=0) > 0).all()
    assert (np.diff(weights.argmax(axis=0)) >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_louder_bands_are_those_of_numpy(seed):
    random = np.random.default_rng(seed)
    time = np.arange(2000) / RATE
    pitch = random.uniform(300, 3000)
    samples = (0.5 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    layer = LogMelSpectrogram(RATE, 30)
    found = numpy(layer([samples[None], np.array([2000], np.int32)]))[0]
    assert found.shape == (-(-2000 // layer.stride_samples), 30)
    expected = reference(samples, layer)
    assert (found[5:15].argmax(axis=1) == expected[5:15].argmax(axis=1)).all()


def test_loudness_shifts_all_of_it_alike_and_silence_is_a_number():
    samples = np.random.default_rng(0).normal(0, 0.1, (1, 1600)).astype(np.float32)
    layer, length = LogMelSpectrogram(RATE, 20), np.array([1600], np.int32)
    loud, quiet = (numpy(layer([samples * factor, length])) for factor in (1.0, 0.01))
    # Which is what is subtracted over time.
    np.testing.assert_allclose(loud - quiet, 2 * np.log(100), atol=0.05)
    assert np.isfinite(numpy(layer([samples * 0, length]))).all()


def test_padding_changes_nothing_of_what_counts():
    random = np.random.default_rng(0)
    short = random.normal(0, 0.1, 1200).astype(np.float32)
    padded = np.zeros((2, 2400), np.float32)
    padded[0, :1200], padded[1] = short, random.normal(0, 0.1, 2400)
    lengths = np.array([1200, 2400], np.int32)
    inputs = {"samples": keras.Input((None,)), "length": keras.Input((), dtype="int32")}
    x = LogMelSpectrogram(RATE, 20)([inputs["samples"], inputs["length"]])
    x = NormalizeOverTime()(x)
    model = keras.Model(inputs, MaskedConv1D(4, 5, 2)(x))
    both = model.predict({"samples": padded, "length": lengths}, verbose=0)
    alone = model.predict({"samples": short[None], "length": lengths[:1]}, verbose=0)
    np.testing.assert_allclose(both[0, : alone.shape[1]], alone[0], atol=1e-3)


def test_spec_augment_hides_in_training_alone():
    features = np.random.default_rng(0).normal(1, 0.1, (4, 50, 20)).astype(np.float32)
    layer = SpecAugment(2, 0.3, 0.2, seed=0)
    np.testing.assert_array_equal(numpy(layer(features)), features)
    hidden = numpy(layer(features, training=True)) != features
    assert 0 < hidden.mean() < 0.9
    # Whole bands and whole frames.
    for one in hidden:
        bands, frames = one.all(axis=0), one.all(axis=1)
        assert (one == (bands[None, :] | frames[:, None])).all()


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(UserError, match="needs positive sizes"):
        LogMelSpectrogram(RATE, 0)
