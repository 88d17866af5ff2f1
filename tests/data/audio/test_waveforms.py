"""Codes of µ-law are as fine as they should be, and each is told by those before it."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data.audio.speech import SpeechExamples
from kerasrecipes.data.audio.waveforms import SILENCE, WavePreprocessor, prepare
from kerasrecipes.data.audio.waves import ArrayWaves
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits

MULAW = WavePreprocessor(sample_rate=8000)


def test_codes_survive_and_quiet_samples_are_fine():
    codes = np.arange(256)
    np.testing.assert_array_equal(MULAW(MULAW.decode(codes)), codes)
    assert MULAW(np.zeros(1))[0] == SILENCE and MULAW(np.array([-5.0, 5.0])).tolist() == [0, 255]
    samples = np.random.default_rng(0).uniform(-1, 1, 10_000).astype(np.float32)
    error = np.abs(MULAW.decode(MULAW(samples)) - samples)
    # A step is a share of the loudness: an eighth of a level in 256 of the logarithm.
    assert (error <= 0.5 / 128 * np.log(256) * (np.abs(samples) + 1 / 255) * 1.03).all()


def given(count=9, rate=8000, lengths=(300, 900), seed=0):
    random = np.random.default_rng(seed)
    rows = [
        random.uniform(-1, 1, random.integers(*lengths)).astype(np.float32) for _ in range(count)
    ]
    part = SpeechExamples(
        ArrayWaves(Ragged.of(rows), rate),
        [("yes", "no", "so")[n % 3] for n in range(count)],
        [("ann", "bob")[n % 2] for n in range(count)],
    )
    return Splits(train=part, validation=part, test=part, info=Info()), rows


def test_each_code_has_the_one_before_it():
    splits, rows = given()
    made = prepare(splits, crop=200)
    assert made.info.classes == ("no", "so", "yes") and made.info.preprocessor.condition == "words"
    x, y, weight = made.test.take(np.arange(9))
    for number, row in enumerate(rows):
        count = len(row)
        np.testing.assert_array_equal(y[number, :count], MULAW(row))
        np.testing.assert_array_equal(x["samples"][number, 1:count], MULAW(row)[:-1])
        assert (
            weight[number].sum() == count
            and made.info.classes[x["label"][number]]
            == (
                "yes",
                "no",
                "so",
            )[number % 3]
        )
    assert (x["samples"][:, 0] == SILENCE).all()


def test_training_cuts_out_what_is_drawn_and_the_same_again():
    splits, rows = given()
    train = prepare(splits, crop=100).train
    x, y, weight = train.take(np.arange(9))
    assert y.shape[1] < 120 and (weight.sum(axis=1) == 100).all()
    starts = []
    for number, row in enumerate(rows):
        codes = np.concatenate([[SILENCE], MULAW(row)])
        windows = np.lib.stride_tricks.sliding_window_view(codes, 101)
        found = np.flatnonzero((windows[:, 1:] == y[number, :100]).all(axis=1))
        assert len(found) and x["samples"][number, 0] in codes[found]
        starts.append(int(found[0]))
    assert len(set(starts)) > 4
    np.testing.assert_array_equal(y, train.take(np.arange(9))[1])


def test_one_speaker_or_none_and_other_data():
    splits, _ = given()
    only = prepare(splits, speaker="ann", condition="speaker")
    assert only.info.classes == ("ann",) and len(only.train) == 5
    assert prepare(splits, condition="none").info.classes is None
    judged = prepare(replace(given(seed=1)[0], trained_info=only.info))
    assert len(judged.test) == 5 and any("of other classes" in note for note in judged.notes)


@pytest.mark.parametrize(("options", "error"), [({"speaker": "eve"}, "unknown speaker 'eve'")])
def test_who_does_not_speak_is_named(options, error):
    with pytest.raises(UserError, match=error):
        prepare(given()[0], **options)


def test_recordings_of_no_length_are_left_out():
    splits, rows = given(4)
    waves = ArrayWaves(Ragged.of([*rows, np.zeros(0, np.float32)]), 8000)
    part = SpeechExamples(waves, ["a"] * 5, ["b"] * 5)
    made = prepare(replace(splits, train=part))
    assert len(made.train) == 4 and any("of no length" in note for note in made.notes)


def test_another_rate_is_resampled():
    splits, rows = given(rate=16000)
    made = prepare(splits, sample_rate=8000)
    assert [len(row) for row in made.test.codes(np.arange(9))] == [-(-len(r) // 2) for r in rows]
