"""Notes of tunes in ABC notation: keys, lengths, chords, ties, tuplets and voices.

Repeats are played once, and ornaments are left out.

Reference:
    [The abc music standard 2.1](https://abcnotation.com/wiki/abc:standard:v2.1)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from kerasrecipes.data.music.pieces import Sounding
from kerasrecipes.errors import UserError, excerpt

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"  # in the order in which signatures have them
# Sharps of the major key of each tone, and how many a mode has more or less.
_MAJOR = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F": -1}
_MODES = {"maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3}
_MODES |= {"phr": -4, "loc": -5, "lyd": 1}
_LEFT_OUT = re.compile(r'"[^"]*"|![^!]*!|\+[^+\s]*\+|\{[^}]*\}|%.*|\\\s*$|&')
_LENGTH = r"(?P<length>\d*(?:/+\d*)*)"
_NOTE = re.compile(rf"(?P<sign>[_^=]*)(?P<letter>[A-Ga-g])(?P<octave>[,']*){_LENGTH}(?P<tie>-?)")
_REST = re.compile(rf"[zxZX]{_LENGTH}")
_CHORD = re.compile(rf"\[(?P<notes>[^\]:|]+)\]{_LENGTH}(?P<tie>-?)")
_INLINE = re.compile(r"\[(?P<name>[A-Z]):(?P<value>[^\]]*)\]")
_TUPLET = re.compile(r"\((?P<count>\d)(?::(?P<time>\d?)(?::(?P<notes>\d?))?)?")
_BAR = re.compile(r"[|:]+|\[\d|\]")


@dataclass
class _Voice:
    """Where a voice is, and what it has played."""

    now: Fraction = Fraction(0)
    accidentals: dict[tuple[str, int], int] = field(default_factory=dict)
    tied: dict[int, int] = field(default_factory=dict)  # pitch: index of the note that goes on
    notes: list[Sounding] = field(default_factory=list)
    tuplet: tuple[int, Fraction] = (0, Fraction(1))
    broken: Fraction = Fraction(1)  # what the next note is longer or shorter by


class _Tune:
    def __init__(self) -> None:
        self.unit: Fraction | None = None
        self.metre = Fraction(1)
        self.signature: dict[str, int] = {}
        self.voices: dict[str, _Voice] = {}
        self.voice = self.voices.setdefault("1", _Voice())

    def set_field(self, name: str, value: str) -> None:
        """Obey a line or bracket such as `K:D`."""
        value = value.partition("%")[0].strip()
        if name == "L" and (match := re.fullmatch(r"(\d+)/(\d+)", value)) and int(match[2]):
            self.unit = 4 * Fraction(int(match[1]), int(match[2]))
        elif name == "M" and (match := re.fullmatch(r"(\d+)/(\d+)", value)) and int(match[2]):
            self.metre = Fraction(int(match[1]), int(match[2]))
        elif name == "K":
            self.signature = signature(value)
        elif name == "V" and value:
            self.voice = self.voices.setdefault(value.split()[0], _Voice())

    @property
    def length(self) -> Fraction:
        """Beats of a note without a number: an eighth, of short bars a sixteenth."""
        if self.unit is not None:
            return self.unit
        return Fraction(1, 2) if self.metre >= Fraction(3, 4) else Fraction(1, 4)

    def read(self, line: str) -> None:
        """Play a line."""
        line, place = _LEFT_OUT.sub("", line), 0
        while place < len(line):
            place = self._read_at(line, place)

    def _read_at(self, line: str, place: int) -> int:
        voice = self.voice
        if match := _INLINE.match(line, place):
            self.set_field(match["name"], match["value"])
        elif match := _TUPLET.match(line, place):
            count = int(match["count"])
            time = int(match["time"] or (3 if count in (2, 4, 8) else 2))
            notes = int(match["notes"] or count)
            voice.tuplet = notes, Fraction(time, max(1, count))
        elif match := _CHORD.match(line, place):
            inner = list(_NOTE.finditer(match["notes"]))
            first = length_of(inner[0]["length"]) if inner else Fraction(1)
            beats = self._beats(first * length_of(match["length"]), line, match.end())
            for note in inner:
                self._play(note, beats, bool(match["tie"] or note["tie"]))
            self._advance(beats)
        elif match := _NOTE.match(line, place):
            beats = self._beats(length_of(match["length"]), line, match.end())
            self._play(match, beats, bool(match["tie"]))
            self._advance(beats)
        elif match := _REST.match(line, place):
            self._advance(self._beats(length_of(match["length"]), line, match.end()))
        elif match := _BAR.match(line, place):
            voice.accidentals.clear()
        return match.end() if match else place + 1

    def _beats(self, length: Fraction, line: str, end: int) -> Fraction:
        """Return the beats of a note, of a tuplet or of a pair such as `A>B`."""
        voice = self.voice
        left, factor = voice.tuplet
        beats = length * self.length * (factor if left else 1) * voice.broken
        voice.tuplet = max(0, left - 1), factor
        after = line[end:].lstrip()[:1]
        voice.broken = Fraction(1)
        if after in ("<", ">"):
            longer, shorter = Fraction(3, 2), Fraction(1, 2)
            voice.broken = shorter if after == ">" else longer
            beats *= longer if after == ">" else shorter
        return beats

    def _advance(self, beats: Fraction) -> None:
        self.voice.now += beats
        now = self.voice.now
        # What was not gone on with at once is tied no more.
        self.voice.tied = {
            pitch: index
            for pitch, index in self.voice.tied.items()
            if self.voice.notes[index].end == float(now)
        }

    def _play(self, match: re.Match[str], beats: Fraction, tie: bool) -> None:
        voice, letter = self.voice, match["letter"]
        octave = int(letter.islower()) + match["octave"].count("'") - match["octave"].count(",")
        place = letter.upper(), octave
        if match["sign"]:
            change = match["sign"].count("^") - match["sign"].count("_")
            voice.accidentals[place] = change
        change = voice.accidentals.get(place, self.signature.get(place[0], 0))
        pitch = 60 + 12 * octave + _STEPS[place[0]] + change
        start, end = float(voice.now), float(voice.now + beats)
        if pitch in voice.tied:
            index = voice.tied.pop(pitch)
            voice.notes[index] = voice.notes[index]._replace(end=end)
        else:
            index = len(voice.notes)
            voice.notes.append(Sounding(pitch, start, end))
        if tie:
            voice.tied[pitch] = index


def signature(key: str) -> dict[str, int]:
    """Return how much the signature of a key raises or lowers each letter.

    Args:
        key: such as `D`, `Bb`, `F#m` or `A dorian`; anything else has no signature.
    """
    match = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", key)
    if not match:
        return {}
    word = match[3].lower()
    mode = _MODES.get("m" if word == "m" else word[:3], 0)
    count = _MAJOR[match[1]] + 7 * ({"#": 1, "b": -1}.get(match[2], 0)) + mode
    letters, change = (_SHARPS, 1) if count > 0 else (_FLATS, -1)
    return dict.fromkeys(letters[: min(7, abs(count))], change)


def length_of(text: str) -> Fraction:
    """Return the factor that a length such as `3/2`, `/` or `//` stands for.

    Args:
        text: as it stands behind a note.
    """
    number, *parts = text.split("/")
    found = Fraction(int(number or 1))
    for part in parts:
        found /= int(part or 2) or 1
    return found


def tunes(text: str) -> list[list[Sounding]]:
    """Read the tunes of a text.

    Args:
        text: in ABC notation; a line `X:` begins each tune.

    Returns:
        The notes of each tune that has some, with times in beats.

    Raises:
        UserError: if no tune has notes.
    """
    found: list[list[Sounding]] = []
    tune, in_body = _Tune(), False
    for line in [*text.splitlines(), "X:"]:
        header = re.match(r"([A-Za-z]):(.*)", line)
        if header and header[1] == "X":
            notes = [note for voice in tune.voices.values() for note in voice.notes]
            found += [notes] if notes else []
            tune, in_body = _Tune(), False
        elif header:
            tune.set_field(header[1], header[2])
            in_body |= header[1] == "K"
        elif in_body and line.strip():
            tune.read(line)
    if not found:
        start = excerpt(text.strip()) or "nothing"
        raise UserError(f"expected ABC with notes after a line K:, received '{start}'")
    return found
