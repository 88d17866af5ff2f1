"""How a model on a pretrained base is trained: the head first, then what else of it may learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import keras

from kerasrecipes.models.transfer import Freeze, augmented, frozen_up_to
from kerasrecipes.models.transfer import freeze as freeze_base
from kerasrecipes.recipe import Info, Phase, Training


def phases(
    model: keras.Model,
    training: Training,
    info: Info,
    *,
    freeze: Freeze = "all",
    weights: str = "pretrained",
    head_epochs: int = 10,
    fine_tuning_rate: float = 2e-5,
    flip: bool = False,
    rotation: float = 0.0,
    zoom: float = 0.0,
    contrast: float = 0.0,
    mixup: float = 0.0,
) -> Iterator[Phase]:
    """Train the head first, then, at a lower rate, what of the base is not frozen.

    Args:
        freeze: all of the base, all but its last_block, or none of it.
        head_epochs: epochs in which only the head learns, where more is to learn later.
        fine_tuning_rate: learning rate of the later epochs.
        flip: whether training images are mirrored left to right at random.
        rotation: largest random turn of training images, as a share of a full turn.
        zoom: largest random enlargement or reduction, as a share.
        contrast: largest random change of contrast, as a share.
    """
    base, changes = (
        info.facts["base"],
        {"flip": flip, "rotation": rotation, "zoom": zoom, "contrast": contrast},
    )
    phase = partial(
        Phase, varied=mixup > 0 or any(changes.values()), wrap=partial(augmented, **changes)
    )
    if weights == "none" and freeze == "none":  # from scratch
        yield phase(name="all", training=training)
        return
    freeze_base(model, base, "all")
    head = (
        training if freeze == "all" else replace(training, epochs=min(head_epochs, training.epochs))
    )
    yield phase(name="head", training=head, kept="pooling")
    if training.epochs > head.epochs:
        freeze_base(model, base, freeze)
        rest = replace(
            training, epochs=training.epochs - head.epochs, learning_rate=fine_tuning_rate
        )
        yield phase(name=freeze, training=rest, kept=frozen_up_to(model, base, freeze))
