"""ZFNet: AlexNet mended by looking into it.

Its authors drew what each filter of AlexNet had learned and saw two faults: in the first layer
hardly any filters of middling frequency, and in the second patterns that come from steps of four
pixels. So the first kernels became smaller, 7 instead of 11, and the steps two. What stayed is the
method: look at what a network sees, as `predict --explain` does here.

Paper: Visualizing and Understanding Convolutional Networks (Zeiler and Fergus, 2013),
https://arxiv.org/abs/1311.2901

Measured: 98.1 % on the embedded digits' test split, seed 0, by the first of these commands, which
makes it narrower and the images smaller; logistic regression on the pixels (`softmax`) has 97.4 %.

    kerasrecipes run zfnet
    kerasrecipes run zfnet --data photos/ flip=true shift=0.1
    kerasrecipes compare alexnet zfnet --data photos/ --epochs 20
    kerasrecipes predict zfnet photo.jpg --explain
"""

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_squares
from kerasrecipes.models.alexnet import zfnet
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_squares, image_size=224)
build = settings_of(zfnet, made_by={"augmentation": augmentation})


def search_space(hp) -> dict:
    """Width, dropout and learning rate."""
    return {
        "width": hp.Choice("width", [0.125, 0.25, 0.5, 1.0]),
        "dropout_rate": hp.Float("dropout_rate", 0.0, 0.6),
        "learning_rate": hp.Float("learning_rate", 1e-4, 3e-3, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=image_classification.TASK,
    prepare=prepare,
    build=build,
    data=images.labelled(),
    objective=image_classification.objective,
    training=Training(
        epochs=30, batch_size=64, learning_rate=1e-3, schedule="cosine", warmup_epochs=1
    ),
    # The smallest size that it takes is 53; of digits that is more than there is to see.
    by_data=image_classification.on_small_images(
        image_size=56, width=0.125, dropout_rate=0.1, epochs=10
    ),
    search_space=search_space,
    example="photo.jpg --explain",
)
