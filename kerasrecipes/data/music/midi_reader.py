"""Notes of MIDI files, by mido."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from kerasrecipes.data.files import open_regular, shown
from kerasrecipes.data.music.pieces import Sounding
from kerasrecipes.errors import UserError

_DRUMS = 9  # the channel whose notes have no pitch
_LONGEST = 20_000  # beats, three hours; a file that says more is broken


def notes_of(source: str | Path | bytes) -> list[Sounding]:
    """Read the notes of all tracks but drums.

    Args:
        source: a MIDI file, or the content of one.

    Returns:
        The notes, with times in beats.

    Raises:
        UserError: if it is no MIDI file, has no notes, or mido is not installed.
    """
    name = shown(source)
    try:
        import mido
    except ImportError as error:
        raise UserError(
            f"{name}: MIDI files need mido: pip install 'kerasrecipes[midi]'"
        ) from error
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file:
            score = mido.MidiFile(file=file, clip=True)
        found = [note for track in score.tracks for note in _of_track(track, score.ticks_per_beat)]
    except FileNotFoundError:
        raise UserError(f"there is no file {name}") from None
    except (OSError, ValueError, EOFError, KeyError, IndexError, TypeError) as error:
        reason = (str(error).splitlines() or ["it is broken"])[0] or "it is broken"
        raise UserError(f"{name} cannot be read as MIDI: {reason[:100]}") from error
    if not found:
        raise UserError(f"{name} has no notes, but of drums" if _has_drums(score) else _empty(name))
    if max(note.end for note in found) > _LONGEST:
        raise UserError(f"{name} is longer than {_LONGEST:,} beats; it may be broken")
    return found


def _empty(name: str) -> str:
    return f"{name} has no notes"


def _has_drums(score: Any) -> bool:
    return any(
        message.type == "note_on" and message.channel == _DRUMS
        for track in score.tracks
        for message in track
        if not message.is_meta
    )


def _of_track(track: Any, ticks_per_beat: int) -> list[Sounding]:
    found: list[Sounding] = []
    sounding: dict[tuple[int, int], int] = {}  # since when, by channel and note
    now = 0
    per_beat = max(1, abs(ticks_per_beat))
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == _DRUMS:
            continue
        key = message.channel, message.note
        # A key that is struck while it sounds ends the note before.
        if key in sounding and now > sounding[key]:
            found.append(Sounding(message.note, sounding[key] / per_beat, now / per_beat))
        sounding.pop(key, None)
        if message.type == "note_on" and message.velocity:
            sounding[key] = now
    # What is never released ends with the track.
    found += [
        Sounding(note, start / per_beat, now / per_beat)
        for (_, note), start in sounding.items()
        if now > start
    ]
    return found
