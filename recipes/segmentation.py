"""Segmentation: a class for every pixel, by a U-Net.

A network that names an image forgets where things are, by pooling; one that keeps every pixel sees
too little around it. U-Net does both: down to where each value has seen the whole image, up again
to every pixel, and on the way up it is given what the way down saw at that size. With `base=` the
way down is a pretrained network. Few pixels belong to small things: dice counts each class alike,
focal loss attends to what is still wrong. Pixels of value 255, or of the class `ignored=`, do not
count.

Papers: U-Net: Convolutional Networks for Biomedical Image Segmentation (Ronneberger et al., 2015),
https://arxiv.org/abs/1505.04597; V-Net (Milletari et al., 2016), https://arxiv.org/abs/1606.04797;
Focal Loss for Dense Object Detection (Lin et al., 2017), https://arxiv.org/abs/1708.02002

Measured: mean IoU 48.1 % on the drawn scenes' test split, seed 0, by the first of these commands;
the most frequent class of each colour and place, the baseline, has 18.6 %. On one
processor, which sums in another order, it was 49.9 %, and 40.7 % with loss=crossentropy.

    kerasrecipes run segmentation
    kerasrecipes run segmentation --data camvid/ ignored=11
    kerasrecipes run segmentation --data instances.json
    kerasrecipes run segmentation --data pets/ base=mobilenet alpha=0.75
    kerasrecipes run segmentation filters=64 levels=5 batch_normalization=false
    kerasrecipes compare segmentation loss=crossentropy,dice,focal --repeats 3
    kerasrecipes predict segmentation photo.jpg --output overlay.png
    kerasrecipes predict segmentation photos/ --plain --output masks/
"""

import keras

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.images.segmentation import MaskPreprocessor, prepare_masks
from kerasrecipes.info import Info
from kerasrecipes.losses.segmentation import Kind
from kerasrecipes.models.unet import unet, unet_on_base
from kerasrecipes.ranges import Count, Depth, Penalty, Positive, Share
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import segmentation
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_masks)


def build(
    info: Info,
    *,
    filters: Count = 16,
    levels: Depth = 4,
    batch_normalization: bool = True,
    dropout_rate: Share = 0.0,
    weights: str = "pretrained",
    alpha: Positive | None = None,
    frozen: bool = True,
) -> keras.Model:
    """U-Net, by itself or on a pretrained base.

    Args:
        filters: filters at the image's own size; 64 in the paper.
        levels: sizes at which the image is seen; 5 in the paper; a base has its own.
        batch_normalization: whether convolutions are followed by it; the paper's are not.
        dropout_rate: fraction of the smallest maps to drop during training.
        weights: of a base: pretrained, none, or a file.
        alpha: width multiplier of a MobileNet, such as 0.75.
        frozen: whether a base keeps its weights.
    """
    base = MaskPreprocessor.of(info).base
    if not base:
        return unet(
            info.image_shape,
            info.num_classes,
            filters=filters,
            levels=levels,
            batch_normalization=batch_normalization,
            dropout_rate=dropout_rate,
        )
    return unet_on_base(
        info.image_shape,
        info.num_classes,
        base=base,
        weights=weights,
        alpha=alpha,
        frozen=frozen,
        filters=filters,
        dropout_rate=dropout_rate,
    )


def objective(info: Info, *, loss: Kind = "crossentropy_dice", gamma: Penalty = 2.0) -> Objective:
    """Loss over the pixels that have a class.

    Args:
        loss: crossentropy, dice, focal, or the sum of the first two, crossentropy_dice.
        gamma: exponent of the focal loss; 0 is cross-entropy.
    """
    return segmentation.pixel_objective(info.num_classes, loss, gamma)


def search_space(hp) -> dict:
    """Size, loss and learning rate."""
    return {
        "filters": hp.Choice("filters", [8, 16, 32]),
        "levels": hp.Choice("levels", [3, 4, 5]),
        "loss": hp.Choice("loss", ["crossentropy", "dice", "focal", "crossentropy_dice"]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=segmentation.TASK,
    prepare=prepare,
    build=build,
    data={
        "shapes": synthetic.masked_scenes(),
        "oxford_iiit_pet": images.tfds_masked("oxford_iiit_pet"),
        "folder": images.masked(),
    },
    objective=objective,
    training=Training(
        epochs=12, batch_size=8, learning_rate=3e-3, schedule="cosine", warmup_epochs=1
    ),
    by_data={
        # Drawn at 64 pixels; fewer keep the run short.
        "shapes": {"image_size": (48,), "flip": True},
        "oxford_iiit_pet": segmentation.PHOTOGRAPHS,
        "folder": segmentation.PHOTOGRAPHS,
    },
    search_space=search_space,
    example="photo.jpg",
)
