"""Preprocessing of images and captions as in the training of a captioner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.preprocessing import Preprocessor


@dataclass(frozen=True, kw_only=True)
class CaptionPreprocessor(Preprocessor):
    """Images to pixels for a frozen base, and captions to token ids and back.

    Args:
        image: resizes images, and names the base.
        tokenizer: of the training captions.
        max_length: maximum number of words of a caption.
        decoder: `attention` reads a feature map of the base, others its mean.
        weights: of the base, `pretrained` or a file.
        alpha: width multiplier of the base, where it has one.
    """

    kind: ClassVar[str] = "caption"
    inputs: ClassVar[str] = "images with captions"

    image: ImagePreprocessor
    tokenizer: Tokenizer
    max_length: int
    decoder: str
    weights: str = "pretrained"
    alpha: float | None = None

    @classmethod
    def fit(
        cls,
        captions: Iterable[str],
        *,
        vocabulary_size: int | None = None,
        min_frequency: int = 1,
        **options: Any,
    ) -> CaptionPreprocessor:
        """Learn the words of captions.

        Args:
            captions: of the training images.
            vocabulary_size: the most words; by default all.
            min_frequency: how often a word must occur to be learned.
            **options: the fields besides the tokenizer.

        Returns:
            The preprocessor, with the fitted tokenizer.
        """
        tokenizer = Tokenizer.fit(
            captions, kind="words", size=vocabulary_size, min_frequency=min_frequency
        )
        return cls(tokenizer=tokenizer, **options)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Resize `(examples, height, width, 1 or 3)` of uint8 to the base's input shape."""
        return self.image(images)

    def encode(self, captions: Sequence[str]) -> Ragged:
        """Return the token ids of captions, truncated to `max_length`, without start and end."""
        return Ragged.of(row[: self.max_length] for row in self.tokenizer.encode(captions))

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the caption of token ids `(tokens,)`."""
        return self.tokenizer.decode(token_ids)
