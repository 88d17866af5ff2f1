"""Inception v3: GoogLeNet once more, with large kernels taken apart and normalized batches.

A 5 x 5 kernel is replaced by two of 3 x 3, a 7 x 7 one by 1 x 7 and 7 x 1, which see as much for a
fraction of the products; batch normalization keeps forty-eight layers trainable; and labels are
smoothed, so that the network is never rewarded for being quite sure.

Paper: Rethinking the Inception Architecture for Computer Vision (Szegedy et al., 2015),
https://arxiv.org/abs/1512.00567

Measured: 98.1 % on the embedded digits' test split, seed 0, by the first of these commands, which
makes it narrower and the images smaller; logistic regression on the pixels (`softmax`) has 97.4 %.

    kerasrecipes run inception
    kerasrecipes run inception --data photos/ flip=true shift=0.1
    kerasrecipes run inception --data photos/ weights=inception_v3.safetensors
    kerasrecipes compare inception label_smoothing=0,0.1 --repeats 3
"""

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_squares
from kerasrecipes.info import Info
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.inception import inception_v3
from kerasrecipes.ranges import Penalty, Share
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_squares, image_size=299, label_smoothing=0.1)
build = settings_of(inception_v3, made_by={"augmentation": augmentation})


def objective(
    info: Info, *, mixup: Penalty = 0.0, cutmix: Penalty = 0.0, label_smoothing: Share = 0.1
) -> Objective:
    """Cross-entropy with smoothed labels.

    Args:
        mixup: alpha of the beta distribution by which pairs of training images are blended; 0.2
            is usual, 0 is none.
        cutmix: likewise, of pairs of which one is pasted into a rectangle of the other; 1 is usual.
        label_smoothing: fraction of each label's probability that is spread over all classes.
    """
    return image_classification.objective(
        info, mixup=mixup, cutmix=cutmix, label_smoothing=label_smoothing
    )


def search_space(hp) -> dict:
    """Width, smoothing, dropout and learning rate."""
    return {
        "width": hp.Choice("width", [0.125, 0.25, 0.5, 1.0]),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.1, 0.2]),
        "dropout_rate": hp.Float("dropout_rate", 0.0, 0.6),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=image_classification.TASK,
    prepare=prepare,
    build=build,
    data=images.labelled(),
    objective=objective,
    training=Training(
        epochs=30, batch_size=64, learning_rate=4e-3, schedule="cosine", warmup_epochs=1
    ),
    # 75 pixels are the fewest; one module of each kind is enough for digits.
    by_data=image_classification.on_small_images(
        image_size=75, width=0.125, modules=(1, 1, 1), dropout_rate=0.1, epochs=10
    ),
    search_space=search_space,
    example="photo.jpg",
)
