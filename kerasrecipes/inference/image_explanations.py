"""Where in an image an answer of any kind comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from kerasrecipes.errors import UserError
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.training import model_outputs

Method = Literal["occlusion", "integrated_gradients"]

_BATCH = 32  # images of which a part is hidden that are computed at a time


def heat_map(
    model: Any, image: np.ndarray, number: Callable[[Any], Any], method: Method, title: str
) -> HeatMap:
    """Show which parts of an image a number depends on.

    Args:
        model: trained, from `(images, height, width, channels)`.
        image: `(height, width, channels)`, uint8, as the model sees it.
        number: from the model's outputs to a number for each image, `(images,)`, by `keras.ops`:
            what the answer is about, such as the score of the object that was found.
        method: occlusion, from what the number loses where a part is hidden; or integrated
            gradients, pixel by pixel.
        title: the answer that is explained.

    Returns:
        The image with its heat, from 0 to 1.

    Raises:
        UserError: if gradients are asked of a model that has none, such as an export.
    """
    # Not at the top: whoever asks an export and wants no explanation needs no Keras.
    import keras

    from kerasrecipes.inference.distributed import plain_model
    from kerasrecipes.interpret import image_attribution

    def values(images: np.ndarray) -> np.ndarray:
        # Batch by batch, as outputs may be large maps, of which one number is left.
        found = [
            keras.ops.convert_to_numpy(number(model_outputs.of_arrays(model, part, _BATCH)))
            for part in np.split(images, range(_BATCH, len(images), _BATCH))
        ]
        return np.concatenate(found)

    if method == "occlusion":
        heat = image_attribution.occlusion_of(values, image)
        return HeatMap(title=title, image=image, heat=heat)
    inner = plain_model(model)
    if not isinstance(inner, keras.Model):
        raise UserError("an exported model has no gradients: use --method occlusion")
    found = image_attribution.integrated_gradients_of(
        lambda images: number(inner(images, training=False)), image
    )
    return HeatMap(title=title, image=image, heat=image_attribution.heat(found[None])[0])
