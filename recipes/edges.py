"""Edges: nine numbers find out by gradient descent that they are an edge detector.

A convolution slides one small kernel over the image. Here the kernel starts at random, sees images
beside their edges, and descends the squared error until it is the very filter that drew them: what
a convolutional network's first layer does, alone. The report shows the kernel beside the true one,
and padding, stride and the kinds of pooling (max, min, average, L2, global) at work on an image.

Paper: Object Enhancement and Extraction (Prewitt, 1970), in Picture Processing and Psychopictorics;
https://en.wikipedia.org/wiki/Prewitt_operator

    kerasrecipes run edges
    kerasrecipes run edges direction=vertical operator=sobel
"""

from typing import Literal

from kerasrecipes.data import images
from kerasrecipes.data.dense_inputs import own_size
from kerasrecipes.data.images.filters import with_filtered_targets
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.models.edge_detector import detector, edge_learner
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import edge_detection
from kerasrecipes.training_settings import Training


def prepare(
    splits: Splits,
    *,
    direction: Literal["horizontal", "vertical"] = "horizontal",
    operator: Literal["prewitt", "sobel"] = "prewitt",
    image_size: Count | None = None,
) -> Splits:
    """Filter each image; what the filter gives is the label.

    Args:
        direction: of the edges to find.
        operator: the filter that draws them.
        image_size: height and width in pixels; by default the images' own, and 32 for files.
    """
    return with_filtered_targets(
        prepare_images(splits, own_size(splits, image_size), 1), detector(direction, operator)
    )


build = settings_of(edge_learner)


def search_space(hp) -> dict:
    """Optimizer, learning rate and batch size."""
    return {
        "optimizer": hp.Choice("optimizer", ["sgd", "momentum", "adam"]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-1, sampling="log"),
        "batch_size": hp.Choice("batch_size", [16, 32, 64]),
    }


recipe = Recipe(
    topic="Fundamentals",
    task=edge_detection.TASK,
    prepare=prepare,
    build=build,
    data={
        "digits": images.digits(),
        "mnist": images.tfds("mnist"),
        "image_list": images.listed(),
        "folder": images.folder(),
        "npz": images.npz(),
    },
    objective="regression",
    # Nine weights and a squared error: the surface is a bowl, and a high rate falls straight into
    # it.
    training=Training(
        epochs=20, batch_size=32, optimizer="adam", learning_rate=3e-2, schedule="cosine"
    ),
    search_space=search_space,
    example="photo.png",
)
