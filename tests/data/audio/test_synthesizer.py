"""A note sounds at its own pitch and time, whatever else sounds."""

import numpy as np
import pytest

from kerasrecipes.data.audio.synthesizer import RATE, sound


def loudest(samples):
    return np.fft.rfftfreq(len(samples), 1 / RATE)[np.abs(np.fft.rfft(samples)).argmax()]


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440), (60, 261.63), (21, 27.5), (108, 4186)])
def test_a_note_has_its_pitch(pitch, hertz):
    assert loudest(sound([(pitch, 0.0, 1.0, 0.5)])) == pytest.approx(hertz, abs=1)


def test_notes_begin_and_end_in_time():
    samples = sound([(60, 0.5, 0.5, 1.0), (72, 2.0, 0.25, 0.2)])
    seconds = np.flatnonzero(np.abs(samples) > 1e-4) / RATE
    assert 0.5 <= seconds[0] < 0.51 and 2.25 < seconds[-1] < 2.44
    assert np.abs(samples[int(1.3 * RATE) : int(1.95 * RATE)]).max() == 0
    assert np.abs(samples).max() == pytest.approx(0.9) and samples.dtype == np.float32


def test_no_notes_are_no_sound():
    assert len(sound([])) == 0 and not sound([(60, 0.0, 0.1, 0.0)]).any()
