"""AlexNet: the network of 2012 with which learned features overtook those that people had written.

Five convolutions and three dense layers, built as LeNet was but much wider, on photographs, and on
two graphics cards: hence two columns of filters that see each other only before the third
convolution. What made it train: ReLU instead of tanh, dropout in the dense layers, and augmented
images. Neighbouring filters damp each other (local response normalization), which later networks
left out. (torchvision's AlexNet is another: one column, 64 filters first, and without it.)

Paper: ImageNet Classification with Deep Convolutional Neural Networks (Krizhevsky, Sutskever,
Hinton, 2012), https://papers.nips.cc/paper/4824

Measured: 97.4 % on the embedded digits' test split, seed 0, by the first of these commands, which
makes it narrower and the images smaller; logistic regression on the pixels (`softmax`) has 97.4 %.

    kerasrecipes run alexnet
    kerasrecipes run alexnet --data photos/ flip=true shift=0.1 randaugment=2
    kerasrecipes run alexnet --data photos/ image_size=96 width=0.5 groups=1
"""

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_squares
from kerasrecipes.models.alexnet import alexnet
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_squares, image_size=224)
build = settings_of(alexnet, made_by={"augmentation": augmentation})


def search_space(hp) -> dict:
    """Columns, width, dropout and learning rate."""
    return {
        "groups": hp.Choice("groups", [1, 2]),
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
    # Adam finds its way within few steps where the paper's momentum took weeks.
    training=Training(
        epochs=30, batch_size=64, learning_rate=1e-3, schedule="cosine", warmup_epochs=1
    ),
    # Digits of 8 x 8 pixels need neither 224 pixels nor 60 million parameters.
    by_data=image_classification.on_small_images(
        image_size=64, width=0.25, dropout_rate=0.2, epochs=10
    ),
    search_space=search_space,
    example="photo.jpg",
)
