"""What a frozen network makes of images, kept on disk and found again by what it was made from.

A store is a folder for one network. It holds pieces, each a file of keys and a file of values with
a row per image; a key is drawn from what identifies the image. Pieces appear whole and are never
changed, so that an interrupted pass keeps what it had, a folder with ten new photos costs ten, and
several processes may write at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes import files
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.label_transforms import SoftLabels

IN_MEMORY = 16 * 2**20  # bytes; features that take more are read from disk, batch by batch
PIECE = 32 * 2**20  # bytes of values in a file, roughly


def home() -> Path:
    """Give the folder of all stores: `$KERASRECIPES_CACHE`, else `~/.cache/kerasrecipes`."""
    named = os.environ.get("KERASRECIPES_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "kerasrecipes"


def digest(*parts: bytes | str) -> str:
    """Give a short name for what is given."""
    total = hashlib.blake2b(digest_size=12)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(len(content).to_bytes(8, "little") + content)
    return total.hexdigest()


class Store:
    """The features that one network gives.

    Args:
        folder: where they lie; made when the first are added.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def refresh(self) -> None:
        """Look at the folder anew."""
        self.__dict__.pop("_index", None)

    @cached_property
    def _index(self) -> tuple[list[Path], np.ndarray, np.ndarray, np.ndarray]:
        """The pieces, and of every key, in ascending order, its piece and its row there."""
        pieces = sorted(self.folder.glob("*.keys.npy"))
        keys = [np.load(piece, allow_pickle=False) for piece in pieces]
        flat = np.concatenate(keys) if keys else np.array([], np.uint64)
        piece = np.repeat(np.arange(len(keys), dtype=np.int32), [len(part) for part in keys])
        row = (
            np.concatenate([np.arange(len(part), dtype=np.int32) for part in keys])
            if keys
            else piece
        )
        order = np.argsort(flat, kind="stable")
        return [values_of(path) for path in pieces], flat[order], piece[order], row[order]

    def places(self, keys: np.ndarray) -> np.ndarray:
        """Find features.

        Args:
            keys: `(images,)`, of `keys_of`.

        Returns:
            `(images, 2)`, number of a piece and of a row there; -1 where there are none.
        """
        _, known, piece, row = self._index
        at = np.searchsorted(known, keys)
        found = at < len(known)
        found[found] = known[at[found]] == keys[found]
        places = np.full((len(keys), 2), -1, np.int32)
        places[found] = np.stack([piece[at[found]], row[at[found]]], axis=1)
        return places

    def add(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Keep the features of some images; the keys appear last, so that a piece is whole or not
        there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{digest(keys.tobytes())}.keys.npy"
        for target, array in ((values_of(path), values), (path, keys)):
            with files.replacing(target) as file:
                np.save(file, array, allow_pickle=False)

    def take(self, places: np.ndarray) -> np.ndarray:
        """Read features from the disk.

        Args:
            places: `(images, 2)`, of `places`, none of them -1.

        Returns:
            `(images, …)`.
        """
        paths, result = self._index[0], None
        for number in np.unique(places[:, 0]):
            # Mapped for this one batch only, so that pages which were read do not pile up.
            values = np.load(paths[number], mmap_mode="r", allow_pickle=False)
            rows = np.flatnonzero(places[:, 0] == number)
            if result is None:
                result = np.empty((len(places), *values.shape[1:]), values.dtype)
            result[rows] = values[places[rows, 1]]
        return result


def values_of(path: Path) -> Path:
    """Name the file of values beside a file of keys."""
    return path.with_name(path.name.replace(".keys.npy", ".values.npy"))


class Features(Examples):
    """Examples whose inputs are features that lie on disk.

    Args:
        store: where they lie.
        places: `(examples, 2)`, where each is found there.
        labels: gives what is to be predicted for the examples with certain numbers.
    """

    def __init__(
        self, store: Store, places: np.ndarray, labels: Callable[[np.ndarray], np.ndarray]
    ):
        self.store, self.places, self.labels = store, places, labels

    def __len__(self) -> int:
        return len(self.places)

    @property
    def y(self) -> np.ndarray:
        """What is to be predicted."""
        return self.labels(np.arange(len(self)))

    def take(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read the examples with these numbers."""
        return self.store.take(self.places[numbers]).astype(np.float32, copy=False), self.labels(
            numbers
        )

    def select(self, numbers: np.ndarray) -> Features:
        """Make a collection of only the examples with these numbers."""
        return Features(
            self.store, self.places[numbers], lambda chosen: self.labels(numbers[chosen])
        )


def examples_of(store: Store, examples: Examples) -> Arrays | Features:
    """Give the examples anew, with their features in place of the images; all of them are in the
    store.

    Returns:
        Arrays in memory where they are small, else features that are read batch by batch.
    """
    numbers = np.arange(len(examples))
    features = Features(store, store.places(keys_of(examples)), labels_of(examples))
    if not len(numbers):
        return Arrays(np.empty((0, 1), np.float32), features.labels(numbers))
    bytes_needed = len(numbers) * store.take(features.places[:1]).size * 4
    return Arrays(*features.take(numbers)) if bytes_needed <= IN_MEMORY else features


def labels_of(examples: Examples) -> Callable[[np.ndarray], np.ndarray]:
    """Give the function from numbers of examples to what is right for them, which decodes no
    image.
    """
    if isinstance(examples, SoftLabels):
        return examples.rows
    labels = examples.y
    return lambda numbers: labels[numbers]


def keys_of(examples: Examples) -> np.ndarray:
    """Identify images by what they are made from.

    Args:
        examples: images in memory or in files, with labels of any kind.

    Returns:
        `(examples,)` uint64: of a file by the end of its path, its size and its time; else by its
        content.
    """
    if isinstance(examples, SoftLabels):
        return keys_of(examples.examples)
    if isinstance(examples, ImageFiles):
        return _keys(
            lambda number: _identity(examples.files[int(examples.indices[number])]), len(examples)
        )
    return _keys(lambda number: np.ascontiguousarray(examples.x[number]).tobytes(), len(examples))


def _keys(content: Callable[[int], bytes], count: int) -> np.ndarray:
    hashed = (hashlib.blake2b(content(number), digest_size=8).digest() for number in range(count))
    return np.frombuffer(b"".join(hashed), np.uint64)


def _identity(source: str | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    found = os.stat(source)
    return repr((Path(source).parts[-2:], found.st_size, found.st_mtime_ns)).encode()


def network_name(parts: Sequence[Any], weights: Sequence[np.ndarray]) -> str:
    """Name the store of a network by all that its features depend on.

    Args:
        parts: plain values, such as the network's name, its input shape and arithmetic.
        weights: of the network.
    """
    contents = [digest(np.ascontiguousarray(array).tobytes()) for array in weights]
    return digest(repr(tuple(parts)), *contents)
