"""Tunes in ABC are read as they sound."""

import numpy as np
import pytest

from kerasrecipes.data.music import abc_reader
from kerasrecipes.data.music.abc_reader import tunes
from kerasrecipes.errors import UserError


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
