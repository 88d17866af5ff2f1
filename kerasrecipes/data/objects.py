"""Data in Python objects, written as the files that sources read.

Arrays, dictionaries of arrays, data frames, `tf.data.Dataset`, Keras's `PyDataset`, PyTorch's
datasets and Hugging Face's are recognised by what they can do, so none of these libraries is
needed. They become a file, named by its content, beside the runs: whatever reads files of the
user's own then resumes, evaluates, tunes and spreads over hosts on them too.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes import files
from kerasrecipes.data.tables import targets
from kerasrecipes.errors import UserError, excerpt

# How people call the parts of a data set: the names that files have.
_SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
_KINDS = (
    "arrays (x, y), images alone, a dictionary of arrays, a data frame, a tf.data.Dataset, a "
    "PyDataset, a PyTorch dataset, a Hugging Face dataset, or these by split: a dictionary, or "
    "((x, y), (x_test, y_test))"
)
_LABELS = ("y", "label", "labels", "target", "class")

# What reading an object of an unknown library, or of the user's own, may fail with.
_FAILURES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError)

_UNEVEN = "the cells of a column are lists of unlike lengths; give texts, or arrays of one shape"

Columns = dict[str, np.ndarray]


def store(data: Any, folder: Path) -> Path:
    """Write data in a Python object to a file, or to a folder with a file for each split.

    Args:
        data: arrays `(x, y)`, an array of images, a dictionary of arrays, a data frame, or a data
            set of TensorFlow, Keras, PyTorch or Hugging Face; or these by split: a dictionary with
            `train`, `validation` and `test`, or `((x, y), (x_test, y_test))` as the data sets of
            Keras are loaded. Images become `images.npz`, all else a table.
        folder: where it is written, under a name that its content decides, so that equal data has
            one file.

    Returns:
        The file or folder.

    Raises:
        UserError: if the object is of no known kind, is infinite, or its parts do not fit together.
    """
    parts = {name: columns(part) for name, part in _by_split(data).items()}
    if any(not found or not len(next(iter(found.values()))) for found in parts.values()):
        raise UserError("the data holds no examples")
    has_images = any(column.ndim >= 3 for column in parts["train"].values())
    contents = _npz(parts) if has_images else _tables(parts)
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(name.encode() + content)
    place = folder / digest.hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if not (place / name).exists():
            files.write_bytes(place / name, content)
    return (place / next(iter(contents)) if len(contents) == 1 else place).absolute()


def _by_split(data: Any) -> dict[str, Any]:
    if isinstance(data, Mapping) and data and all(str(name) in _SPLITS for name in data):
        parts = {_SPLITS[str(name)]: part for name, part in data.items()}
        if "train" not in parts:
            raise UserError(f"the data has no split train, only {', '.join(map(str, data))}")
        return parts
    if isinstance(data, tuple) and len(data) in (2, 3) and all(map(_is_pair, data)):
        names = ("train", "test") if len(data) == 2 else ("train", "validation", "test")
        return dict(zip(names, data, strict=True))
    return {"train": data}


def _is_pair(value: Any) -> bool:
    """Whether a value is inputs with labels, rather than an example written as a tuple."""
    if not isinstance(value, tuple) or len(value) not in (2, 3):
        return False
    return _is_frame(value[0]) or hasattr(value[0], "shape") or isinstance(value[0], list)


def columns(data: Any) -> Columns:
    """Return the columns of a data set by name, each with a row for each example.

    Args:
        data: of a kind that `store` takes, without splits.

    Raises:
        UserError: if the object is of no known kind or is infinite.
    """
    try:
        found = _columns(data)
    except UserError:
        raise
    except _FAILURES as error:
        reason = excerpt(str(error)) or type(error).__name__
        raise UserError(
            f"data of the type {type(data).__name__} cannot be read ({reason}); possible are "
            f"{_KINDS}"
        ) from error
    for name, column in found.items():
        if not column.ndim:
            raise UserError(f"'{name}' is a single value and no column; possible are {_KINDS}")
    lengths = {name: len(column) for name, column in found.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise UserError(f"the columns differ in length: {told}")
    return found


def _columns(data: Any) -> Columns:
    if isinstance(data, tuple) and len(data) in (2, 3):
        return _of_pair(*data)
    if isinstance(data, Mapping):
        return {str(name): _array(column) for name, column in data.items()}
    # Data frames of pandas and polars, and data sets of Hugging Face.
    if hasattr(data, "columns") or hasattr(data, "column_names"):
        names = data.columns if hasattr(data, "columns") else data.column_names
        return {str(name): _array(data[name]) for name in names}
    if hasattr(data, "as_numpy_iterator"):
        if int(data.cardinality()) == -1:
            raise UserError("the tf.data.Dataset is infinite; give it an end with take(…)")
        return _joined(data.as_numpy_iterator(), str(type(data).__name__))
    if hasattr(data, "num_batches"):
        count = data.num_batches
        if count is None:
            raise UserError("the PyDataset is infinite: its num_batches is None")
        return _joined((data[index] for index in range(count)), "PyDataset", batched=True)
    if hasattr(data, "dataset") and hasattr(data, "batch_size"):
        return _columns(data.dataset)  # a PyTorch loader, whose order and transport do not matter
    if hasattr(data, "shape") and hasattr(data, "__array__"):
        array = _array(data)
        if array.ndim in (3, 4):
            return {"x": array}  # images without labels
        raise UserError(
            f"an array of shape {array.shape} has no labels, and no names; possible are {_KINDS}"
        )
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, str):
        return _joined((data[index] for index in range(len(data))), type(data).__name__)
    raise UserError(f"data of the type {type(data).__name__} is not known; possible are {_KINDS}")


def _of_pair(x: Any, y: Any, weight: Any = None) -> Columns:
    """Name the columns of inputs and labels, and of weights where there are some."""
    # Inputs that are a table keep the names of its columns.
    if hasattr(x, "columns") or isinstance(x, Mapping):
        found = _columns(x)
    else:
        array = _array(x)
        if array.ndim == 1 and array.dtype.kind in "OU":
            found = {"text": array}
        else:
            found = _features(array) if array.ndim <= 2 else {"x": array}
    weights = {} if weight is None else {_free("weight", found): _array(weight)}
    if y is None:
        return {**found, **weights}
    return {**_with_labels(found, _array(y), str(getattr(y, "name", None) or "target")), **weights}


def _with_labels(found: Columns, labels: np.ndarray, name: str) -> Columns:
    """Add the column of labels, by a name under which it is taken for the target."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and _is_one_hot(labels):
        labels = labels.argmax(axis=1)
    if name not in found and targets.choose([*found, name], None)[0] == [name]:
        return {**found, name: labels}
    # An input is called as targets are: of names that differ in signs only, the first is taken.
    return {_free("target", found): labels, **found}


def _is_one_hot(labels: np.ndarray) -> bool:
    numbers = labels.size and labels.dtype.kind in "biuf"
    return bool(numbers and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _features(array: np.ndarray) -> Columns:
    array = array[:, None] if array.ndim == 1 else array
    return {f"x{number}": array[:, number - 1] for number in range(1, array.shape[1] + 1)}


def _joined(items: Iterator[Any], kind: str, batched: bool | None = None) -> Columns:
    """Join the examples, or the batches, that a data set gives one after another."""
    parts = [_parts(item, kind) for item in items]
    if len({tuple(part) for part in parts}) > 1:
        raise UserError(f"the examples of the {kind} differ in their parts")
    if batched is None:
        # A last batch of one image looks like an image.
        looked_at = parts[:1] if parts and list(parts[0]) == [("x", "")] else parts
        batched = bool(parts) and all(map(_is_batch, looked_at))
    join: Callable[[Sequence[np.ndarray]], np.ndarray] = np.concatenate if batched else np.stack
    try:
        joined = {key: join([part[key] for part in parts]) for key in (parts or [{}])[0]}
    except ValueError as error:
        raise UserError(
            f"the examples of the {kind} differ in shape; resize them, or write them to a folder"
        ) from error
    if not any(key for key, _ in joined):
        return {name: array for (_, name), array in joined.items()}
    table = {name: array for (role, name), array in joined.items() if role == "x" and name}
    return _of_pair(
        table or joined["x", ""], joined.get(("target", "")), joined.get(("weight", ""))
    )


def _parts(item: Any, kind: str) -> dict[tuple[str, str], np.ndarray]:
    """Return the arrays of an example or a batch, by their role in a pair and their names, each
    empty where there is none.
    """
    if isinstance(item, Mapping):
        return {("", str(name)): _array(value) for name, value in item.items()}
    if isinstance(item, (tuple, list)) and len(item) in (2, 3):
        roles = zip(("x", "target", "weight"), item, strict=False)
    elif np.ndim(item) >= 2 or hasattr(item, "convert"):
        roles = zip(("x",), (item,), strict=True)  # an image without a label
    else:
        raise UserError(
            f"an example of the {kind} is to be an image, (x, y) or a dictionary; received "
            f"{type(item).__name__}"
        )
    found: dict[tuple[str, str], np.ndarray] = {}
    for role, value in roles:
        if isinstance(value, Mapping) and role == "x":
            found |= {(role, str(name)): _array(column) for name, column in value.items()}
        elif value is not None:
            found[role, ""] = _array(value)
    return found


def _is_batch(part: Mapping[tuple[str, str], np.ndarray]) -> bool:
    """Whether arrays are a batch, which has an axis more than an example: as many labels as
    inputs.
    """
    if list(part) == [("x", "")]:
        shape = part["x", ""].shape
        image = len(shape) == 2 or (len(shape) == 3 and {shape[0], shape[-1]} & {1, 3})
        return not image
    return all(array.ndim for array in part.values()) and len(set(map(len, part.values()))) == 1


def _array(value: Any) -> np.ndarray:
    """Convert a column, a tensor or an image; bytes are decoded."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()  # a tensor of PyTorch may lie on a device
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise UserError(_UNEVEN) from error
    if array.dtype.kind == "O" and array.size and hasattr(array.flat[0], "convert"):
        array = np.stack([np.asarray(image) for image in array])  # images of Pillow
    cells = array.ravel().tolist() if array.dtype.kind in "SO" else []
    if any(isinstance(cell, (list, tuple, dict, np.ndarray)) for cell in cells):
        raise UserError(_UNEVEN)
    if array.dtype.kind == "S" or (cells and all(isinstance(cell, bytes) for cell in cells)):
        decoded = [cell.decode("utf-8", "replace") for cell in cells]
        return np.array(decoded, dtype=object).reshape(array.shape)
    return array


def _npz(parts: Mapping[str, Columns]) -> dict[str, bytes]:
    arrays: Columns = {}
    for split, found in parts.items():
        images = [name for name, column in found.items() if column.ndim >= 3]
        others = [name for name in found if name not in images]
        labels = [name for name in others if name.lower().rstrip("_") in _LABELS] or others
        if len(images) != 1:
            raise UserError(
                "images need one array of them and one of labels; received "
                + ", ".join(f"{name} of shape {column.shape}" for name, column in found.items())
            )
        arrays[f"x_{split}"] = found[images[0]]
        if labels:
            y = found[labels[0]]
            # Python objects are not written, since reading them could run code.
            arrays[f"y_{split}"] = y.astype(str) if y.dtype.kind == "O" else y
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # its stub takes the names for options
    return {"images.npz": buffer.getvalue()}


def _tables(parts: Mapping[str, Columns]) -> dict[str, bytes]:
    single = len(parts) == 1
    return {f"{'table' if single else name}.csv": _csv(found) for name, found in parts.items()}


def _csv(found: Columns) -> bytes:
    rows: list[Iterable[Any]] = []
    names: list[str] = []
    for name, column in found.items():
        if column.ndim == 1:
            names.append(name)
            rows.append(map(_cell, column.tolist()))
        elif column.ndim == 2:  # one-hot rows, or several targets
            names += [f"{name}{number}" for number in range(1, column.shape[1] + 1)]
            rows += [map(_cell, part.tolist()) for part in column.T]
        else:
            raise UserError(f"the column '{name}' of shape {column.shape} is no column of a table")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(names)
    writer.writerows(zip(*rows, strict=True))
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    """Write a cell: missing ones empty, numbers with all digits that they have."""
    missing = value is None or (isinstance(value, float) and value != value)
    if missing or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    return repr(value) if isinstance(value, float) else value


def as_inputs(inputs: Any) -> list[str | Path | bytes]:
    """Return inputs of `predict` as paths, texts, and contents of files.

    Args:
        inputs: a path, a text, bytes, an image (an array or of Pillow) or a data frame, or a
            sequence of these; a two-dimensional array alone is rows of a table, one of three or
            four dimensions is images.

    Returns:
        Images as PNG, rows as CSV, all else as it was.

    Raises:
        UserError: if an array is neither.
    """
    if isinstance(inputs, (str, Path, bytes)) or _is_frame(inputs) or hasattr(inputs, "convert"):
        return [_content(inputs)]
    if isinstance(inputs, np.ndarray) or hasattr(inputs, "detach"):
        array = _array(inputs)
        if array.ndim == 2:
            return [_csv(_features(array)).partition(b"\n")[2]]
        return [_content(one) for one in (array if array.ndim == 4 else array[None])]
    return [_content(one) for one in inputs]


def _is_frame(value: Any) -> bool:
    return hasattr(value, "columns") or isinstance(value, Mapping)


def _content(value: Any) -> str | Path | bytes:
    if isinstance(value, (str, Path, bytes)):
        return value
    if isinstance(value, Mapping):
        return _csv({str(name): np.atleast_1d(_array(cell)) for name, cell in value.items()})
    if _is_frame(value):
        return _csv(columns(value))
    return _png(_array(value))


def _png(image: np.ndarray) -> bytes:
    from PIL import Image

    if image.ndim == 3 and image.shape[0] in (1, 3) and image.shape[2] not in (1, 3, 4):
        image = np.moveaxis(image, 0, -1)  # PyTorch's order
    if image.dtype.kind not in "biuf" or image.ndim not in (2, 3):
        raise UserError(
            "an image is (height, width) or (height, width, 1 or 3), numbers; received "
            f"{image.dtype} of shape {image.shape}"
        )
    if image.dtype != np.uint8:
        white = 255 if image.size and float(np.nanmax(image)) > 1 else 1
        image = np.clip(np.rint(np.nan_to_num(image) * (255 / white)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    flat = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    Image.fromarray(flat).save(buffer, "PNG")
    return buffer.getvalue()
