"""Answers about sound: samples and notes to listen to, and words with the times at which they are
said.
"""

from __future__ import annotations

import csv
import io
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar, NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageDraw

from kerasrecipes.answers import markup
from kerasrecipes.answers.answer import Answer
from kerasrecipes.data.audio import synthesizer
from kerasrecipes.metrics.names import number

_TICKS = 480  # of a MIDI file, per beat
# Of a picture of notes: pixels of a key, of a beat at most, and of all beats if they fit.
_KEY, _BEAT, _WIDEST = 8, 32, 2400
_PLAYED = 90  # seconds of notes that a page plays; longer sound would make it heavy
_LINE, _PAUSE = 42, 1.0  # characters of a subtitle, and seconds without a word that end one


@dataclass(frozen=True, kw_only=True, eq=False)
class Audio(Answer):
    """Sound.

    Args:
        samples: `(samples,)` or `(samples, channels)`, from -1 to 1.
        sample_rate: samples per second.
    """

    kind: ClassVar[str] = "audio"

    samples: np.ndarray
    sample_rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.sample_rate

    def entries(self) -> dict[str, Any]:
        """Return the entries of the mapping, the length in seconds among them."""
        return {**super().entries(), "seconds": self.seconds}

    def said(self, top: int = 1) -> str:
        """Say how long it is."""
        return f"{self.seconds:.1f} s of sound at {self.sample_rate:,} samples a second"

    def shown(self) -> str:
        """Show a player, and how long it is."""
        sound = markup.data_uri(self.wav(), "audio/wav")
        return f'<audio controls src="{sound}"></audio><br>{super().shown()}'

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of WAV and JSON."""
        return {".wav": self.wav, **super().files()}

    def wav(self) -> bytes:
        """Return a WAV file of 16 bits a sample; samples beyond -1 and 1 are clipped."""
        samples = np.nan_to_num(np.asarray(self.samples, np.float32))
        pcm = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2")
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(pcm.shape[1] if pcm.ndim == 2 else 1)
            file.setsampwidth(2)
            file.setframerate(self.sample_rate)
            file.writeframes(pcm.tobytes())
        return buffer.getvalue()


class Note(NamedTuple):
    """A note of music.

    Args:
        pitch: MIDI number, of which 60 is the middle C.
        start: in beats from the beginning.
        length: in beats.
        velocity: how hard it is struck, from 1 to 127.
    """

    pitch: int
    start: float
    length: float
    velocity: int = 80


@dataclass(frozen=True, kw_only=True, eq=False)
class Midi(Answer):
    """Music as notes.

    Args:
        melody: the notes, in any order.
        tempo: beats per minute.
    """

    kind: ClassVar[str] = "midi"

    melody: Sequence[Note]
    tempo: float = 120.0

    def said(self, top: int = 1) -> str:
        """Say how many notes there are."""
        return f"{len(self.melody):,} notes at {number(self.tempo)} beats a minute"

    def shown(self) -> str:
        """Show a player where it is short, the notes as a picture, and how many there are."""
        roll, player = markup.data_uri(self.roll(), "image/png"), ""
        beats = max((note.start + note.length for note in self.melody), default=0.0)
        if 60 * beats / self.tempo <= _PLAYED:
            sound = markup.data_uri(self.wav(), "audio/wav")
            player = f'<audio controls src="{sound}"></audio><br>'
        return f'{player}<img src="{roll}" alt="piano roll"><br>{super().shown()}'

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of MIDI, of sound, of a picture and of JSON."""
        own = {".mid": self.midi, ".midi": self.midi, ".wav": self.wav, ".png": self.roll}
        return {**own, **super().files()}

    def wav(self) -> bytes:
        """Return a WAV file, as a small synthesiser plays the notes."""
        beat = 60 / self.tempo
        played = (
            (note.pitch, note.start * beat, note.length * beat, note.velocity / 127)
            for note in self.melody
        )
        return Audio(samples=synthesizer.sound(played), sample_rate=synthesizer.RATE).wav()

    def roll(self) -> bytes:
        """Return a PNG of the notes, time to the right, pitch upwards; each C is a line."""
        pitches = [note.pitch for note in self.melody] or [60]
        low, high = min(pitches) - 3, max(pitches) + 3
        beats = max((note.start + note.length for note in self.melody), default=1.0)
        across = max(2, min(_BEAT, round(_WIDEST / max(1.0, beats))))
        size = (max(1, int(np.ceil(beats))) * across + 1, (high - low + 1) * _KEY + 1)
        picture = PIL.Image.new("RGB", size, "#ffffff")
        draw = PIL.ImageDraw.Draw(picture)
        for beat in range(0, int(beats) + 1, 4):
            draw.line([(beat * across, 0), (beat * across, size[1])], "#e6eaee")
        for pitch in range(-(-low // 12) * 12, high + 1, 12):
            draw.line(
                [(0, (high - pitch + 1) * _KEY), (size[0], (high - pitch + 1) * _KEY)], "#b9c3cd"
            )
        for note in self.melody:
            left, top = note.start * across, (high - note.pitch) * _KEY
            right = max(left + 1, (note.start + note.length) * across - 1)
            draw.rectangle([left, top + 1, right, top + _KEY - 1], fill="#0b62a8")
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        return buffer.getvalue()

    def midi(self) -> bytes:
        """Return a Standard MIDI File of one track.

        Reference:
            [Standard MIDI Files 1.0](https://midi.org/standard-midi-files-specification).
        """
        events = []
        for note in self.melody:
            start, stop = note.start * _TICKS, (note.start + note.length) * _TICKS
            events.append((round(stop), 0, (0x80, note.pitch, 0)))
            events.append((round(start), 1, (0x90, note.pitch, note.velocity)))
        # A note ends before the next one of its pitch begins, which would be cut off otherwise.
        events.sort()
        track = b"\x00\xff\x51\x03" + round(60e6 / self.tempo).to_bytes(3, "big")
        now = 0
        for time, _, message in events:
            track += _variable_length(time - now) + bytes(message)
            now = time
        track += b"\x00\xff\x2f\x00"
        header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, _TICKS)
        return header + struct.pack(">4sI", b"MTrk", len(track)) + track


def _variable_length(number: int) -> bytes:
    """Write seven bits a byte, the highest first; all bytes but the last have their top bit set."""
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(0x80 | (number & 0x7F))
    return bytes(reversed(found))


class Segment(NamedTuple):
    """A word, and when it is said.

    Args:
        text: the word.
        start: seconds from the beginning.
        end: seconds from the beginning.
        probability: geometric mean of those of its symbols, from 0 to 1.
    """

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Transcript(Answer):
    """What is said in a recording.

    Args:
        text: all of it.
        segments: its words with their times.
        seconds: how long the recording is.
    """

    kind: ClassVar[str] = "transcript"

    text: str
    segments: Sequence[Segment] = ()
    seconds: float = 0.0

    def said(self, top: int = 1) -> str:
        """Write the words, each with the time at which it begins and ends."""
        return "  ".join(f"{s.text} {s.start:.2f}–{s.end:.2f} s" for s in self.segments)

    def shown(self) -> str:
        """Show the time at which each word begins above it."""
        return " ".join(
            f"<ruby>{escape(item.text)}<rt>{markup.faint(f'{item.start:.2f} s')}</rt></ruby>"
            for item in self.segments
        )

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of plain text, JSON, a table of the words, and subtitles."""
        text = f"{self.text}\n".encode("utf-8", "replace")
        own = {".txt": lambda: text, ".csv": self.table, ".srt": self.subtitles}
        return {**super().files(), **own}

    def table(self) -> bytes:
        """Return a CSV with a row for each word."""
        found = io.StringIO()
        rows = csv.writer(found, lineterminator="\n")
        rows.writerow(Segment._fields)
        rows.writerows(self.segments)
        return found.getvalue().encode("utf-8", "replace")

    def subtitles(self) -> bytes:
        """Return subtitles in the form of SubRip, as many words together as a line holds."""
        lines: list[list[Segment]] = []
        for item in self.segments:
            length = sum(len(other.text) + 1 for other in lines[-1]) if lines else 0
            pause = item.start - lines[-1][-1].end if lines else 0.0
            if not lines or length + len(item.text) > _LINE or pause > _PAUSE:
                lines.append([])
            lines[-1].append(item)
        blocks = [
            f"{number}\n{_clock(row[0].start)} --> {_clock(row[-1].end)}\n"
            + " ".join(item.text for item in row)
            for number, row in enumerate(lines, start=1)
        ]
        return ("\n\n".join(blocks) + "\n").encode("utf-8", "replace")


def _clock(seconds: float) -> str:
    """Write a time as subtitles have it, `00:01:02,345`."""
    whole = round(1000 * seconds)
    minutes, milliseconds = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"
