"""Preprocessing of images with captions: features of a frozen base, and token ids."""

from __future__ import annotations

from dataclasses import asdict, replace
from importlib.util import find_spec
from typing import Any, cast

import numpy as np

from kerasrecipes.data.captioning.captions import CaptionExamples, CaptionTokenExamples
from kerasrecipes.data.captioning.preprocessor import CaptionPreprocessor
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.models import backbones
from kerasrecipes.models.captioner import Decoder, feature_extractor
from kerasrecipes.ranges import Count, Positive
from kerasrecipes.recipe import SPLITS, Splits
from kerasrecipes.training.feature_extraction import ExtractionStats, extract_features


def prepare(
    splits: Splits,
    *,
    base: str = "auto",
    weights: str = "pretrained",
    alpha: Positive | None = None,
    image_size: Count | None = None,
    decoder: Decoder = "attention",
    vocabulary_size: Count | None = None,
    min_frequency: Count = 1,
    max_length: Count = 40,
) -> Splits:
    """Compute the features of every image once with a frozen base, and the captions' token ids.

    Args:
        splits: images with one or more captions each, as text.
        base: a network of keras.applications in small letters, such as mobilenet; small is one that
            ships; auto is small for drawings and mobilenet_v2 for photographs.
        weights: pretrained, or a file of weights for the base without its top.
        alpha: width of a mobilenet, as a share.
        image_size: height and width in pixels; by default the base's own.
        decoder: attention looks at places of the image before each word; inject gives the whole
            image to the recurrent layer at each step, merge only after it.
        vocabulary_size: the most words; by default all.
        min_frequency: how often a word must occur in training to be learned.
        max_length: maximum number of words of a training caption; longer ones are truncated.

    Returns:
        Splits of features and token ids; `info` gains a `CaptionPreprocessor`.

    Raises:
        UserError: if the base or its weights are not right.
    """
    if splits.trained_info is not None:
        # A trained model keeps the words and the images' size of its training on other data too.
        preprocessor = CaptionPreprocessor.of(splits.trained_info)
    else:
        train_part: Any = splits.train
        # The vocabulary is of the training captions alone, so that words new to it can occur later.
        preprocessor = CaptionPreprocessor.fit(
            [text for some in train_part.references for text in some],
            vocabulary_size=vocabulary_size,
            min_frequency=min_frequency,
            image=_image_preprocessor(splits, base, weights, image_size),
            max_length=max_length,
            decoder=decoder,
            weights=weights,
            alpha=alpha,
        )
    frame = preprocessor.image.frame
    parts = [_framed(getattr(splits, name), frame) for name in SPLITS]
    stats = ExtractionStats()
    features = extract_features(
        network_of(preprocessor),
        [part.images for part in parts],
        identity=(
            "captions",
            preprocessor.decoder == "attention",
            *sorted(asdict(frame).items()),
        ),
        stats=stats,
    )
    train, validation, test = (
        _encode(part, seen, preprocessor, first_only=name == "test")
        for name, part, seen in zip(SPLITS, parts, features, strict=True)
    )
    # A split may be empty, and features have one shape in all of them.
    shape = next(some.take(np.array([0]))[0].shape[1:] for some in features if len(some))
    info = replace(
        splits.info,
        input_shape=tuple(shape),
        vocabulary_size=preprocessor.tokenizer.size,
        preprocessor=preprocessor,
    )
    test.nearest = _nearest_captions(features[0], features[2], parts[0])
    notes = (*splits.notes, stats.sentence)
    if not find_spec("pycocoevalcap"):
        notes += ("CIDEr is not scored without its scorer: pip install 'kerasrecipes[captions]'",)
    return replace(splits, train=train, validation=validation, test=test, info=info, notes=notes)


def network_of(preprocessor: CaptionPreprocessor) -> Any:
    """Build the frozen network of the features of a training."""
    return feature_extractor(
        preprocessor.image.base,
        preprocessor.image.frame.size[0],
        cast(Decoder, preprocessor.decoder),
        weights=preprocessor.weights,
        alpha=preprocessor.alpha,
    )


def _image_preprocessor(
    splits: Splits, base: str, weights: str, size: int | None
) -> ImagePreprocessor:
    if weights == "none":
        raise UserError(
            "weights=none: captions need a pretrained base; use weights=pretrained or a file"
        )
    if base == "auto":
        base = "small" if splits.info.drawn else "mobilenet_v2"
    size = size or backbones.find(base).size
    frame = Frame(size=(size, size), channels=3, resize="crop")
    return ImagePreprocessor(frame=frame, base=base)


def _framed(part: Any, frame: Frame) -> CaptionExamples:
    """Resize and crop images to one shape."""
    if isinstance(part.images, ImageFiles):
        return CaptionExamples(part.images.framed(frame), part.references)
    images = (
        frame.render_all(part.images.x) if len(part) else np.zeros((0, *frame.size, 3), np.uint8)
    )
    return CaptionExamples(Arrays(images, part.images.y), part.references)


def _encode(
    part: CaptionExamples, features: Any, preprocessor: CaptionPreprocessor, first_only: bool
) -> CaptionTokenExamples:
    """Return an example for each caption, or for the first one of each image."""
    counts = [1 if first_only else len(some) for some in part.references]
    indices = np.repeat(np.arange(len(part)), counts)
    texts = [
        text for some, count in zip(part.references, counts, strict=True) for text in some[:count]
    ]
    return CaptionTokenExamples(part, features, indices, preprocessor.encode(texts))


def _nearest_captions(train: Any, test: Any, learned: CaptionExamples) -> list[str]:
    """Return for each test image the first caption of the training image with nearest features."""
    if not len(train) or not len(test):
        return []
    nearest = np.argmax(_unit_vectors(test) @ _unit_vectors(train).T, axis=1)
    return [learned.references[int(index)][0] for index in nearest]


def _unit_vectors(part: Any, size: int = 512) -> np.ndarray:
    """Return features of norm 1, `(images, units)`; of feature maps their mean over positions."""
    rows = []
    # In pieces, as the feature maps of all images together may not fit in memory.
    for start in range(0, len(part), size):
        some = np.asarray(part.take(np.arange(start, min(start + size, len(part))))[0], np.float32)
        rows.append(some.mean(axis=1) if some.ndim == 3 else some)
    vectors = np.concatenate(rows)
    # Of vectors of norm 1 the product is the cosine; features that are all zero stay zero.
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
