"""Music begins in the key that was asked for or with given bars, and is the same by its seed."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes.data.music.pieces import MusicExamples, Pieces
from kerasrecipes.data.music.preprocessor import KEYS, MusicPreprocessor, key_of
from kerasrecipes.errors import UserError
from kerasrecipes.inference.music import Player, answers, compose, held_keys, scores
from kerasrecipes.info import Info
from kerasrecipes.losses.chords import ChordLikelihood
from kerasrecipes.models.music_model import music_model
from kerasrecipes.recipe import Evaluation


@pytest.fixture(scope="module")
def run():
    keras.utils.set_random_seed(0)
    info = Info(preprocessor=MusicPreprocessor(frames_per_beat=2))
    return SimpleNamespace(model=music_model(units=8, hidden=4, num_layers=2), info=info)


def test_the_same_seed_gives_the_same_music(run):
    one, two, other = (compose(run, beats=4, seed=seed)[0] for seed in (3, 3, 4))
    assert one.midi() == two.midi() != other.midi()
    pair = compose(run, beats=4, seed=3, count=2)
    assert [piece.midi() for piece in pair] == [one.midi(), other.midi()]


@pytest.mark.parametrize(
    ("asked", "tonic", "third"),
    [
        ({"key": "D"}, 2, 4),
        ({"key": "F#m"}, 6, 3),
        ({"key": "Bb-minor"}, 10, 3),
        ({"key": "a", "mood": "sad"}, 9, 3),
        ({"key": "C♯ major", "mood": "sad"}, 1, 4),
    ],
)
def test_it_begins_with_the_chord_of_a_key(run, asked, tonic, third):
    melody = compose(run, beats=1, temperature=0, **asked)[0].melody
    tones = {note.pitch % 12 for note in melody if note.start == 0}
    assert tones == {tonic, (tonic + third) % 12, (tonic + 7) % 12}


def test_it_goes_on_from_first_bars(run, tmp_path):
    path = tmp_path / "tune.abc"
    path.write_text("X:1\nL:1/4\nK:C\nC D E F G\n")
    (piece,) = compose(run, [str(path)], first=3, beats=2)
    begun = [note for note in piece.melody if note.start < 3]
    assert [note.pitch for note in begun] == [60, 62, 64] and piece.input == str(path)
    assert max(note.start + note.length for note in piece.melody) <= 5
    assert compose(run, [path.read_bytes()], beats=1)[0].input == "-"


def test_playing_frame_by_frame_is_the_network(run):
    """The features of the state are those by which the whole network tells the next frame."""
    frames = (np.random.default_rng(0).random((6, KEYS)) < 0.1).astype(np.uint8)
    played = Player(run.model).go_on(frames, 1, np.random.default_rng(0), 0.0)
    odds = run.model.predict_on_batch(played[None])
    np.testing.assert_array_equal(played[-1], np.asarray(odds)[0, -1] > 0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"key": "H"}, "unknown key 'H'"),
        ({"key": "C moll"}, "unknown key"),
        ({"key": " "}, "unknown key"),
        ({"mood": "angry"}, "unknown mood"),
        ({"beats": 0}, "beats=0"),
        ({"temperature": -1}, "temperature=-1"),
        ({"tempo": 1}, "tempo=1"),
        ({"seed": -1}, "seed=-1"),
        ({"inputs": ["none.mid"]}, "no file or folder"),
        ({"inputs": [b"MThd"]}, "cannot be read as MIDI|need mido"),
        ({"inputs": [b"to be"]}, "expected ABC"),
    ],
)
def test_what_cannot_be_played_is_refused(run, options, error):
    with pytest.raises(UserError, match=error):
        compose(run, **options)


def test_likelihoods_are_the_loss_and_the_baseline_holds_keys(run):
    random = np.random.default_rng(0)
    rows = [np.repeat(random.random((n, KEYS)) < 0.05, 4, axis=0) for n in (3, 5, 4)]
    examples = MusicExamples(Pieces.of(rows, 2))
    found = answers(run.model, run.info, examples)
    assert [len(row) for row in found] == [4 * n - 1 for n in (3, 5, 4)]
    x, y, weight = examples.take(np.arange(3))
    loss = float(ChordLikelihood()(y, run.model.predict_on_batch(x), weight))
    evaluation = Evaluation(
        recipe="music",
        model=run.model,
        info=run.info,
        examples=examples,
        labels=None,
        outputs=found,
        metrics={},
        train=examples,
    )
    assert scores(evaluation)["nll"] == pytest.approx(loss, rel=1e-4)
    # Of what mostly stays, to know what sounds is much.
    assert held_keys(evaluation).metrics["nll"] < 88 * 0.2


def test_the_key_of_a_scale_is_found():
    for tonic in range(12):
        scale = np.zeros((1, KEYS), int)
        for step, weight in zip((0, 2, 4, 5, 7, 9, 11), (6, 2, 4, 3, 5, 2, 2), strict=True):
            scale[0, 24 + (tonic + step) % 12 + 3] = weight
        assert key_of(scale)[:2] == (tonic % 12, "major")
