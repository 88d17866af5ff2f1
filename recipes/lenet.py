"""LeNet-5: the convolutional network that read handwritten digits on cheques.

Two convolutions look for strokes wherever they are, each followed by subsampling that forgets
exactly where; three dense layers then decide. Sharing one small kernel over the whole image is what
lets 61,706 parameters do the work.

Paper: Gradient-Based Learning Applied to Document Recognition (LeCun et al., 1998),
http://yann.lecun.com/exdb/publis/pdf/lecun-01a.pdf

Measured: 99.13 % on MNIST's test split, mean of three seeds, in two to three minutes on two
processor cores, by the second of these commands.

    kerasrecipes run lenet
    kerasrecipes run lenet --data mnist
    kerasrecipes run lenet --data mnist activation=relu pooling=max
"""

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.models.lenet import lenet5
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training


# The paper centres 28 x 28 digits in 32 x 32, so that a stroke at the edge can still stand in the
# middle of a 5 x 5 receptive field.
def prepare(splits: Splits, *, image_size: Count = 32) -> Splits:
    """Bring every image to a square of the size that the first convolution expects.

    Args:
        image_size: height and width in pixels, at least 32.
    """
    return prepare_images(splits, (image_size, image_size))


build = settings_of(lenet5)


def search_space(hp) -> dict:
    """Choices that the years since 1998 have changed."""
    return {
        "activation": hp.Choice("activation", ["tanh", "relu", "gelu"]),
        "pooling": hp.Choice("pooling", ["average", "max"]),
        "optimizer": hp.Choice("optimizer", ["momentum", "adam", "adamw"]),
        "learning_rate": hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
    }


recipe = Recipe(
    topic="Images",
    task=image_classification.TASK,
    prepare=prepare,
    build=build,
    data={
        "digits": images.digits(),
        "mnist": images.tfds("mnist"),
        "fashion_mnist": images.tfds("fashion_mnist"),
        "kmnist": images.tfds("kmnist"),
        "image_list": images.listed(),
        "folder": images.folder(),
        "npz": images.npz(),
    },
    objective="multiclass",
    # Learning rate and weight decay were chosen on the validation split of MNIST out of four pairs;
    # benchmarks/RESULTS.md lists them.
    training=Training(
        epochs=20,
        batch_size=128,
        optimizer="adamw",
        learning_rate=4e-3,
        weight_decay=0.1,
        schedule="cosine",
        warmup_epochs=1,
    ),
    search_space=search_space,
    example="your_digit.png",
)
