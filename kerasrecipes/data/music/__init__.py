"""Music: pieces as frames of the keys that sound, from JSON, MIDI and ABC.

A recipe names its source by this function; what it needs is imported when it is called:

    data={"files": music.tunes()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def tunes() -> Source:
    """Return the source of the user's own music: JSON of chords, MIDI files, ABC tunes."""
    from kerasrecipes.data.music.files import MusicSource

    return MusicSource()
