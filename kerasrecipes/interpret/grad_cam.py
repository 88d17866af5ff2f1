"""Grad-CAM, feature maps, filters and embeddings of any functional or sequential Keras model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.interpret.attribution import class_gradients, class_scores, predicted_classes
from kerasrecipes.models.surgery import input_of, output_of


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int] | None = None,
    *,
    layer: str | None = None,
) -> np.ndarray:
    """Compute where in each image a model finds a class (Grad-CAM).

    The feature maps are summed, each weighted by the mean gradient of the class's score; what
    speaks against the class is left out.

    Args:
        model: built of layers; models within it are opened.
        images: `(images, height, width, channels)`, as the model takes them.
        classes: a class index for each image; by default the predicted one.
        layer: name of the layer whose feature maps are taken; by default the last that still has
            rows and columns.

    Returns:
        `(images, height, width)`, from 0 to 1.

    Raises:
        UserError: if the model is not built of layers, or has no feature maps of that name.

    Reference:
        [Grad-CAM: Visual Explanations from Deep Networks](https://arxiv.org/abs/1610.02391)
        (Selvaraju et al., 2016)
    """
    flat = unfolded(model)
    target = _layer(flat, layer) if layer else _last_maps(flat)
    maps = np.asarray(
        keras.Model(flat.input, output_of(flat, target)).predict(images, verbose=0), np.float32
    )
    scores = class_scores(flat, [output_of(flat, target)])
    if classes is None:
        chosen = predicted_classes(scores(keras.ops.convert_to_tensor(maps)))
    else:
        chosen = np.asarray(classes)
    gradients = class_gradients(scores, maps, chosen)
    weights = gradients.mean(axis=(1, 2), keepdims=True)  # (images, 1, 1, channels)
    heat = np.maximum((weights * maps).sum(axis=-1), 0)  # (images, rows, columns)
    # The maximum is 0 where everything speaks against the class.
    heat /= np.maximum(heat.max(axis=(1, 2), keepdims=True), 1e-12)
    size = images.shape[2], images.shape[1]  # Pillow takes the width first
    enlarged = [
        np.asarray(Image.fromarray(one).resize(size, Image.Resampling.BICUBIC))
        for one in heat.astype(np.float32)
    ]
    # Bicubic interpolation overshoots the range.
    return np.clip(np.stack(enlarged), 0, 1)


def feature_maps(
    model: keras.Model, image: np.ndarray, layers: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Compute the feature maps of an image.

    Args:
        model: built of layers; models within it are opened.
        image: `(height, width, channels)`, as the model takes it.
        layers: names; by default the last layer of each size of feature maps, from the finest to
            the coarsest.

    Returns:
        `(rows, columns, channels)` by the layer's name, in the model's order.

    Raises:
        UserError: if the model is not built of layers, or a name is not among them.
    """
    flat = unfolded(model)
    chosen = [_layer(flat, name) for name in layers] if layers else _by_size(flat)
    outputs = keras.Model(flat.input, [output_of(flat, layer) for layer in chosen]).predict(
        image[None], verbose=0
    )
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return {
        layer.name: np.asarray(maps[0], np.float32)
        for layer, maps in zip(chosen, outputs, strict=True)
    }


def filters(model: keras.Model) -> np.ndarray | None:
    """Return the kernels of the first convolution over pixels.

    Args:
        model: built of layers; models within it are opened.

    Returns:
        `(filters, height, width, channels)`; `None` if there is no convolution.
    """
    for layer in unfolded(model).layers:
        if isinstance(layer, keras.layers.Conv2D):
            # Keras keeps the filters in the last axis.
            return np.moveaxis(
                np.asarray(keras.ops.convert_to_numpy(layer.kernel), np.float32), -1, 0
            )
    return None


def embeddings(model: keras.Model, images: np.ndarray) -> np.ndarray | None:
    """Compute the vectors that a model's last layer takes.

    Args:
        model: built of layers; its last layer takes vectors.
        images: `(images, height, width, channels)`, as the model takes them.

    Returns:
        `(images, units)`; `None` if the last layer takes something else.
    """
    flat = unfolded(model)
    tensor = input_of(flat, flat.layers[-1])
    if tensor is None or len(tensor.shape) != 2:
        return None
    return np.asarray(keras.Model(flat.input, tensor).predict(images, verbose=0), np.float32)


def nearest(vectors: np.ndarray, indices: Sequence[int], count: int) -> np.ndarray:
    """Find the nearest neighbours of examples by cosine similarity.

    Args:
        vectors: `(examples, units)`.
        indices: of the examples whose neighbours are searched for.
        count: neighbours of each.

    Returns:
        `(len(indices), count)`, indices of examples, the nearest first.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, 1e-12)
    similarity = unit[np.asarray(indices)] @ unit.T
    # Or each example would be its own nearest neighbour.
    similarity[np.arange(len(indices)), indices] = -np.inf
    return np.argsort(-similarity, axis=1, kind="stable")[:, :count]


def unfolded(model: keras.Model) -> keras.Model:
    """Open the models within a model, so that all layers stand in one graph.

    Args:
        model: functional or sequential.

    Returns:
        A functional model with the same layers; the given one if there is nothing to open.

    Raises:
        UserError: if the model is not built of layers.
    """
    model = _functional(model)
    if not any(isinstance(layer, keras.Model) for layer in model.layers):
        return model
    inputs = [
        keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    ]
    outputs = _replayed(model, inputs[0] if len(inputs) == 1 else inputs)
    return keras.Model(inputs, outputs, name=model.name)


def _functional(model: keras.Model) -> keras.Model:
    if isinstance(model, keras.Sequential) and model.built:
        return keras.Model(model.inputs[0], model.outputs, name=model.name)
    # By name, since Keras does not export the class.
    if type(model).__name__ != "Functional":
        raise UserError(
            f"only a functional or sequential model can be opened, received {type(model).__name__}"
        )
    return model


def _replayed(model: keras.Model, inputs: Any) -> Any:
    """Apply a model's layers to other inputs, one by one."""

    def opened(operation: Any) -> Callable[..., Any]:
        if isinstance(operation, keras.Model):
            return lambda tensors, **_: _replayed(_functional(operation), tensors)
        return operation

    # Private, but what Keras itself clones models with.
    return model._run_through_graph(inputs, operation_fn=opened)


def _layer(model: keras.Model, name: str) -> keras.Layer:
    maps = [layer for layer in model.layers if _size(model, layer)]
    if name not in [layer.name for layer in maps]:
        raise unknown("layer with feature maps", name, [layer.name for layer in maps])
    return model.get_layer(name)


def _size(model: keras.Model, layer: keras.Layer) -> tuple[int | None, int | None] | None:
    """Return rows and columns of a layer's feature maps; `None` where it has none."""
    output = output_of(model, layer)
    if isinstance(layer, keras.layers.InputLayer) or output is None or len(output.shape) != 4:
        return None
    return tuple(output.shape[1:3])


def _has_places(size: tuple[int | None, int | None] | None) -> bool:
    # A side of any length is None, and counts as more than one place.
    return size is not None and min(side or 2 for side in size) > 1


def _last_maps(model: keras.Model) -> keras.Layer:
    for layer in reversed(model.layers):
        if _has_places(_size(model, layer)):
            return layer
    raise UserError(
        f"the model {model.name} has no feature maps: none of its layers keeps rows and columns"
    )


def _by_size(model: keras.Model) -> list[keras.Layer]:
    """Return the last layer of each size of feature maps, from the first convolution on."""
    kept: dict[tuple[int | None, int | None], keras.Layer] = {}
    convolved = False
    for layer in model.layers:
        convolved = convolved or bool(layer.weights)
        if isinstance(layer, keras.layers.ZeroPadding2D):
            continue  # the same maps with a border
        size = _size(model, layer)
        if convolved and size is not None and _has_places(size):
            kept[size] = layer
    if not kept:
        raise UserError(
            f"the model {model.name} has no feature maps: none of its layers keeps rows and columns"
        )
    return list(kept.values())
