"""VGG: depth from one small kernel, again and again.

Two 3 x 3 convolutions see as much as one of 5 x 5, three as much as one of 7 x 7, with fewer
weights and a nonlinearity between each; so VGG has nothing else, in blocks that halve the size and
double the filters. Its plain features are still what style transfer and perceptual losses use. Nine
tenths of its parameters are in the dense layers, which later networks replaced by an average over
the places.

Paper: Very Deep Convolutional Networks for Large-Scale Image Recognition (Simonyan and Zisserman,
2014), https://arxiv.org/abs/1409.1556

Measured: 98.1 % on the embedded digits' test split, seed 0, by the first of these commands, which
makes it narrower and the images smaller; logistic regression on the pixels (`softmax`) has 97.4 %.

    kerasrecipes run vgg
    kerasrecipes run vgg --data cifar10 batch_normalization=true flip=true shift=0.125
    kerasrecipes run vgg --data photos/ depth=11 image_size=96 width=0.5 mixup=0.2 cutout=0.3
    kerasrecipes run vgg --data photos/ depth=16 weights=vgg16.safetensors
    kerasrecipes compare vgg depth=11,16,19 batch_normalization=false,true
"""

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_squares
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.vgg import vgg
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_squares, image_size=224)
build = settings_of(vgg, made_by={"augmentation": augmentation})


def search_space(hp) -> dict:
    """Depth, width, normalization and learning rate."""
    return {
        "depth": hp.Choice("depth", [11, 13, 16, 19]),
        "width": hp.Choice("width", [0.125, 0.25, 0.5, 1.0]),
        "batch_normalization": hp.Boolean("batch_normalization"),
        "learning_rate": hp.Float("learning_rate", 1e-4, 3e-3, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=image_classification.TASK,
    prepare=prepare,
    build=build,
    data=images.labelled(),
    objective=image_classification.objective,
    # Without normalization sixteen layers bear no higher rate.
    training=Training(
        epochs=30, batch_size=64, learning_rate=5e-4, schedule="cosine", warmup_epochs=1
    ),
    # Five poolings leave one pixel of 32.
    by_data=image_classification.on_small_images(image_size=32, width=0.125, epochs=15),
    search_space=search_space,
    example="photo.jpg",
)
