"""Image coding: an image through a code and back."""

from dataclasses import replace

from kerasrecipes.data.dense_inputs import own_size
from kerasrecipes.data.examples import without_labels
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits, Task


def prepare(splits: Splits, *, image_size: Count | None = None) -> Splits:
    """Bring images to one size, without labels.

    Args:
        splits: what a source of images gave.
        image_size: height and width in pixels; by default the images' own, and 32 for files.

    Returns:
        Splits of uint8 `(examples, height, width, channels)`, 0 to 255.
    """
    found = prepare_images(splits, own_size(splits, image_size))
    return replace(found, info=replace(found.info, classes=None)).map(without_labels)


TASK = Task(
    prepare=prepare,
    predict="kerasrecipes.inference.image_coding:reconstruct",
    scores="kerasrecipes.inference.image_coding:scores",
    baseline="kerasrecipes.inference.image_coding:principal_components",
    figures=("kerasrecipes.reports.image_coding:CODING_FIGURES",),
)
