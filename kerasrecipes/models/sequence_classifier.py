"""Classifier of DNA: convolutions find motifs, a recurrent layer reads them in their order."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.strands import BaseProbabilities, RandomStrand
from kerasrecipes.layers.text_encodings import PoolOverTime
from kerasrecipes.ranges import Count, Probability, Share

LETTERS, MOTIFS = "letters", "motifs"  # names of the layers that are looked into
Reading = Literal["last", "max", "all"]


def sequence_classifier(
    sequence_length: int,
    num_classes: int,
    *,
    other_strand: Probability = 0.0,
    filters: Count = 64,
    width: Count = 9,
    pool: Count = 2,
    cell: Cell = "lstm",
    units: Count = 32,
    reading: Reading = "all",
    dropout_rate: Share = 0.3,
) -> keras.Model:
    """Convolution over letters, pooling, and a recurrent layer in both directions.

    Args:
        sequence_length: letters of a window.
        num_classes: number of classes; for two the head is one sigmoid unit, the probability of the
            second, for more a softmax.
        other_strand: share of the training windows that are read from the other strand; 0 where the
            strand decides, 0.5 where it does not.
        filters: number of motifs.
        width: letters of a motif.
        pool: places of which the strongest counts.
        cell: type of the recurrent layer: simple_rnn, lstm or gru.
        units: size of its state, for each direction.
        reading: what the class is told from: the last states, the largest of all states, or all
            states with their places.
        dropout_rate: fraction of the features to drop during training, of motifs and before the
            output layer.

    Returns:
        An uncompiled `keras.Model`, `(batch, sequence_length)` uint8 to `(batch, 1)`, or to
        `(batch, num_classes)` for more than two.

    Reference:
        [DanQ: a hybrid convolutional and recurrent deep neural network for quantifying the function
        of DNA sequences](https://doi.org/10.1093/nar/gkw226) (Quang and Xie, 2016)
    """
    inputs = keras.Input((sequence_length,), dtype="uint8", name="sequence")
    x = BaseProbabilities(name=LETTERS)(inputs)
    if other_strand:
        x = RandomStrand(other_strand, name="other_strand")(x)
    x = layers.Conv1D(filters, width, padding="same", activation="relu", name=MOTIFS)(x)
    if pool > 1:
        x = layers.MaxPooling1D(pool, padding="same", name="pool")(x)
    x = layers.Dropout(dropout_rate, name="motifs_dropout")(x)
    x = recurrent(
        cell, units, return_sequences=reading != "last", bidirectional=True, name=f"order_{cell}"
    )(x)
    if reading == "max":
        x = PoolOverTime("max", name="strongest")(x)
    elif reading == "all":
        x = layers.Flatten(name="places")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    task, size = ("binary", 1) if num_classes == 2 else ("multiclass", num_classes)
    return keras.Model(inputs, heads.output_layer(task, size)(x), name="sequence_classifier")
