"""Image classification sets by their TFDS name, with and without TensorFlow, network and download.

A folder that TFDS has prepared is read record by record without TensorFlow, so that both backends
see the same examples in the same order.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data import tfds
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.decoding import decode, each
from kerasrecipes.data.images.files import ImageFiles, Images
from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.splits import SMALL_SHARES, make_splits, splits_of
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

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


class ImageTfds(TfdsSource):
    """An image classification set of TensorFlow Datasets, some of which Keras has as well."""

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else the file in Keras's cache, else download.

        The test split is the set's own. See `make_splits` for a missing one; a set in one piece is
        divided 70 / 15 / 15.

        Raises:
            UserError: if it is available in none of these ways, with what was tried, within
                seconds.
        """
        folder = tfds.prepared(self.name)
        if folder and find_spec("tensorflow_datasets"):
            parts, info = self._from_tfds(folder, request)
        elif cached(self.name):
            parts, info = self._from_keras()
        else:
            self.require_reachable()
            # By TFDS, or where that cannot by Keras.
            if tfds.missing_for_download():
                with tfds.download_errors(self.name):
                    parts, info = self._from_keras()
            else:
                parts, info = self._from_tfds(tfds.download(self.name), request)
        made, notes = make_splits(parts, request, labels=attrgetter("y"), shares=SMALL_SHARES)
        return splits_of(made, info, notes)

    def reachable(self) -> str | None:
        """Return why it cannot be loaded here, within seconds, or `None`; downloads nothing."""
        folder = tfds.prepared(self.name)
        if cached(self.name) or (folder and find_spec("tensorflow_datasets")):
            return None
        if folder:
            return f"reading {folder} needs tensorflow-datasets, which is not installed"
        tried = [f"it is not prepared in {tfds.data_folder()}"]
        if self.name in _KERAS:
            tried.append(f"not in {tfds.keras_home() / 'datasets'}")
        if not tfds.online():
            tried.append(f"and {tfds.HOST[0]} cannot be reached")
        elif self.name not in _KERAS and (missing := tfds.missing_for_download()):
            tried.append(f"and preparing it needs {missing}")
        else:
            return None
        return ", ".join(tried)

    def _from_tfds(self, folder: Path, request: Request) -> tuple[dict[str, Images], Info]:
        builder = tfds.library().builder_from_directory(folder)
        image, label = _keys(builder)
        names = self.splits_to_load(builder.info.splits, request)
        parts = {name: _examples(builder, name, image, label) for name in names}
        shape = builder.info.features[image].shape
        classes = tuple(builder.info.features[label].names)
        return parts, Info(input_shape=tuple(shape) if all(shape) else None, classes=classes)

    def _from_keras(self) -> tuple[dict[str, Images], Info]:
        import keras

        (x, y), (x_test, y_test) = getattr(keras.datasets, self.name).load_data()
        train = _labelled(x, y)
        info = Info(input_shape=train.x.shape[1:], classes=tuple(_KERAS[self.name][1]))
        return {"train": train, "test": _labelled(x_test, y_test)}, info


def cached(name: str) -> bool:
    """Return whether a set is in Keras's cache."""
    files, _ = _KERAS.get(name, ((), ()))
    return bool(files) and all((tfds.keras_home() / file).is_file() for file in files)


class _Images(Sequence):
    """Encoded images of the records of a split."""

    def __init__(self, records: Records, key: str):
        self.records, self.key = records, key

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]  # no slices
        return self.records[number][self.key]


def _keys(builder: Any) -> tuple[str, str]:
    """Return the names of the features with the image and with its class."""
    import tensorflow_datasets

    features = builder.info.features
    image, label = builder.info.supervised_keys or ("image", "label")
    kinds = {
        image: tensorflow_datasets.features.Image,
        label: tensorflow_datasets.features.ClassLabel,
    }
    if not all(
        name in features and isinstance(features[name], kind) for name, kind in kinds.items()
    ):
        names = ", ".join(features)
        raise UserError(
            f"{builder.name} is not a set of classified images; its features are {names}"
        )
    return image, label


def _examples(builder: Any, split: str, image: str, label: str) -> Arrays | ImageFiles:
    shape, count = builder.info.features[image].shape, builder.info.splits[split].num_examples
    if not all(shape) or count * int(np.prod(shape)) > _IN_MEMORY:
        records = Records(builder, split, encoded=[image])
        return ImageFiles(
            _Images(records, image),
            np.fromiter((r[label] for r in records), np.int32, len(records)),
        )
    # Only where it is loaded anyway; a training on JAX does not load it for this.
    if "tensorflow" in sys.modules:
        import tensorflow_datasets

        # The same examples in the same order, 70,000 small ones in less than half the time. A cycle
        # of 1 reads file after file, as `Records` does, in place of several in turn.
        in_order = tensorflow_datasets.ReadConfig(interleave_cycle_length=1, try_autocache=False)
        whole = builder.as_dataset(
            split=split, batch_size=-1, shuffle_files=False, read_config=in_order
        )
        whole = tensorflow_datasets.as_numpy(whole)
        return Arrays(whole[image], whole[label].astype(np.int32))
    records = Records(builder, split, encoded=[image])
    labels = np.empty(len(records), np.int32)
    pixels = np.empty((len(records), *shape), np.uint8)

    def read(number: int) -> None:
        record = records[number]
        labels[number] = record[label]
        pixels[number] = np.asarray(decode(record[image])).reshape(shape)

    each(read, len(records), max(shape))
    return Arrays(pixels, labels)


def _labelled(x: np.ndarray, y: np.ndarray) -> Arrays:
    # Keras gives the labels of CIFAR-10 as a column.
    return Arrays(x[..., None] if x.ndim == 3 else x, y.reshape(-1).astype(np.int32))
