"""Image captioning: features of a pretrained base, and a decoder from them to tokens."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes.layers.attention import Score
from kerasrecipes.layers.caption_decoder import (
    LateAttentionDecoder,
    LateFusionDecoder,
    RegionEmbedding,
)
from kerasrecipes.layers.recurrent.attention_rnn import Cell
from kerasrecipes.layers.sequence_decoder import SequenceDecoder
from kerasrecipes.models import backbones
from kerasrecipes.ranges import Count, Depth, Positive, Probability, Share

Decoder = Literal["attention", "inject", "merge"]

DECODERS = {
    "attention": LateAttentionDecoder,
    "inject": SequenceDecoder,
    "merge": LateFusionDecoder,
}

# The small base was trained to recognise shapes of any colour; colours are in its first layers.
_SMALL_LAYERS = ("scaling", "block1_conv2_relu", "block2_conv2_relu", "block3_conv2_relu")


def feature_extractor(
    name: str,
    image_size: int,
    decoder: Decoder,
    *,
    weights: str = "pretrained",
    alpha: Positive | None = None,
) -> keras.Model:
    """Build the frozen network from images to the features that a captioner takes.

    Args:
        name: a key of `kerasrecipes.models.backbones.BASES`.
        image_size: height and width of the images in pixels.
        decoder: for `attention` the features of every region, else their mean over the image.
        weights: `pretrained`, `none`, or a file of weights for the base.
        alpha: width multiplier of a MobileNet.

    Returns:
        A `keras.Model` without trainable weights, `(batch, image_size, image_size, 3)` of 0 … 255
        to `(batch, regions, channels)` or `(batch, channels)`.

    Raises:
        UserError: if the base, its weights or its arguments are not right.
    """
    network = backbones.base(name, (image_size, image_size, 3), weights=weights, alpha=alpha)
    x = _hypercolumns(network) if name == "small" else network.output
    # (batch, rows, columns, channels)
    if decoder == "attention":
        features = layers.Reshape((-1, x.shape[-1]), name="places")(x)
    else:
        features = layers.GlobalAveragePooling2D(name="pooling")(x)
    model = keras.Model(network.inputs[0], features, name=f"{name}_{decoder}")
    model.trainable = False
    return model


def _hypercolumns(network: keras.Model) -> keras.KerasTensor:
    """Return the features of several layers, concatenated on the grid of the last of them.

    Reference:
        [Hypercolumns for Object Segmentation and Fine-grained
        Localization](https://arxiv.org/abs/1411.5752) (Hariharan et al., 2015)
    """
    outputs = [network.get_layer(name).output for name in _SMALL_LAYERS]
    rows = outputs[-1].shape[1]
    smaller = [layers.AveragePooling2D(x.shape[1] // rows)(x) for x in outputs[:-1]]
    return layers.Concatenate()([*smaller, outputs[-1]])


def captioner(
    input_shape: tuple[int, ...],
    vocabulary_size: int,
    *,
    decoder: Decoder = "attention",
    score: Score = "additive",
    cell: Cell = "lstm",
    units: Count = 256,
    attention_units: Count | None = None,
    num_layers: Depth = 1,
    embedding_dimension: Count = 128,
    dropout_rate: Share = 0.0,
    tied_embeddings: bool = False,
    teacher_forcing_rate: Probability = 1.0,
) -> keras.Model:
    """Caption decoder: from the features of an image to the logits of its caption's tokens.

    Args:
        input_shape: shape of an image's features, `(regions, channels)` for `attention`, else
            `(channels,)`.
        vocabulary_size: number of tokens, padding (0) included.
        decoder: `attention` attends to regions of the image before each word; `inject` gives the
            features of the whole image to the recurrent layer at each step, `merge` joins them
            after it.
        score: score function of the attention: additive (Bahdanau), dot or general (Luong).
        cell: type of the recurrent layers: lstm or gru.
        units: size of the recurrent states, and of the space that features are projected to.
        attention_units: size of the space in which additive scores compare; by default `units`.
        num_layers: number of recurrent layers; with attention, the state of the last one is the
            query.
        embedding_dimension: size of the token embeddings.
        dropout_rate: fraction of features, embeddings and states to drop during training.
        tied_embeddings: whether the output layer uses the token embeddings as its kernel.
        teacher_forcing_rate: probability of teacher forcing, that is of a correct token as input
            during training; otherwise the input is the model's own prediction (scheduled sampling).

    Returns:
        An uncompiled `keras.Model` from `{"image": (batch, …), "target": (batch, time)}`, token ids
        of which the target begins with the start token, to logits
        `(batch, time, vocabulary_size)`.

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
    x = layers.Dropout(dropout_rate, name="image_dropout")(x)  # (batch, [regions,] units)
    decode = DECODERS[decoder](
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
    given: tuple[Any, ...] = (x,)
    if decoder == "attention":
        given = (layers.GlobalAveragePooling1D(name="summary")(x), x)
    logits = decode(target, *given)
    return keras.Model({"image": image, "target": target}, logits, name=f"caption_{decoder}")
