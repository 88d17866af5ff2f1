"""Sound of another rate, and played faster, is what it would be."""

import numpy as np
import pytest

from kerasrecipes.data.audio.waves import ArrayWaves, FileWaves, faster, resampled
from kerasrecipes.data.ragged import Ragged
from tests.data.audio.sounds import tone, write


@pytest.mark.parametrize("pair", [(8000, 16000), (44100, 8000), (22050, 16000), (11025, 8001)])
def test_a_sine_stays_a_sine_at_another_rate(pair):
    rate, wanted = pair
    sine = np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate).astype(np.float32)
    found = resampled(sine, rate, wanted)
    assert len(found) == -(-len(sine) * wanted // rate) and found.dtype == np.float32
    expected = np.sin(2 * np.pi * 440 * np.arange(len(found)) / wanted)
    inside = slice(200, -200)  # the filter begins with silence
    np.testing.assert_allclose(found[inside], expected[inside], atol=0.02)


def test_what_the_new_rate_cannot_hold_is_gone():
    high = np.sin(2 * np.pi * 7000 * np.arange(16000) / 16000).astype(np.float32)
    assert np.abs(resampled(high, 16000, 8000)[100:-100]).max() < 0.05


def test_nothing_has_no_samples_at_any_rate():
    empty = np.zeros(0, np.float32)
    assert len(resampled(empty, 8000, 16000)) == 0


def test_faster_is_higher():
    sine = np.sin(2 * np.pi * 200 * np.arange(8000) / 8000).astype(np.float32)
    found = faster(sine, 1.25)
    assert len(found) == 6400
    assert np.abs(np.fft.rfft(found)).argmax() * 8000 / len(found) == pytest.approx(250, abs=1.3)


def test_files_and_arrays_give_the_same_samples(tmp_path):
    random = np.random.default_rng(0)
    rows = [tone(random, seconds) for seconds in (0.1, 0.3, 0.2)]
    files = [str(write(tmp_path / f"{n}.wav", row)) for n, row in enumerate(rows)]
    lengths = np.array([len(row) for row in rows])
    on_disk = FileWaves(files, np.full(3, 8000), lengths)
    memory = ArrayWaves(Ragged.of(rows), 8000)
    assert memory.lengths.tolist() == lengths.tolist() and memory.rates.tolist() == [8000] * 3
    for one, other in zip(on_disk.read([2, 0]), memory.read([2, 0]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert on_disk.name(1) == files[1] and memory.name(1) is None
