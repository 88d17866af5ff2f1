"""Variational autoencoding: images to codes with a distribution, and codes to images."""

from dataclasses import replace

from kerasrecipes.data.images.binarized import binarized
from kerasrecipes.losses.likelihoods import Name, likelihood_for
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits, Task
from kerasrecipes.tasks import image_coding


def prepare(
    splits: Splits, *, image_size: Count | None = None, likelihood: Name = "auto"
) -> Splits:
    """Bring images to one size, without labels; those of a Bernoulli likelihood to ink or none.

    Training images keep their grey values, of which the model draws anew in each step.

    Args:
        splits: what a source of images gave.
        image_size: height and width in pixels; by default the images' own, and 32 for files.
        likelihood: of pixels; see the model.

    Returns:
        Splits of uint8 `(examples, height, width, channels)`, 0 to 255.
    """
    found = image_coding.prepare(splits, image_size=image_size)
    channels = found.info.image_shape[-1]
    if likelihood_for(likelihood, channels).name != "bernoulli":
        return found
    drawn = {name: binarized(getattr(found, name)) for name in ("validation", "test")}
    return replace(found, validation=drawn["validation"], test=drawn["test"])


TASK = Task(
    prepare=prepare,
    predict="kerasrecipes.inference.variational:generate",
    scores="kerasrecipes.inference.variational:scores",
    baseline="kerasrecipes.inference.variational:density",
    figures=("kerasrecipes.reports.variational:VARIATIONAL_FIGURES",),
)
