"""A Keras model as an ONNX file, by way of a TensorFlow graph or of JAX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes.inference.export import graphs

OPSET = 18


def write(model: keras.Model, path: Path) -> None:
    """Write a model as ONNX.

    Args:
        model: built.
        path: of the file.
    """
    if keras.backend.backend() != "tensorflow":
        model(graphs.random_inputs(model))  # Keras asks for a model that was called
        model.export(path, format="onnx", verbose=False)
        return
    import tf2onnx

    _, frozen = graphs.frozen(model)
    inputs, outputs = graphs.names(model)
    # The graph is handed over with its constants: Keras's own way makes inputs of those that layers
    # such as Normalization hold.
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[tensor.name for tensor in frozen.inputs],
        output_names=[tensor.name for tensor in frozen.outputs],
        opset=OPSET,
        custom_op_handlers={"Erfc": (_erfc, [])},
        tensors_to_rename=dict(
            zip(
                [tensor.name for tensor in (*frozen.inputs, *frozen.outputs)],
                [*inputs, *outputs],
                strict=True,
            )
        ),
        output_path=str(path),
    )


def _erfc(context: Any, node: Any, name: str, _: Any) -> None:
    """Write the complementary error function, of the exact GELU, as 1 - erf, which ONNX has."""
    shapes, dtypes = node.output_shapes, node.output_dtypes
    erf = context.make_node("Erf", [node.input[0]], shapes=shapes, dtypes=dtypes)
    one = context.make_const(f"{name}_one", np.array(1, np.float32))
    context.remove_node(node.name)
    context.make_node(
        "Sub",
        [one.output[0], erf.output[0]],
        name=node.name,
        outputs=node.output,
        shapes=shapes,
        dtypes=dtypes,
    )


def quantize(path: Path, kind: str) -> None:
    """Store a file's weights in fewer bits, in place.

    Args:
        path: of an ONNX file.
        kind: `int8`, with activations that are quantized as they come, or `float16`.
    """
    import onnx

    if kind == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(path, path, weight_type=QuantType.QInt8)
    else:
        from onnxruntime.transformers.float16 import convert_float_to_float16

        onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)
