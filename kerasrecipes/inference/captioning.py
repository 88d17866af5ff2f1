"""Captions of a trained captioner: a sentence for an image, and where it looked for each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Text
from kerasrecipes.data.captioning.captions import CaptionTokenExamples
from kerasrecipes.data.captioning.preprocessor import CaptionPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference import beam_search
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.inference.sequence_generation import AT_ONCE, SequenceGenerator
from kerasrecipes.info import Info
from kerasrecipes.interpret.explanation import RegionWeights
from kerasrecipes.metrics.bleu import bleu_by_order
from kerasrecipes.metrics.cider import cider
from kerasrecipes.metrics.exact_match import caption_words, exact_matches
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs
from kerasrecipes.training.caption_features import network_of

BATCH = 128  # images that are in memory at a time
NUM_BEAMS = 3
# The mean over words: with less, trained on smoothed labels, a caption ends after a word or two.
LENGTH_PENALTY = 1.0


class Captioner:
    """Captions images with a trained model; what is compiled once serves later calls.

    Args:
        model: from `kerasrecipes.models.captioner.captioner`.
        info: of its training.
    """

    def __init__(self, model: keras.Model, info: Info):
        self.preprocessor = CaptionPreprocessor.of(info)
        self.tokenizer = self.preprocessor.tokenizer
        self._generate = SequenceGenerator(model, "image")
        self.has_attention = self._generate.has_attention
        # Built when first needed: a split of the training brings its features along.
        self._network: keras.Model | None = None

    def features(self, images: np.ndarray) -> np.ndarray:
        """Compute the features of the frozen base.

        Args:
            images: `(images, height, width, 3)`, from 0 to 255.

        Returns:
            `(images, regions, channels)`, or `(images, channels)` for a decoder without attention.
        """
        if self._network is None:
            self._network = network_of(self.preprocessor)
        return np.asarray(model_outputs.of_arrays(self._network, images, AT_ONCE))

    def __call__(
        self,
        features: np.ndarray,
        num_beams: int = NUM_BEAMS,
        length_penalty: float = LENGTH_PENALTY,
    ) -> list[np.ndarray]:
        """Caption images.

        Args:
            features: of the images.
            num_beams: hypotheses that are kept at each step.
            length_penalty: exponent of the length by which a log probability is divided.

        Returns:
            Token ids of each caption, without start and end.
        """
        captions: list[np.ndarray] = []
        for start in range(0, len(features), AT_ONCE):
            batch = np.asarray(features[start : start + AT_ONCE], np.float32)
            max_length = self.preprocessor.max_length
            captions += self._generate(batch, max_length, num_beams, length_penalty)
        return captions

    def texts(self, token_ids: Sequence[np.ndarray]) -> list[str]:
        """Decode token ids into sentences."""
        return [self.preprocessor.decode(row) for row in token_ids]

    def alignment(self, features: np.ndarray, token_ids: np.ndarray) -> np.ndarray:
        """Compute how much each region of an image weighed for each token and for the end.

        Args:
            features: `(regions, channels)` of one image.
            token_ids: of its caption.

        Returns:
            `(tokens + 1, regions)`.
        """
        return self._generate.attention(np.asarray(features, np.float32)[None], token_ids)

    def region_weights(
        self, image: np.ndarray, features: np.ndarray, token_ids: np.ndarray
    ) -> RegionWeights:
        """Compute how much each region of an image weighed for each word of its caption.

        Args:
            image: `(height, width, 3)`, bytes.
            features: `(regions, channels)` of the image.
            token_ids: of the caption, without start and end.

        Returns:
            The weights by word.
        """
        weights = self.alignment(features, token_ids)[:-1]  # the last is the end token's
        # Images are cropped to squares, and so their regions are a square grid.
        rows = round(weights.shape[-1] ** 0.5)
        return RegionWeights(
            title=self.tokenizer.decode(token_ids),
            image=image,
            words=tuple(self.tokenizer.token(token_id) for token_id in token_ids),
            weights=weights.reshape(len(token_ids), rows, weights.shape[-1] // rows),
        )


def answers(model: keras.Model, info: Info, examples: Any) -> list[str]:
    """Caption the images of a split.

    Args:
        model: trained.
        info: of its training.
        examples: of the split, with `features` and `image_indices`.

    Returns:
        A caption for each image.
    """
    captioner, captions = Captioner(model, info), []
    for start in range(0, len(examples), AT_ONCE):
        indices = examples.image_indices[start : start + AT_ONCE]
        captions += captioner.texts(captioner(examples.features.take(indices)[0]))
    return captions


def caption(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    num_beams: int = NUM_BEAMS,
    length_penalty: float = LENGTH_PENALTY,
    explain: bool = False,
) -> list[Answer]:
    """Caption images.

    Args:
        run: has `model` and `info`.
        inputs: image files, folders of them, or contents of image files.
        num_beams: hypotheses of beam search that are kept at each step; 1 is greedy search.
        length_penalty: exponent of the length by which a caption's log probability is divided; 0
            prefers short captions, 1 judges by the mean over words.
        explain: whether to show how much each region of an image weighed for each word.

    Returns:
        A `Text` for each image; with notes where there is more to say, and `RegionWeights` as
        explanation where asked for. A file in a folder that is not an image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, `num_beams` is out of
            range, or attention is asked for that the model does not have.
    """
    captioner = Captioner(run.model, run.info)
    beam_search.check_num_beams(num_beams, captioner.tokenizer.size)
    if explain and not captioner.has_attention:
        raise UserError(
            "--explain draws attention, and this model has none; train it with decoder=attention"
        )
    found: list[Answer] = []
    for batch in image_batches(inputs, captioner.preprocessor.image.file, BATCH):
        images = [image for _, image in batch if not isinstance(image, UserError)]
        features = captioner.features(np.stack(images)) if images else np.zeros((0, 1))
        # Only readable images have a row; the loop takes the next one whenever it meets one.
        rows = iter(zip(features, captioner(features, num_beams, length_penalty), strict=True))
        for name, image in batch:
            if isinstance(image, UserError):
                found.append(Failure(input=name, error=str(image)))
            else:
                found.append(_answer(captioner, name, image, *next(rows), explain))
    return found


def _answer(
    captioner: Captioner,
    name: str,
    image: np.ndarray,
    features: np.ndarray,
    token_ids: np.ndarray,
    explain: bool,
) -> Text:
    text, shown = captioner.tokenizer.decode(token_ids), None
    if explain and len(token_ids):
        shown = captioner.region_weights(image, features, token_ids)
    notes = ["the image is blank"] if image.min() == image.max() else []
    return Text(input=name, text=text, explanation=shown, notes=notes)


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Score captions by all references, beside the caption of the most similar training image.

    Args:
        evaluation: its `outputs` are the captions.

    Returns:
        `bleu_1` to `bleu_4`, `exact_match`, the share of captions that equal a reference word for
        word, `cider` where its scorer is installed, and the same of the most similar image's
        caption as `nearest_bleu_1` and so on.
    """
    examples = cast(CaptionTokenExamples, evaluation.examples)
    found = _scores(evaluation.outputs, examples.references)
    if examples.nearest:
        captions = [examples.nearest[index] for index in examples.image_indices]
        nearest = _scores(captions, examples.references)
        found |= {f"nearest_{name}": value for name, value in nearest.items()}
    return found


def _scores(texts: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    found = bleu_by_order(texts, references)
    found["exact_match"] = float(np.mean(exact_matches(texts, references, caption_words)))
    return {**found, "cider": cider(texts, references)} if find_spec("pycocoevalcap") else found
