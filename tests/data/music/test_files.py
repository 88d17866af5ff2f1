"""Music in the forms that people have it, whole and with parts that are wrong."""

import json

import numpy as np
import pytest

from kerasrecipes.answers.sound import Midi, Note
from kerasrecipes.data.music.files import MusicSource, read
from kerasrecipes.data.music.pieces import moved
from kerasrecipes.data.music.preprocessor import MusicPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def piece(random, length=12):
    return [
        sorted(random.choice(np.arange(40, 80), 3, replace=False).tolist()) for _ in range(length)
    ]


def load(path, **request):
    source = MusicSource()
    assert source.accepts(str(path))
    splits = source.load(Request(path=str(path), **request))
    return splits, [splits.train, splits.validation, splits.test]


def test_json_keeps_its_splits_and_chords(tmp_path):
    random = np.random.default_rng(0)
    given = {name: [piece(random) for _ in range(4)] for name in ("train", "valid", "test")}
    path = tmp_path / "set.json"
    path.write_text(json.dumps(given))
    _, parts = load(path)
    for part, wanted in zip(parts, given.values(), strict=True):
        found = [[(np.flatnonzero(f) + 21).tolist() for f in part.frames(n)] for n in range(4)]
        assert found == wanted and part.pieces.frames_per_beat == 1


def test_rests_and_single_notes(tmp_path):
    path = tmp_path / "set.json"
    path.write_text(json.dumps([[[], 60, [60.0, 127], -1, [0]]]))
    (frames,) = read(path)[""]
    # What is above a piano is an octave lower.
    assert [(np.flatnonzero(f) + 21).tolist() for f in frames] == [[], [60], [60, 103], [], []]


@pytest.mark.parametrize("seed", range(2))
def test_a_piece_in_another_key_is_on_the_same_side(seed, tmp_path):
    pytest.importorskip("mido")
    random = np.random.default_rng(seed)
    for number in range(12):
        chords = piece(random)
        for shift in range(3):
            notes = [Note(p + shift, n, 1) for n, chord in enumerate(chords) for p in chord]
            (tmp_path / f"{number}-{shift}.mid").write_bytes(Midi(melody=notes).midi())
    _, parts = load(tmp_path, seed=seed)
    assert sum(map(len, parts)) == 36 and not any(len(part) % 3 for part in parts)


def test_folders_name_splits_and_broken_files_are_left_out(tmp_path):
    pytest.importorskip("mido")
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        for number in range(15):
            tune = f"X:1\nL:1/4\nK:C\n{'CDEFGAB'[number % 7 :]} C{number + 1} [CEG]\n"
            (tmp_path / split / f"{number}.abc").write_text(tune)
    (tmp_path / "train" / "broken.mid").write_bytes(b"no music")
    (tmp_path / "train" / "empty.mid").write_bytes(Midi(melody=[]).midi())
    splits, parts = load(tmp_path)
    assert len(parts[2]) == 15 and len(parts[0]) + len(parts[1]) == 15
    assert any("left out 2 files" in note and "has no notes" in note for note in splits.notes)


BAD = {
    "set.json": [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("{}", "has no notes"),
        ('{"train": 3}', "expected a list of pieces"),
        ('{"other": []}', "expected pieces by train, valid and test, received 'other'"),
        ('[[["C"]]]', "expected a MIDI number"),
        ("[[[128]]]", "no MIDI number from 0 to 127"),
        ("[[[NaN]]]", "no MIDI number"),
        ("[[[]]]", "has no notes"),
    ],
    "set.abc": [("X:1\nK:C\n", "expected ABC"), ("", "expected ABC")],
    "set.mid": [("", "cannot be read as MIDI")],
}


@pytest.mark.parametrize(
    ("name", "content", "error"), [(name, *row) for name, rows in BAD.items() for row in rows]
)
def test_what_is_no_music_is_refused(name, content, error, tmp_path):
    if name.endswith(".mid"):
        pytest.importorskip("mido")
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UserError, match=error) as caught:
        MusicSource().load(Request(path=str(path)))
    assert "\n" not in str(caught.value)


def test_folders_without_music(tmp_path):
    assert not MusicSource().accepts(str(tmp_path))
    for path, error in ((tmp_path, "holds no music"), (tmp_path / "none", "no file or folder")):
        with pytest.raises(UserError, match=error):
            MusicSource().load(Request(path=str(path)))
    (tmp_path / "a.json").write_text("[[[60]]]")
    (tmp_path / "b.abc").write_text("X:1\nK:C\nC\n")
    with pytest.raises(UserError, match="one kind at a time"):
        MusicSource().load(Request(path=str(tmp_path)))


def test_frames_become_notes_again():
    frames = moved(read(b"[[60, 60, [60, 64], [], 60]]")[""][0], 2)
    notes = MusicPreprocessor(frames_per_beat=2).decode(frames)
    assert notes == [(62, 0.0, 1.5), (66, 1.0, 0.5), (62, 2.0, 0.5)]
