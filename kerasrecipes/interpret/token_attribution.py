"""Token attributions of a text classifier: gradient times input."""

from __future__ import annotations

import keras
import numpy as np

from kerasrecipes.data.text.tokenizer import PADDING
from kerasrecipes.errors import UserError
from kerasrecipes.interpret.attribution import class_gradients, class_scores, predicted_classes
from kerasrecipes.models.surgery import input_of, output_of
from kerasrecipes.models.text_classifier import WORDS

_OF_ENCODER = "embedding"  # name of that layer in a pretrained encoder


def importance(
    model: keras.Model, tokens: np.ndarray, classes: np.ndarray | None = None
) -> np.ndarray:
    """Compute how much each token speaks for a class: gradient times input, on the tokens' vectors.

    To first order that is how much the class's score would fall if the token's vector were zero.

    Args:
        model: of `text_classifier`.
        tokens: `(texts, time)`, token ids.
        classes: a class index for each text; by default the predicted one.

    Returns:
        `(texts, time)`, negative where a token speaks against the class, 0 for padding.

    Raises:
        UserError: if the model has no layer that turns tokens into vectors.

    Reference:
        [Visualizing and Understanding Neural Models in NLP](https://arxiv.org/abs/1506.01066) (Li
        et al., 2016); [Learning Important Features Through Propagating Activation
        Differences](https://arxiv.org/abs/1704.02685) (Shrikumar et al., 2017)
    """
    encode = next((layer for layer in model.layers if layer.name in (WORDS, _OF_ENCODER)), None)
    if encode is None:
        raise UserError(
            f"the model {model.name} has no layer '{WORDS}' that turns tokens into vectors"
        )
    vectors = keras.ops.convert_to_numpy(encode(keras.ops.convert_to_tensor(tokens)))
    # The mask comes from the token ids by a way of its own, beside the vectors.
    scores = class_scores(model, [output_of(model, encode), input_of(model, encode)], [tokens])
    if classes is None:
        classes = predicted_classes(scores(keras.ops.convert_to_tensor(vectors)))
    products = class_gradients(scores, vectors, np.asarray(classes)) * vectors
    if products.ndim == 2:  # of a bag of words, equal words share the part of their word
        counts = np.stack([np.bincount(row, minlength=products.shape[1]) for row in tokens])
        rows = np.arange(len(tokens))[:, None]
        found = products[rows, tokens] / np.maximum(counts[rows, tokens], 1)
    else:
        found = products.sum(axis=-1)
    return np.where(tokens == PADDING, 0.0, found)
