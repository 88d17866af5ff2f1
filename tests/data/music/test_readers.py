"""Notes of MIDI files and of ABC tunes are those that were written, broken files are refused."""

import io

import numpy as np
import pytest

from kerasrecipes.answers.sound import Midi, Note
from kerasrecipes.data.music import abc_reader
from kerasrecipes.data.music.abc_reader import tunes
from kerasrecipes.data.music.midi_reader import notes_of
from kerasrecipes.errors import UserError

mido = pytest.importorskip("mido")


@pytest.mark.parametrize("seed", range(3))
def test_what_was_written_as_midi_is_read(seed):
    random = np.random.default_rng(seed)
    # A key is not struck while it sounds.
    melody = [
        Note(
            int(pitch), 4 * place + float(random.integers(4)) / 4, float(random.integers(1, 12)) / 4
        )
        for place, pitch in enumerate(random.integers(21, 109, 30))
    ]
    found = notes_of(Midi(melody=melody).midi())
    assert sorted(found) == sorted((n.pitch, n.start, n.start + n.length) for n in melody)


def written(*messages, channel=0):
    score = mido.MidiFile(ticks_per_beat=4)
    track = mido.MidiTrack()
    score.tracks.append(track)
    for kind, note, velocity, time in messages:
        track.append(mido.Message(kind, note=note, velocity=velocity, time=time, channel=channel))
    buffer = io.BytesIO()
    score.save(file=buffer)
    return buffer.getvalue()


def test_notes_that_overlap_or_never_end():
    found = notes_of(
        written(
            ("note_on", 60, 9, 0),
            ("note_on", 60, 9, 4),  # struck while it sounds
            ("note_on", 60, 0, 4),  # without velocity is off
            ("note_on", 64, 9, 0),
            ("note_off", 72, 0, 8),  # was never on
        )
    )
    assert sorted(found) == [(60, 0, 1), (60, 1, 2), (64, 2, 4)]


BAD_MIDI = {
    "no notes": (lambda: Midi(melody=[]).midi(), "has no notes"),
    "drums alone": (
        lambda: written(("note_on", 60, 9, 0), ("note_off", 60, 0, 4), channel=9),
        "no notes, but of drums",
    ),
    "cut off": (lambda: Midi(melody=[Note(60, 0, 1)]).midi()[:-7], "cannot be read as MIDI"),
    "other": (lambda: b"MThd" + bytes(3), "cannot be read as MIDI"),
    "noise": (lambda: np.random.default_rng(0).bytes(200), "cannot be read as MIDI"),
}


@pytest.mark.parametrize(("content", "error"), BAD_MIDI.values(), ids=BAD_MIDI)
def test_midi_without_music_is_refused(content, error):
    with pytest.raises(UserError, match=error):
        notes_of(content())


def pitches(body, key="C", header="L:1/4"):
    return [(n.pitch, n.start, n.end) for n in tunes(f"X:1\n{header}\nK:{key}\n{body}\n")[0]]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("C c C, c'", [(60, 0, 1), (72, 1, 2), (48, 2, 3), (84, 3, 4)]),
        ("C2 D/ E3/2 F//", [(60, 0, 2), (62, 2, 2.5), (64, 2.5, 4), (65, 4, 4.25)]),
        ("^F F | F _B =B", [(66, 0, 1), (66, 1, 2), (65, 2, 3), (70, 3, 4), (71, 4, 5)]),
        ("[CEG]2 z c", [(60, 0, 2), (64, 0, 2), (67, 0, 2), (72, 3, 4)]),
        ("C-C D-E", [(60, 0, 2), (62, 2, 3), (64, 3, 4)]),
        ("A>B A<B", [(69, 0, 1.5), (71, 1.5, 2), (69, 2, 2.5), (71, 2.5, 4)]),
        ("(3CDE F", [(60, 0, 2 / 3), (62, 2 / 3, 4 / 3), (64, 4 / 3, 2), (65, 2, 3)]),
        ('"Am" !trill! {cd} C % D', [(60, 0, 1)]),
        ("C [L:1/8] C [K:D] F", [(60, 0, 1), (60, 1, 1.5), (66, 1.5, 2)]),
        ("|: C :| [1 D", [(60, 0, 1), (62, 1, 2)]),
    ],
)
def test_abc_is_read_as_it_sounds(body, wanted):
    np.testing.assert_allclose(pitches(body), wanted)


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("C", {}),
        ("G", {"F": 1}),
        ("D", {"F": 1, "C": 1}),
        ("Bb", {"B": -1, "E": -1}),
        ("Am", {}),
        ("F#m", {"F": 1, "C": 1, "G": 1}),
        ("C minor", {"B": -1, "E": -1, "A": -1}),
        ("D dorian", {}),
        ("G mix", {}),
        ("none", {}),
    ],
)
def test_signatures_are_those_of_the_circle_of_fifths(key, changed):
    assert abc_reader.signature(key) == changed


def test_voices_sound_together_and_tunes_are_apart():
    text = "X:1\nL:1/4\nK:C\nV:1\nC D\nV:2\nE2\n\nX:2\nM:2/4\nK:C\nC D\n"
    first, second = tunes(text)
    assert sorted(first) == [(60, 0, 1), (62, 1, 2), (64, 0, 2)]
    # Without a unit, that of a short bar is a sixteenth.
    assert [note.end for note in second] == [0.25, 0.5]


@pytest.mark.parametrize("text", ["", "no music here", "X:1\nK:C\nz z z\n", "\x00" * 9])
def test_abc_without_notes_is_refused(text):
    with pytest.raises(UserError, match="expected ABC with notes"):
        tunes(text)
