"""Audio: recordings with transcripts, decoded when they are taken.

A recipe names its sources by these functions; what they need is imported when they are called:

    data={"recordings": audio.recordings()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def recordings() -> Source:
    """Return the source of recordings with transcripts in the user's own folder."""
    from kerasrecipes.data.audio.transcripts import TranscribedFolder

    return TranscribedFolder()
