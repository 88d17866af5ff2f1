"""Labelled sequences of DNA as numbers of their letters."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from kerasrecipes.data.dna.preprocessor import DnaPreprocessor
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.info import Info
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits


def prepare(splits: Splits, *, length: Count | None = None) -> Splits:
    """Convert sequences to windows of numbers.

    Args:
        splits: labelled sequences, as texts.
        length: letters of a window, the middle of each sequence; by default those of the longest
            training sequence, at most 1,000.

    Returns:
        Splits of `Arrays`: `(sequences, length)` uint8, labels `(sequences, 1)` of 0 and 1 for two
        classes, else class indices `(sequences,)`. `info` gains a `DnaPreprocessor`, the task and
        the length.

    Raises:
        UserError: at a letter that does not exist.
    """
    info = splits.trained_info or splits.info
    if splits.trained_info is None:
        preprocessor = DnaPreprocessor.fit(cast(TextExamples, splits.train).x, length)
        info = replace(
            info,
            preprocessor=preprocessor,
            task="binary" if info.num_classes == 2 else "multiclass",
            sequence_length=preprocessor.length,
            input_shape=(preprocessor.length,),
        )
    return replace(splits.map(lambda part: _encoded(cast(TextExamples, part), info)), info=info)


def _encoded(part: TextExamples, info: Info) -> Arrays:
    labels = part.y.astype(np.float32)[:, None] if info.task == "binary" else part.y
    return Arrays(DnaPreprocessor.of(info)(part.x), labels, part.weight)
