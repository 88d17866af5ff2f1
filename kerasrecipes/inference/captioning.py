"""A trained captioner's answers: a sentence for an image, and where it looked for each word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.images.files import workers
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.text.tokenizer import END, PADDING, START, Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.inference import beam_search
from kerasrecipes.interpret.explanation import RegionWeights
from kerasrecipes.metrics.bleu import bleu_by_order
from kerasrecipes.metrics.cider import cider
from kerasrecipes.metrics.exact_match import caption_words, exact_matches
from kerasrecipes.recipe import Evaluation, Info
from kerasrecipes.training.caption_features import network_of

AT_ONCE = 64  # images that are described together
BEAMS = 3
# the mean over words: with less, trained on smoothed labels, a caption ends after a word or two
LENGTH_PENALTY = 1.0


class Captioner:
    """Describes images with a trained model; what is compiled once serves later calls.

    Args:
        model: from `kerasrecipes.models.captioner.captioner`.
        info: the facts of its training.
    """

    def __init__(self, model: keras.Model, info: Info):
        self.info, self.tokenizer = info, Tokenizer.from_dict(info.facts["tokenizer"])
        self.decoder = model.get_layer("decoder")
        given = self.decoder.input
        self.encoder = keras.Model(model.get_layer("image").output, given[1:])
        self.attends = len(given) > 2
        self._network: keras.Model | None = None
        self._compiled: dict[Any, Callable[..., Any]] = {}

    def features(self, images: np.ndarray) -> np.ndarray:
        """Let the frozen base look at images, `(images, height, width, 3)` of 0 … 255."""
        if self._network is None:
            self._network = network_of(self.info.facts)
        return np.asarray(self._network.predict(images, batch_size=AT_ONCE, verbose=0))

    def __call__(
        self, features: np.ndarray, beams: int = BEAMS, length_penalty: float = LENGTH_PENALTY
    ) -> list[np.ndarray]:
        """Describe; give the token numbers of each caption, without start and end."""
        key = (beams, length_penalty)
        if key not in self._compiled:
            self._compiled[key] = compiled(partial(self._search, beams, length_penalty))
        found: list[np.ndarray] = []
        for start in range(0, len(features), AT_ONCE):
            some = np.asarray(features[start : start + AT_ONCE], np.float32)
            count = 1 << (len(some) - 1).bit_length()  # few shapes, for each may be compiled
            tokens, _ = self._compiled[key](
                np.concatenate([some, np.repeat(some[-1:], count - len(some), axis=0)])
            )
            found += [row[: _ended(row)] for row in tokens[: len(some)]]
        return found

    def texts(self, tokens: Sequence[np.ndarray]) -> list[str]:
        """Turn token numbers into sentences."""
        return [self.tokenizer.decode(row) for row in tokens]

    def alignment(self, features: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Give how much each place of an image weighed for each token and for the end.

        Args:
            features: `(places, channels)` of one image.
            tokens: of its caption.

        Returns:
            `(tokens + 1, places)`.
        """
        encoded = self.encoder(np.asarray(features, np.float32)[None], training=False)
        given = np.concatenate([[START], tokens]).astype(np.int32)[None]
        return keras.ops.convert_to_numpy(self.decoder.alignment(given, *encoded))[0]

    def region_weights(
        self, image: np.ndarray, features: np.ndarray, tokens: np.ndarray
    ) -> RegionWeights:
        """Compute how much each region of an image weighed for each word of its caption.

        Args:
            image: `(height, width, 3)`, bytes.
            features: `(regions, channels)` of the image.
            tokens: token ids of the caption, without start and end.

        Returns:
            The weights by word.
        """
        weights = self.alignment(features, tokens)[:-1]  # the last is the end token's
        rows = round(weights.shape[-1] ** 0.5)
        return RegionWeights(
            title=self.tokenizer.decode(tokens),
            image=image,
            words=tuple(self.tokenizer.token(token_id) for token_id in tokens),
            weights=weights.reshape(len(tokens), rows, weights.shape[-1] // rows),
        )

    def _search(self, beams: int, length_penalty: float, features: Any) -> tuple[Any, Any]:
        encoded = self.encoder(features, training=False)
        encoded = encoded if isinstance(encoded, (list, tuple)) else [encoded]
        fixed, state = beam_search.repeated(self.decoder.start(*encoded), beams)

        def step(tokens: Any, state: Any) -> tuple[Any, Any]:
            return self.decoder.step(tokens, state, fixed)

        rows = keras.ops.shape(features)[0]
        return beam_search.search(
            step, state, rows, self.info.facts["longest"], beams, length_penalty
        )


def compiled(function: Callable[[Any], Any]) -> Callable[[np.ndarray], Any]:
    """Compile a function of one float array; its results come back as NumPy arrays."""
    if keras.backend.backend() == "jax":
        import jax

        fast = jax.jit(function)
    else:
        import tensorflow as tf

        fast = tf.function(function, reduce_retracing=True)
    return lambda array: keras.tree.map_structure(
        np.asarray, fast(keras.ops.convert_to_tensor(array))
    )


def _ended(row: np.ndarray) -> int:
    over = np.flatnonzero((row == END) | (row == PADDING))
    return int(over[0]) if len(over) else len(row)


def answers(model: keras.Model, info: Info, examples: Any) -> list[str]:
    """Describe the images of a split."""
    captioner, found = Captioner(model, info), []
    for start in range(0, len(examples), AT_ONCE):
        places = examples.image_indices[start : start + AT_ONCE]
        found += captioner.texts(captioner(examples.features.take(places)[0]))
    return found


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Score captions by all references, beside the caption of the most similar training image.

    Args:
        evaluation: its `outputs` are the captions.

    Returns:
        `bleu_1` to `bleu_4`, `exact_match`, the share of captions that equal a reference word for
        word, `cider` where its scorer is installed, and the same of the most similar image's
        caption as `nearest_bleu_1` and so on.
    """
    examples = evaluation.examples
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


def describe(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    beam: int = BEAMS,
    length_penalty: float = LENGTH_PENALTY,
    explain: bool = False,
) -> list[dict[str, Any]]:
    """Write a caption for each image.

    Args:
        run: has `model` and `info`.
        inputs: image files, folders of them, or contents of image files.
        beam: how many beginnings are kept at each step; 1 takes the likeliest word each time.
        length_penalty: how strongly the length of a caption is made up for; 0 is not at all.
        explain: show how much each region of an image weighed for each word of its caption.

    Returns:
        For each image `input` and `text`; `notes` where there is more to say; `explanation`,
        `RegionWeights`, where asked for. A file in a folder that is no image has `input` and
        `error` instead.

    Raises:
        UserError: if an input that was named is not there or is no image, or the number of beams
            cannot be.
    """
    captioner = Captioner(run.model, run.info)
    beam_search.checked(beam, captioner.tokenizer.size)
    if explain and not captioner.attends:
        raise UserError(
            "--explain draws attention, and this model has none; train it with decoder=attention"
        )
    named = list(_found(inputs))
    images = list(
        workers().map(ImagePreprocessor(run.info).file, [source for _, source, _ in named])
    )
    for (name, _, listed), image in zip(named, images, strict=True):
        if listed and isinstance(image, UserError):
            raise (
                image
                if name != "-"
                else UserError(str(image).replace("the image", "standard input", 1))
            )
    whole = [image for image in images if not isinstance(image, UserError)]
    features = captioner.features(np.stack(whole)) if whole else np.zeros((0, 1))
    rows = iter(zip(whole, features, captioner(features, beam, length_penalty), strict=True))
    given = []
    for (name, _, _), image in zip(named, images, strict=True):
        if isinstance(image, UserError):
            given.append({"input": name, "error": str(image)})
        else:
            given.append(_answer(captioner, name, *next(rows), explain))
    return given


def _found(inputs: Iterable[str | Path | bytes]) -> Iterable[tuple[str, str | bytes, bool]]:
    """Give the name of each image, the image, and whether the user named it rather than a folder
    that holds it.
    """
    for item in inputs:
        if isinstance(item, bytes):
            yield "-", item, True
        elif not Path(item).exists():
            raise UserError(f"there is no file or folder {item}")
        elif Path(item).is_dir():
            found, _ = walk(Path(item))
            if not found:
                raise UserError(f"the folder {item} holds no images")
            yield from ((str(path), str(path), False) for path in found)
        else:
            yield str(item), str(item), True


def _answer(
    captioner: Captioner,
    name: str,
    image: np.ndarray,
    features: np.ndarray,
    tokens: np.ndarray,
    explain: bool,
) -> dict[str, Any]:
    answer: dict[str, Any] = {"input": name, "text": captioner.texts([tokens])[0]}
    notes = ["the image is blank"] if image.min() == image.max() else []
    if explain and len(tokens):
        answer["explanation"] = captioner.region_weights(image, features, tokens)
    return {**answer, "notes": notes} if notes else answer
