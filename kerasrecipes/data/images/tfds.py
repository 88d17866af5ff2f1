"""Image classification sets by their TFDS name, with and without TensorFlow, network and download.

A folder that TFDS has prepared is read record by record without TensorFlow, so that both backends
see the same examples in the same order.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays, split
from kerasrecipes.data.images.arrays import SHARES
from kerasrecipes.data.images.files import ImageFiles, decode, each
from kerasrecipes.data.prepared import (
    HOST,
    Records,
    data_folder,
    keras_home,
    missing_for_download,
    online,
    prepared,
)
from kerasrecipes.data.tfds import download, told
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Request, Splits

SUMMARIES = {
    "mnist": "70,000 handwritten digits, 28 x 28 gray",
    "fashion_mnist": "70,000 pieces of clothing, 28 x 28 gray, 10 classes",
    "kmnist": "70,000 cursive Japanese characters, 28 x 28 gray, 10 classes",
    "cifar10": "60,000 small photographs, 32 x 32 colour, 10 classes",
    "cats_vs_dogs": "23,262 photographs of cats and dogs",
    "tf_flowers": "3,670 photographs of flowers, 5 classes",
    "oxford_flowers102": "8,189 photographs of flowers, 102 classes",
}

# What `keras.datasets` keeps of a set below its home, and the names of its classes.
_KERAS = {
    "mnist": (("datasets/mnist.npz",), [str(digit) for digit in range(10)]),
    "fashion_mnist": (
        (
            "datasets/fashion-mnist/train-images-idx3-ubyte.gz",
            "datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
        ),
        [
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
    ),
    "cifar10": (
        ("datasets/cifar-10-batches-py-target/cifar-10-batches-py/test_batch",),
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    ),
}

_IN_MEMORY = 512 * 2**20  # bytes; larger sets stay encoded


@dataclass(frozen=True)
class Dataset:
    """An image classification set of TensorFlow Datasets.

    Args:
        name: its TFDS name.
        summary: what it holds, in a line.
    """

    name: str
    summary: str

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else the file that Keras keeps, else download.

        The test split is the set's own. Validation is the set's own, or a twelfth of train drawn by
        the seed; a set of one piece is divided 70 / 15 / 15.

        Raises:
            UserError: if it can be had in none of these ways, with what was tried, within seconds.
        """
        folder = prepared(self.name)
        if folder and find_spec("tensorflow_datasets"):
            return _from_tfds(folder, request.seed)
        if cached(self.name):
            return _from_keras(self.name, request.seed)
        if reason := self.reachable():
            raise UserError(
                f"{self.name} cannot be had: {reason}; leave out --data to run on the embedded data"
            )
        return _download(self.name, request.seed)

    def accepts(self, path: str) -> bool:
        """Tell that no file is of this kind."""
        return False

    def reachable(self) -> str | None:
        """Tell in a few words why it cannot be loaded here, after seconds at most; downloads
        nothing.
        """
        folder = prepared(self.name)
        if cached(self.name) or (folder and find_spec("tensorflow_datasets")):
            return None
        if folder:
            return f"reading {folder} needs tensorflow-datasets, which is not installed"
        tried = [f"it is not prepared in {data_folder()}"]
        if self.name in _KERAS:
            tried.append(f"not in {keras_home() / 'datasets'}")
        if not online():
            tried.append(f"and {HOST[0]} cannot be reached")
        elif self.name not in _KERAS and (missing := missing_for_download()):
            tried.append(f"and preparing it needs {missing}")
        else:
            return None
        return ", ".join(tried)


def dataset(name: str) -> Dataset:
    """Give the source of an image classification set by its TFDS name, such as `fashion_mnist`."""
    return Dataset(name, SUMMARIES.get(name, f"the images of {name} (TensorFlow Datasets)"))


def cached(name: str) -> bool:
    """Tell whether Keras has downloaded a set."""
    files, _ = _KERAS.get(name, ((), ()))
    return bool(files) and all((keras_home() / file).is_file() for file in files)


class _Images(Sequence):
    """The encoded images of records."""

    def __init__(self, records: Records, key: str):
        self.records, self.key = records, key

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, number: int) -> bytes:
        return self.records[number][self.key]


def _from_tfds(folder: Path, seed: int) -> Splits:
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(folder)
    image, label = _keys(builder)
    names = builder.info.splits
    parts = {
        name: _examples(builder, name, image, label)
        for name in ("train", "validation", "test")
        if name in names
    }
    if "train" not in parts:
        raise UserError(f"{builder.name} has no split train, only {', '.join(names)}")
    shape = builder.info.features[image].shape
    known = all(shape)
    classes = tuple(builder.info.features[label].names)
    return _completed(
        parts, Info(input_shape=tuple(shape) if known else None, classes=classes), seed
    )


def _keys(builder: Any) -> tuple[str, str]:
    """Name the features with the image and with its class."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    image, label = builder.info.supervised_keys or ("image", "label")
    kinds = {image: tfds.features.Image, label: tfds.features.ClassLabel}
    if not all(
        name in features and isinstance(features[name], kind) for name, kind in kinds.items()
    ):
        names = ", ".join(features)
        raise UserError(f"{builder.name} is no set of classified images; its features are {names}")
    return image, label


def _examples(builder: Any, split: str, image: str, label: str) -> Arrays | ImageFiles:
    shape, count = builder.info.features[image].shape, builder.info.splits[split].num_examples
    if not all(shape) or count * int(np.prod(shape)) > _IN_MEMORY:
        records = Records(builder, split, encoded=[image])
        return ImageFiles(
            _Images(records, image),
            np.fromiter((r[label] for r in records), np.int32, len(records)),
        )
    if "tensorflow" in sys.modules:
        return _decoded_by_tensorflow(builder, split, image, label)
    records = Records(builder, split, encoded=[image])
    labels = np.empty(len(records), np.int32)
    pixels = np.empty((len(records), *shape), np.uint8)

    def read(number: int) -> None:
        record = records[number]
        labels[number] = record[label]
        pixels[number] = np.asarray(decode(record[image])).reshape(shape)

    each(read, len(records), max(shape))
    return Arrays(pixels, labels)


def _decoded_by_tensorflow(builder: Any, split: str, image: str, label: str) -> Arrays:
    """Give the same examples in the same order; for 70,000 small images in less than half the
    time.
    """
    import tensorflow_datasets as tfds

    in_order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    whole = builder.as_dataset(
        split=split, batch_size=-1, shuffle_files=False, read_config=in_order
    )
    whole = tfds.as_numpy(whole)
    return Arrays(whole[image], whole[label].astype(np.int32))


def _completed(parts: dict[str, Arrays | ImageFiles], info: Info, seed: int) -> Splits:
    """Draw the splits that a set does not have: a twelfth of MNIST's 60,000 makes 5,000 for
    validation.
    """
    train, validation, test = (parts.get(name) for name in ("train", "validation", "test"))
    if validation is None and test is None:
        train, validation, test = (
            train.select(numbers) for numbers in split(train.y, SHARES, seed)
        )
    elif validation is None:
        train, validation = (
            train.select(numbers) for numbers in split(train.y, (11 / 12, 1 / 12), seed)
        )
    elif test is None:
        validation, test = (
            validation.select(numbers) for numbers in split(validation.y, (0.5, 0.5), seed)
        )
    return Splits(train=train, validation=validation, test=test, info=info)


def _from_keras(name: str, seed: int) -> Splits:
    import keras

    (x, y), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    parts = {"train": _labelled(x, y), "test": _labelled(x_test, y_test)}
    return _completed(
        parts, Info(input_shape=parts["train"].x.shape[1:], classes=tuple(_KERAS[name][1])), seed
    )


def _labelled(x: np.ndarray, y: np.ndarray) -> Arrays:
    return Arrays(x[..., None] if x.ndim == 3 else x, y.reshape(-1).astype(np.int32))


def _download(name: str, seed: int) -> Splits:
    """Let TFDS, or where it cannot Keras, download and keep a set."""
    if not missing_for_download():
        return _from_tfds(download(name), seed)
    with told(name):
        return _from_keras(name, seed)
