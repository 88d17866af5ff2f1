"""What a network of convolutions looks at, on any functional or sequential Keras model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.models.surgery import input_of, output_of


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int] | None = None,
    *,
    layer: str | None = None,
) -> np.ndarray:
    """Show where in each image a model finds a class: Grad-CAM.

    Feature maps are added up, each by how much the class's score grows with it; what speaks against
    the class is left out.

    Args:
        model: built of layers; models within it are opened.
        images: `(images, height, width, channels)`, as the model takes them.
        classes: a class number for each image; by default the one that the model answers.
        layer: whose feature maps to take; by default the last that still has rows and columns.

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
    score = _scores(flat, target)
    if classes is None:
        classes = _answers(np.asarray(score(keras.ops.convert_to_tensor(maps))))
    slopes = _slopes(score, maps, np.asarray(classes))
    weights = slopes.mean(axis=(1, 2), keepdims=True)  # (images, 1, 1, channels)
    heat = np.maximum((weights * maps).sum(axis=-1), 0)  # (images, rows, columns)
    heat /= np.maximum(heat.max(axis=(1, 2), keepdims=True), 1e-12)
    return np.stack([_enlarged(one, images.shape[1:3]) for one in heat])


def feature_maps(
    model: keras.Model, image: np.ndarray, layers: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Give what layers make of an image.

    Args:
        model: built of layers; models within it are opened.
        image: `(height, width, channels)`, as the model takes it.
        layers: names; by default the last layer of each size of maps, from the finest to the
            coarsest.

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
    """Give the kernels of the first convolution over pixels.

    Returns:
        `(filters, height, width, channels)`; `None` if there is no convolution.
    """
    for layer in unfolded(model).layers:
        if isinstance(layer, keras.layers.Conv2D):
            return np.moveaxis(
                np.asarray(keras.ops.convert_to_numpy(layer.kernel), np.float32), -1, 0
            )
    return None


def embeddings(model: keras.Model, images: np.ndarray) -> np.ndarray | None:
    """Give the vectors from which a model's last layer draws its answer.

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


def nearest(vectors: np.ndarray, numbers: Sequence[int], count: int) -> np.ndarray:
    """Find each one's nearest others by the angle between vectors.

    Args:
        vectors: `(examples, units)`.
        numbers: whose neighbours to find.
        count: how many for each.

    Returns:
        `(len(numbers), count)` example numbers, the nearest first.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, 1e-12)
    likeness = unit[np.asarray(numbers)] @ unit.T
    likeness[np.arange(len(numbers)), numbers] = -np.inf
    return np.argsort(-likeness, axis=1, kind="stable")[:, :count]


def unfolded(model: keras.Model) -> keras.Model:
    """Open the models within a model, so that all layers stand in one graph.

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
    if type(model).__name__ != "Functional":
        raise UserError(
            f"only a model that is built of layers can be looked into, received {type(model).__name__}"
        )
    return model


def _replayed(model: keras.Model, inputs: Any) -> Any:
    """Apply a model's layers to other inputs, one by one."""

    def opened(operation: Any) -> Callable[..., Any]:
        if isinstance(operation, keras.Model):
            return lambda tensors, **_: _replayed(_functional(operation), tensors)
        return operation

    return model._run_through_graph(inputs, operation_fn=opened)


def _layer(model: keras.Model, name: str) -> keras.Layer:
    maps = [layer for layer in model.layers if _size(model, layer)]
    if name not in [layer.name for layer in maps]:
        raise unknown("layer with feature maps", name, [layer.name for layer in maps])
    return model.get_layer(name)


def _size(model: keras.Model, layer: keras.Layer) -> tuple[int | None, int | None] | None:
    """Rows and columns of a layer's feature maps; `None` where it makes none."""
    output = output_of(model, layer)
    if isinstance(layer, keras.layers.InputLayer) or output is None or len(output.shape) != 4:
        return None
    return tuple(output.shape[1:3])


def _has_places(size: tuple[int | None, int | None] | None) -> bool:
    return size is not None and min(side or 2 for side in size) > 1


def _last_maps(model: keras.Model) -> keras.Layer:
    for layer in reversed(model.layers):
        if _has_places(_size(model, layer)):
            return layer
    raise UserError(
        f"the model {model.name} has no feature maps: none of its layers keeps rows and columns"
    )


def _by_size(model: keras.Model) -> list[keras.Layer]:
    """The last layer of each size of maps that a convolution made."""
    kept: dict[tuple[int | None, int | None], keras.Layer] = {}
    convolved = False
    for layer in model.layers:
        convolved = convolved or bool(layer.weights)
        if isinstance(layer, keras.layers.ZeroPadding2D):
            continue  # the same maps with a border
        if convolved and _has_places(size := _size(model, layer)):
            kept[size] = layer
    if not kept:
        raise UserError(
            f"the model {model.name} has no feature maps: none of its layers keeps rows and columns"
        )
    return list(kept.values())


def _scores(model: keras.Model, target: keras.Layer) -> Callable[[Any], Any]:
    """Give the function from feature maps to the classes' scores, before any softmax or sigmoid."""
    last = model.layers[-1]
    if isinstance(last, keras.layers.Dense) and last.name != target.name:
        rest = keras.Model(output_of(model, target), input_of(model, last))
        bias = last.bias if last.use_bias else 0.0
        return lambda maps: (
            keras.ops.matmul(keras.ops.cast(rest(maps), "float32"), last.kernel) + bias
        )
    rest = keras.Model(output_of(model, target), model.outputs[0])
    return lambda maps: keras.ops.cast(rest(maps), "float32")


def _answers(scores: np.ndarray) -> np.ndarray:
    return (scores[:, 0] > 0).astype(int) if scores.shape[-1] == 1 else scores.argmax(axis=-1)


def _slopes(score: Callable[[Any], Any], maps: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Give the derivative of each image's own class by its feature maps."""

    def total(tensor: Any) -> Any:
        scores = score(tensor)
        if (
            scores.shape[-1] == 1
        ):  # of two classes, one score speaks for the second and against the first
            return keras.ops.sum(scores[:, 0] * (2.0 * classes - 1.0))
        return keras.ops.sum(scores * keras.ops.one_hot(classes, scores.shape[-1]))

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tensor = tf.convert_to_tensor(maps)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = total(tensor)
        return np.asarray(tape.gradient(value, tensor))
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(total)(jax.numpy.asarray(maps)))
    raise UserError(
        f"Grad-CAM runs on TensorFlow and JAX, received the backend {keras.backend.backend()}"
    )


def _enlarged(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    image = Image.fromarray(heat.astype(np.float32))
    return np.clip(np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC)), 0, 1)
