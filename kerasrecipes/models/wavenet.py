"""WaveNet: the next sample of a waveform, by blocks that each look back twice as far."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.data.audio.waveforms import LEVELS
from kerasrecipes.layers.gated_block import GatedBlock
from kerasrecipes.ranges import Count, Depth

EMBEDDING, LABEL, OUT = "samples_embedding", "label_embedding", ("skip_hidden", "levels")


def wavenet(
    num_conditions: int,
    *,
    channels: Count = 32,
    skip: Count = 64,
    depth: Depth = 8,
    cycles: Depth = 2,
    told: Count = 16,
) -> keras.Model:
    """Dilated causal blocks over the codes of a waveform.

    Args:
        num_conditions: number of classes that the model is told; 1 for none.
        channels: features of each block.
        skip: features that each block sends to the output.
        depth: blocks of a cycle, which look 1, 2, 4, … samples back.
        cycles: how often that is repeated.
        told: features of a class.

    Returns:
        An uncompiled `keras.Model` of the inputs `samples` `(batch, time)`, the code before each
        sample, and `label` `(batch,)`, to logits of its code `(batch, time, 256)`.

    Reference:
        [WaveNet: A Generative Model for Raw Audio](https://arxiv.org/abs/1609.03499) (van den Oord
        et al., 2016)
    """
    inputs = {
        "samples": keras.Input((None,), dtype="int32", name="samples"),
        "label": keras.Input((), dtype="int32", name="label"),
    }
    x = layers.Embedding(LEVELS, channels, name=EMBEDDING)(inputs["samples"])
    label = layers.Embedding(num_conditions, told, name=LABEL)(inputs["label"])
    outward = []
    for number in range(depth * cycles):
        dilation = 2 ** (number % depth)
        x, out = GatedBlock(skip, dilation, name=f"block_{number + 1}")([x, label])
        outward.append(out)
    x = layers.Add(name="skips")(outward) if len(outward) > 1 else outward[0]
    x = layers.Activation("relu", name="skips_relu")(x)
    x = layers.Dense(skip, activation="relu", name=OUT[0])(x)
    outputs = layers.Dense(LEVELS, dtype="float32", name=OUT[1])(x)
    return keras.Model(inputs, outputs, name="wavenet")
