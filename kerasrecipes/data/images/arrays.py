"""Labelled images in arrays: scikit-learn's digits and the user's own `.npz` files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes import memory
from kerasrecipes.data.duplicates import duplicates_note
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import FileSource, SyntheticSource
from kerasrecipes.data.splits import SMALL_SHARES, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


@dataclass(frozen=True)
class Digits(SyntheticSource):
    """The 1,797 handwritten digits that scikit-learn brings along."""

    summary: str = "1,797 handwritten digits of 8 x 8 pixels, embedded (scikit-learn)"

    def load(self, request: Request) -> Splits:
        """Load the digits, 0 to 255, divided 70 / 15 / 15.

        Raises:
            UserError: if scikit-learn is not installed.
        """
        if reason := self.reachable():
            raise UserError(
                f"the digits are not available: {reason}; `pip install scikit-learn` brings them"
            )
        from sklearn.datasets import load_digits

        digits = load_digits()
        # scikit-learn gives brightness from 0 to 16.
        x = np.rint(digits.images[..., None] * (255 / 16)).astype(np.uint8)  # (examples, 8, 8, 1)
        whole = {"train": Arrays(x, digits.target.astype(np.int32))}
        parts, _ = make_splits(whole, request, labels=attrgetter("y"), shares=SMALL_SHARES)
        classes = tuple(str(name) for name in digits.target_names)
        return splits_of(parts, Info(input_shape=x.shape[1:], classes=classes))

    def reachable(self) -> str | None:
        """Return why it cannot be loaded here, or `None`."""
        return None if find_spec("sklearn") else "scikit-learn is not installed"


@dataclass(frozen=True)
class Npz(FileSource):
    """A NumPy `.npz` file with images and labels.

    Args:
        labelled: whether labels are needed; without, they are read where there are any.
        summary: what it holds, in a line.
    """

    labelled: bool = True
    summary: str = "your own .npz file with arrays x and y, or x_train, y_train, x_test, y_test"
    example = "images.npz"

    def load(self, request: Request) -> Splits:
        """Load the arrays; see `make_splits` for splits that the file does not have.

        Raises:
            UserError: if the file is not an `.npz` file, or its arrays are not labelled images.
        """
        path = self.path_of(request)
        arrays = _parts(_arrays(path), str(path), self.labelled)
        notes: list[str] = []
        images = {
            name: _pixels(x, f"{path}: x of {name}", notes) for name, (x, _) in arrays.items()
        }
        shapes = {part.shape[1:] for part in images.values()}
        if len(shapes) > 1:
            raise UserError(
                f"{path}: images of all splits must have one shape, received {sorted(shapes)}"
            )
        given_labels = {name: y for name, (_, y) in arrays.items() if y is not None}
        labels, classes = (
            _labels(given_labels, str(path))
            if len(given_labels) == len(arrays)
            else ({name: np.zeros(len(x), np.int32) for name, x in images.items()}, None)
        )
        given = {name: Arrays(images[name], labels[name]) for name in arrays}
        of_class = attrgetter("y") if classes else None
        parts, drawn = make_splits(given, request, labels=of_class)
        info = Info(input_shape=shapes.pop(), classes=classes)
        return splits_of(parts, info, (*notes, *drawn, *duplicates_note(parts, "image")))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is an `.npz` file."""
        return path.lower().endswith(".npz")


def pixels_of(path: Path) -> np.ndarray:
    """Read the images of an `.npz` file to answer: those of its test split, or all that it has.

    Args:
        path: of the file; labels are not needed.

    Returns:
        Pixels of uint8, `(images, height, width, channels)`.

    Raises:
        UserError: if the file cannot be read, or holds no images under a known name.
    """
    arrays = _arrays(path)
    names = [x for split in ("test", "train") for x, _ in _NAMES[split]]
    for name in names:
        if name in arrays:
            return _pixels(arrays[name], f"{path}: {name}", [])
    raise UserError(f"{path} needs an array {', '.join(names[:-1])} or {names[-1]}")


_FAILURES = (
    *(OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, SyntaxError, TypeError, OverflowError),
)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if path.is_file() and not zipfile.is_zipfile(path):
        raise UserError(f"{path} is not an .npz file; numpy.savez('file.npz', x=…, y=…) writes one")
    try:
        # A pickle could run code when it is loaded.
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise UserError(f"{path} holds a single array; an .npz file with x and y is needed")
            # What else a file holds is left alone: it may be no array.
            return {
                name.lower(): _member(file, name, path) if name.lower() in _USED else np.zeros(0)
                for name in file.files
            }
    # Before OSError, of which it is a kind.
    except FileNotFoundError as error:
        raise UserError(f"there is no file {path}") from error
    except UserError:
        raise
    except _FAILURES as error:
        raise UserError(
            f"{path} cannot be read: it is truncated or not an .npz file; write it with "
            "numpy.savez(path, x=images, y=labels)"
        ) from error


def _member(file: Any, name: str, path: Path) -> np.ndarray:
    """Return an array of an `.npz` file.

    Raises:
        UserError: if it is none, holds Python objects, or is larger than this machine's memory.
    """
    entry = next(e for e in file.zip.infolist() if e.filename in (name, f"{name}.npy"))
    # Zeros shrink a thousandfold: a small file may hold more than there is memory for.
    memory.require(entry.file_size, f"the entries of {name} in {path}")
    try:
        found = file[name]
    except ValueError as error:
        if "pickle" not in str(error).lower():
            raise UserError(f"{path}: {name} is not an array: {str(error)[:120]}") from None
        # Text in a column of a data frame is of Python objects.
        kind = "str" if name.lower()[:1] == "y" or "label" in name.lower() else "np.float32"
        raise UserError(
            f"{path}: {name} holds Python objects, which are not read; write it with "
            f"numpy.savez(path, …, {name}={name}.astype({kind}))"
        ) from None
    if not isinstance(found, np.ndarray):
        raise UserError(f"{path}: {name} is a file of another kind, not an array")
    return found


# Of several pairs for a split, the first that the file has is taken.
_NAMES = {
    "train": (
        ("x_train", "y_train"),
        ("train_images", "train_labels"),
        ("x", "y"),
        ("images", "labels"),
    ),
    "validation": (
        ("x_validation", "y_validation"),
        ("x_val", "y_val"),
        ("x_valid", "y_valid"),
        ("val_images", "val_labels"),
    ),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}

_USED = {name for pairs in _NAMES.values() for pair in pairs for name in pair}


def _parts(
    arrays: Mapping[str, np.ndarray], path: str, labelled: bool
) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Return images and labels of each split, found by the names of the arrays."""
    parts: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}
    for name, pairs in _NAMES.items():
        there = [(x, y) for x, y in pairs if x in arrays and (y in arrays or not labelled)]
        if there:
            x, y = there[0]
            parts[name] = arrays[x], arrays.get(y)
    if "train" not in parts:
        if any(x in arrays for x, _ in _NAMES["train"]):
            raise UserError(f"{path} has images without labels, and this recipe needs x and y")
        found = ", ".join(sorted(arrays)) or "none"
        raise UserError(
            f"{path} needs arrays x and y (or x_train, y_train and x_test, y_test), found {found}"
        )
    for name, (images, labels) in parts.items():
        if images.ndim == 0 or not len(images):
            raise UserError(f"{path}: {name} has no images, received the shape {images.shape}")
        if labels is not None and (labels.ndim == 0 or len(labels) != len(images)):
            raise UserError(
                f"{path}: {name} needs as many labels as images, received {labels.shape} and "
                f"{images.shape}"
            )
    return parts


def _pixels(x: np.ndarray, name: str, notes: list[str]) -> np.ndarray:
    """Convert images to `(examples, height, width, channels)` of uint8."""
    if x.ndim == 3:
        x = x[..., None]
    elif x.ndim == 4 and x.shape[-1] not in (1, 3) and x.shape[1] in (1, 3):
        x = np.moveaxis(x, 1, -1)
    if x.ndim != 4 or x.shape[-1] not in (1, 3) or 0 in x.shape:
        wanted = "(examples, height, width) or (examples, height, width, 1 or 3)"
        raise UserError(f"{name} must be images of shape {wanted}, received {x.shape}")
    if x.dtype == np.uint8:
        return x
    if x.dtype == bool:
        return x.astype(np.uint8) * 255
    if x.dtype.kind not in "iuf":
        raise UserError(f"{name} must hold numbers, received {x.dtype}")
    return _scaled(x, name, notes)


def _scaled(x: np.ndarray, name: str, notes: list[str]) -> np.ndarray:
    """Scale numbers to 0 … 255 by the range in which they lie."""
    lost = x.size - int(np.isfinite(x).sum())
    if lost:
        raise UserError(
            f"{name} holds {lost:,} values that are not finite (NaN or infinite); "
            "remove those images first"
        )
    low, high = float(x.min()), float(x.max())
    if -1 <= low < 0 and high <= 1:
        # Scaled to -1 … 1, with black at -1.
        return np.rint((x + 1.0) * 127.5).astype(np.uint8)
    if low < 0 or high > 65535:
        raise UserError(f"{name} must lie in 0 to 1 or 0 to 255, received {low:g} to {high:g}")
    # 4095 is white in 12 bits. Below 64, and from 256 to 4095, the largest value is white.
    white = 1 if high <= 1 else 255 if 64 <= high <= 255 else 65535 if high > 4095 else high
    if white not in (1, 255):
        notes.append(f"{name}: values from {low:g} to {high:g}; {white:g} was taken as white")
    return np.rint(x * (255.0 / white)).astype(np.uint8)


def _labels(
    parts: Mapping[str, np.ndarray], path: str
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the label of each example, and the classes in the order of their sorted names."""
    flat = {name: _flat_labels(y, f"{path}: y of {name}") for name, y in parts.items()}
    values = np.unique(flat["train"])
    if len(values) < 2:
        raise UserError(f"{path}: at least two classes are needed, all labels are '{values[0]}'")
    for name, labels in flat.items():
        unknown = np.setdiff1d(labels, values)
        if len(unknown):
            raise UserError(f"{path}: label '{unknown[0]}' of {name} does not occur in train")
    # All labels are among the sorted values, so `searchsorted` finds them.
    indices = {
        name: np.searchsorted(values, labels).astype(np.int32) for name, labels in flat.items()
    }
    return indices, tuple(str(value) for value in values)


def _flat_labels(y: np.ndarray, name: str) -> np.ndarray:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if (
        y.ndim == 2
        and y.dtype.kind in "biuf"
        and np.isin(y, (0, 1)).all()
        and (y.sum(axis=1) == 1).all()
    ):
        return y.argmax(axis=1)
    if y.ndim != 1 or y.dtype.kind not in "biufUS":
        raise UserError(
            f"{name} must be one number or name per image, received {y.dtype} of shape {y.shape}"
        )
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind == "b":
        return y.astype(int)
    if y.dtype.kind == "f":
        if not (np.isfinite(y).all() and (y == np.rint(y)).all()):
            raise UserError(f"{name} must be whole numbers or names, received fractions or NaN")
        return y.astype(np.int64)
    return y
