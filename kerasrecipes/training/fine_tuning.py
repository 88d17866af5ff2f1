"""Phases of fine-tuning a pretrained base: the head first, then what is not frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import keras

from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.info import Info
from kerasrecipes.models.transfer import Freeze, augmented, frozen_up_to
from kerasrecipes.models.transfer import freeze as freeze_base
from kerasrecipes.ranges import CountOrZero, Penalty, Positive, Probability
from kerasrecipes.training_settings import Phase, Training


def phases(
    model: keras.Model,
    training: Training,
    info: Info,
    *,
    freeze: Freeze = "all",
    weights: str = "pretrained",
    head_epochs: CountOrZero = 10,
    fine_tuning_rate: Positive = 2e-5,
    flip: bool = False,
    rotation: Probability = 0.0,
    zoom: Probability = 0.0,
    contrast: Probability = 0.0,
    mixup: Penalty = 0.0,
) -> Iterator[Phase]:
    """Train the head first, then, at a lower learning rate, what of the base is not frozen.

    Args:
        model: the whole model; its layers are frozen and unfrozen.
        training: the trainer's settings; all phases together have its epochs.
        info: metadata of the data.
        freeze: all of the base, all but its last_block, or none of it.
        weights: pretrained, none, or a file; without weights nothing is frozen if freeze is none.
        head_epochs: epochs in which only the head is trained, where more is trained later.
        fine_tuning_rate: learning rate of the later epochs.
        flip: whether training images are mirrored left to right at random.
        rotation: largest random turn of training images, as a share of a full turn.
        zoom: largest random enlargement or reduction, as a share.
        contrast: largest random change of contrast, as a share.
        mixup: parameter of the beta distribution by which images are blended; 0 blends none.

    Yields:
        The phases, when they are to begin.
    """
    base = ImagePreprocessor.of(info).base
    wrap = partial(augmented, flip=flip, rotation=rotation, zoom=zoom, contrast=contrast)
    changes = flip or any((rotation, zoom, contrast, mixup))
    phase = partial(Phase, augmented=changes, wrap_model=wrap)
    if weights == "none" and freeze == "none":  # from scratch
        yield phase(name="all", training=training)
        return
    # Gradients through an untrained head would spoil the pretrained weights.
    freeze_base(model, base, "all")
    head = (
        training if freeze == "all" else replace(training, epochs=min(head_epochs, training.epochs))
    )
    yield phase(name="head", training=head, frozen_up_to="pooling")
    if training.epochs > head.epochs:
        freeze_base(model, base, freeze)
        rest = replace(
            training, epochs=training.epochs - head.epochs, learning_rate=fine_tuning_rate
        )
        last = frozen_up_to(model, base, freeze)
        yield phase(name=freeze, training=rest, frozen_up_to=last)
