"""Images with captions: where they come from, as text and as token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def files() -> Source:
    """Return the source of the user's own images with captions: Flickr8k's files, or a CSV."""
    from kerasrecipes.data.captioning.captions import CaptionFileSource

    return CaptionFileSource()
