"""MobileNet: convolutions for a telephone, taken apart into two cheap halves.

A convolution looks at places and mixes channels at once. Here a kernel of 3 x 3 looks at each
channel alone, and a product at each place mixes the channels: a ninth of the multiplications, for
an accuracy that is hardly less. One factor, alpha, thins every layer, so that a size can be chosen
for what a device can do; with 224 pixels and 1,000 classes alpha 1 has 4.25 million parameters.

Paper: MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications (Howard
et al., 2017), https://arxiv.org/abs/1704.04861

Measured: 91.8 % on the embedded digits' test split, seed 0, by the first of these commands, where
logistic regression on the pixels (`softmax`) has 97.4 %: after its steps of two little is left of a
digit for separate kernels to see. Without augmentation it learned the training's by heart and had
85.1 %. With the weights of ImageNet its probabilities are those of keras.applications, to 1e-5.

    kerasrecipes run mobilenet
    kerasrecipes run mobilenet --data photos/ weights=mobilenet_7_5_224_tf.h5 alpha=0.75
    kerasrecipes compare mobilenet alpha=0.25,0.5,1 --repeats 3
"""

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_squares
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.mobilenet import mobilenet
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_squares, image_size=224)
build = settings_of(mobilenet, made_by={"augmentation": augmentation})


def search_space(hp) -> dict:
    """Width, dropout and learning rate."""
    return {
        "alpha": hp.Choice("alpha", [0.25, 0.5, 0.75, 1.0]),
        "dropout_rate": hp.Float("dropout_rate", 0.0, 0.5),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=image_classification.TASK,
    prepare=prepare,
    build=build,
    data=images.labelled(),
    objective=image_classification.objective,
    # Normalized batches bear a rate at which VGG would not begin to learn.
    training=Training(
        epochs=30, batch_size=64, learning_rate=4e-3, schedule="cosine", warmup_epochs=1
    ),
    # Its five steps of two leave one place of 32 pixels; what it sees of digits it soon knows by
    # heart, unless they move.
    by_data=image_classification.on_small_images(
        image_size=32, alpha=0.25, shift=0.1, rotation=0.03, zoom=0.1, batch_size=32, epochs=15
    ),
    search_space=search_space,
    example="photo.jpg",
)
