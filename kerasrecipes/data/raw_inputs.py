"""Inputs of the user's own to propose to `predict`: a text in their language, a file of theirs."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasrecipes.data.images.files import ImageFiles

LONGEST = 80  # characters of a proposed text


def input_of(examples: Any, path: str) -> str | None:
    """Return one example as a word of a command line.

    Args:
        examples: a split as its source gives it, before it is prepared.
        path: the user's file or folder that was read.

    Returns:
        A text, the path of an image, of the table or of the `.npz` file; `None` where an example is
        none of these, or there is none.
    """
    images = getattr(examples, "images", examples)  # captions have their images beside them
    if not len(examples):
        return None
    if isinstance(images, ImageFiles):
        file = images.files[int(images.indices[0])]
        return file if isinstance(file, str) else None
    if isinstance(images, (list, tuple)) and hasattr(examples, "indices"):
        file = images[int(examples.indices[0])]  # beside masks or boxes
        return file if isinstance(file, str) else None
    first = examples.take(np.arange(1))[0]
    if isinstance(first, dict) or path.lower().endswith(".npz"):
        return path
    entry = first[0] if len(first) else None
    if isinstance(entry, (list, tuple)) and all(isinstance(word, str) for word in entry):
        entry = " ".join(entry)
    if not isinstance(entry, str):
        return None
    words = " ".join(entry.split())
    if len(words) <= LONGEST:
        return words or None
    # Cut between words where there are any.
    return words[:LONGEST].rpartition(" ")[0] or words[:LONGEST]
