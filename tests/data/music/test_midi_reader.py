"""Notes of MIDI files are those that were written, broken files are refused."""

import io

import numpy as np
import pytest

from kerasrecipes.answers.sound import Midi, Note
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
