"""Loudness of bands tells pitch and time of an impact, and sound is made of it again."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data.synthetic.ball_clips import FPS, clip
from kerasrecipes.data.video import foley
from kerasrecipes.data.video.foley import RATE, Clip, ClipExamples, FoleyPreprocessor, prepare
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.metrics.events import event_f1
from kerasrecipes.recipe import Splits

FOLEY = FoleyPreprocessor(size=16, fps=25, bands=20, threshold=0.5)


def rings(times, hertz, seconds=2.0):
    time = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(time))
    for start, pitch in zip(times, hertz, strict=True):
        after = time >= start
        sound[after] += (
            0.4
            * np.exp(-15 * (time[after] - start))
            * np.sin(2 * np.pi * pitch * (time[after] - start))
        )
    return sound


@pytest.mark.parametrize("hertz", [300, 900, 2500])
def test_the_band_of_a_tone_is_the_loudest(hertz):
    loudness = FOLEY.loudness(rings([0.5], [hertz]))
    assert loudness.shape == (50, 20)
    best = FOLEY.centres[loudness[13:20].sum(axis=0).argmax()]
    assert abs(np.log(best / hertz)) < np.log(FOLEY.centres[1] / FOLEY.centres[0])
    # A window begins with its frame and ends with the next.
    assert loudness[:11].max() == 0


@pytest.mark.parametrize("seed", range(3))
def test_events_survive_as_sound(seed):
    random = np.random.default_rng(seed)
    times = np.arange(0.2, 1.8, 0.4) + random.uniform(-0.1, 0.1, 4)
    loudness = FOLEY.loudness(rings(times, random.uniform(300, 3000, 4)))
    events = FOLEY.events(loudness)
    assert len(events) == 4 and np.abs(events / 25 - times).max() <= 1.5 / 25
    made = FOLEY.loudness(FOLEY.decode(loudness))
    again = FOLEY.events(made)
    assert len(again) == 4 and np.abs(again - events).max() <= 1


def test_drawn_impacts_are_heard_in_their_frames():
    random = np.random.default_rng(0)
    drawn = [clip(random) for _ in range(12)]
    found = FoleyPreprocessor.fit([one.sound for one, _ in drawn], size=32, fps=FPS, bands=20)
    heard = [found.events(found.loudness(one.sound)) for one, _ in drawn]
    scores = event_f1([np.array(impacts) for _, impacts in drawn], heard, 1)
    # Impacts in neighbouring frames are one event, so that some are not counted.
    assert scores["event_precision"] > 0.97 and scores["event_recall"] > 0.75


def splits(count=4, seconds=2.0, seed=0):
    random = np.random.default_rng(seed)
    clips = [
        Clip(
            random.integers(0, 256, (round(20 * seconds), 30, 40), np.uint8),
            20.0,
            rings([0.3], [500], seconds).astype(np.float32),
        )
        for _ in range(count)
    ]
    part = ClipExamples(clips)
    return Splits(train=part, validation=part, test=part, info=Info())


def test_frames_and_sound_go_together_at_one_rate():
    made = prepare(splits(seconds=5.0), size=8, fps=10, bands=6, seconds=2.0)
    # Of five seconds two windows of two, and the rest is too short.
    assert made.test.x.shape == (8, 20, 8, 8, 1) and made.test.y.shape == (8, 20, 6)
    assert made.info.preprocessor.events(made.test.y[0]).tolist() in ([2], [3])
    again = prepare(replace(splits(seed=1), trained_info=made.info))
    assert again.test.x.shape[1:] == (20, 8, 8, 1)


def test_what_does_not_fit_in_memory_is_read_when_it_is_taken(monkeypatch):
    random = np.random.default_rng(2)
    given = splits(seconds=5.0)
    options = {"size": 8, "fps": 10, "bands": 6, "seconds": 2.0}
    whole = prepare(given, **options).train
    monkeypatch.setattr(foley, "IN_MEMORY", 0)
    lazy = prepare(given, **options).train
    assert isinstance(lazy, foley.ClipWindows) and len(lazy) == len(whole)
    for _ in range(5):
        some = random.integers(0, len(lazy), 3)
        for one, other in zip(lazy.take(some), whole.take(some), strict=True):
            np.testing.assert_array_equal(one, other)
    some = random.permutation(len(lazy))[:4]
    np.testing.assert_array_equal(lazy.select(some).take(np.arange(4))[0], whole.x[some])


@pytest.mark.parametrize(
    ("options", "error"),
    [({"seconds": 3.0}, "smaller seconds"), ({"bands": 1}, "bands=1"), ({"fps": 500}, "fps=500")],
)
def test_windows_that_cannot_be_cut_are_refused(options, error):
    with pytest.raises(UserError, match=error):
        prepare(splits(), **options)


def test_silence_is_refused():
    silent = ClipExamples([Clip(np.zeros((50, 8, 8), np.uint8), 25.0, np.zeros(RATE, np.float32))])
    given = Splits(train=silent, validation=silent, test=silent, info=Info())
    with pytest.raises(UserError, match="all clips are silent"):
        prepare(given)
