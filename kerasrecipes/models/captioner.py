"""From an image to a sentence: what a pretrained base sees, and a decoder that tells it."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes.layers.caption_decoder import (
    LateAttentionDecoder,
    LateFusionDecoder,
    RegionEmbedding,
)
from kerasrecipes.layers.recurrent.attention_rnn import Cell
from kerasrecipes.layers.sequence_decoder import SequenceDecoder
from kerasrecipes.models import backbones
from kerasrecipes.models.seq2seq import Score

Decoder = Literal["attention", "inject", "merge"]

# The small base has learnt to tell shapes whatever their colour; colours are in its first layers.
_SMALL_LAYERS = ("scaling", "block1_conv2_relu", "block2_conv2_relu", "block3_conv2_relu")


def feature_extractor(
    name: str,
    size: int,
    decoder: Decoder,
    *,
    weights: str = "pretrained",
    alpha: float | None = None,
) -> Any:
    """Build the frozen network that makes features of an image.

    Args:
        name: a key of `kerasrecipes.models.backbones.BASES`.
        size: side of the images in pixels.
        decoder: for `attention` the features of every place are given, else their mean over the
            image.
        weights: `pretrained`, `none`, or a file of weights for the base.
        alpha: width of a mobilenet, as a share.

    Returns:
        A `keras.Model` from `(batch, size, size, 3)` of 0 … 255 to `(batch, places, channels)` or
        `(batch, channels)`.

    Raises:
        UserError: if the base, its weights or its arguments are not right.
    """
    network = backbones.base(name, (size, size, 3), weights=weights, alpha=alpha)
    seen = (
        _of_several_depths(network) if name == "small" else network.output
    )  # (batch, rows, columns, channels)
    if decoder == "attention":
        features = layers.Reshape((-1, seen.shape[-1]), name="places")(seen)
    else:
        features = layers.GlobalAveragePooling2D(name="pooling")(seen)
    model = keras.Model(network.inputs[0], features, name=f"{name}_{decoder}")
    model.trainable = False
    return model


def _of_several_depths(network: keras.Model) -> keras.KerasTensor:
    """Put the features of several layers side by side, on the grid of the last of them.

    Reference:
        [Hypercolumns for Object Segmentation and Fine-grained
        Localization](https://arxiv.org/abs/1411.5752) (Hariharan et al., 2015)
    """
    seen = [network.get_layer(name).output for name in _SMALL_LAYERS]
    rows = seen[-1].shape[1]
    smaller = [layers.AveragePooling2D(x.shape[1] // rows)(x) for x in seen[:-1]]
    return layers.Concatenate()([*smaller, seen[-1]])


def captioner(
    input_shape: tuple[int, ...],
    vocabulary_size: int,
    *,
    decoder: Decoder = "attention",
    score: Score = "additive",
    cell: Cell = "lstm",
    units: int = 256,
    attention_units: int | None = None,
    num_layers: int = 1,
    embedding_dimension: int = 128,
    dropout_rate: float = 0.0,
    tied_embeddings: bool = False,
    teacher_forcing_rate: float = 1.0,
) -> keras.Model:
    """Build the part that learns, from the features of an image to a sentence.

    Args:
        input_shape: `(places, channels)` for `attention`, else `(channels,)`.
        vocabulary_size: tokens, padding (0) included.
        decoder: `attention` looks at places of the image before each word; `inject` gives the whole
            image to the recurrent layer at each step, `merge` only after it.
        score: of the attention, `"additive"`, `"dot"` or `"general"`.
        cell: `"lstm"` or `"gru"`.
        units: size of the states, and of the space that features are brought to.
        attention_units: size of the space in which additive scores compare; by default `units`.
        num_layers: recurrent layers.
        embedding_dimension: size of a token's vector.
        dropout_rate: share of features, embeddings and states that is silenced at random in
            training.
        tied_embeddings: whether the last product takes the embeddings as its kernel.
        teacher_forcing_rate: share of the decoder's inputs that are right in training; the others
            are its own words.

    Returns:
        An uncompiled `keras.Model` from `{"image": (batch, …), "target": (batch, time)}`, of which
        the target begins with the start token, to logits `(batch, time, vocabulary_size)`.

    Reference:
        [Show, Attend and Tell](https://arxiv.org/abs/1502.03044) (Xu et al., 2015);
        [Where to put the Image in an Image Caption Generator](https://arxiv.org/abs/1703.09137)
        (Tanti et al., 2018)
    """
    image = keras.Input(input_shape, name="image")
    target = keras.Input((None,), dtype="int32", name="target")
    x = layers.LayerNormalization(name="image_scaling")(image)
    x = layers.Dense(units, activation="relu", name="image_projection")(x)
    x = RegionEmbedding(name="where")(x) if decoder == "attention" else x
    x = layers.Dropout(dropout_rate, name="image_dropout")(x)  # (batch, [places,] units)
    tell = {
        "attention": LateAttentionDecoder,
        "inject": SequenceDecoder,
        "merge": LateFusionDecoder,
    }[decoder](
        vocabulary_size,
        embedding_dimension,
        units,
        cell=cell,
        num_layers=num_layers,
        score=score if decoder == "attention" else "none",
        attention_units=attention_units,
        dropout_rate=dropout_rate,
        tied_embeddings=tied_embeddings,
        teacher_forcing_rate=teacher_forcing_rate,
        name="decoder",
    )
    if decoder == "attention":
        logits = tell(target, layers.GlobalAveragePooling1D(name="summary")(x), x)
    else:
        logits = tell(target, x)
    return keras.Model({"image": image, "target": target}, logits, name=f"caption_{decoder}")
