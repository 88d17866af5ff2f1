"""Recordings as batches: joined, faster and slower, and left out where they are too short."""

import numpy as np
import pytest

from kerasrecipes.data.audio.speech import SpeechExamples, prepare
from kerasrecipes.data.audio.waves import ArrayWaves
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits
from tests.data.audio.sounds import tone

RATE = 1000


def spoken(transcripts, seconds, speakers=None):
    random = np.random.default_rng(0)
    rows = [tone(random, length, RATE) for length in seconds]
    names = speakers or ["somebody"] * len(transcripts)
    return SpeechExamples(ArrayWaves(Ragged.of(rows), RATE), transcripts, names)


def prepared(examples, **settings):
    given = Splits(train=examples, validation=examples, test=examples, info=Info())
    return prepare(given, **settings)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_a_recording_needs_a_frame_for_each_symbol_and_between_equal_ones(stride):
    frame = stride / 100
    transcripts = ["abc", "abc", "aab", "aab"]
    seconds = [3 * frame, 2.5 * frame, 4 * frame, 3.5 * frame]
    splits = prepared(spoken(transcripts, seconds), stride=stride, speed=0.0)
    assert splits.test.transcripts == ["abc", "aab"]
    assert "left out: 2 test recordings too short for their transcripts" in splits.notes
    with pytest.raises(UserError, match="no training recording is long enough"):
        prepared(spoken(["abc"], [frame]), stride=stride)


def test_joined_recordings_are_of_one_speaker_and_stay_the_same():
    names = ["anna", "ben"] * 6
    words = [f"{name} {number}" for number, name in enumerate(names)]
    splits = prepared(spoken(words, [0.6] * 12, names), joined=3, tokenization="words")
    test = splits.test
    for text, name in zip(test.transcripts, names, strict=True):
        assert set(text.split()[::2]) == {name} and len(text.split()) % 2 == 0
    assert max(len(text.split()) for text in test.transcripts) == 6
    again = prepared(spoken(words, [0.6] * 12, names), joined=3, tokenization="words").test
    assert again.transcripts == test.transcripts


def test_a_batch_is_the_same_whenever_it_is_taken_and_others_differ():
    splits = prepared(spoken(["abc", "cab", "bca"], [0.5, 0.4, 0.6]), speed=0.3)
    first, same = (splits.train.take(np.array([0, 2])) for _ in range(2))
    np.testing.assert_array_equal(first[0]["samples"], same[0]["samples"])
    other = splits.train.take(np.array([0, 1]))
    width = min(len(first[0]["samples"][0]), len(other[0]["samples"][0]))
    assert (first[0]["samples"][0, :width] != other[0]["samples"][0, :width]).any()
    # What is judged is as it was said.
    x, y = splits.test.take(np.array([0]))[:2]
    said = y[0][y[0] > 0]  # 0 is padding
    assert x["length"].tolist() == [500] and splits.info.preprocessor.decode(said) == "abc"
