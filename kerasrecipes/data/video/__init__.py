"""Video: clips of frames with their sound.

A recipe names its source by this function; what it needs is imported when it is called:

    data={"clips": video.clips()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def clips() -> Source:
    """Return the source of the user's own clips: animated GIFs or folders of frames, each with a
    WAV of its name.
    """
    from kerasrecipes.data.video.clip_files import ClipSource

    return ClipSource()
