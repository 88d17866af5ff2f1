"""Disk cache of the features that a frozen network computes of images, keyed by their content.

A store is a folder for one network. It holds pieces, each a file of keys and a file of values with
a row per image; a key is a hash of what identifies the image. Pieces appear whole and are never
changed, so that an interrupted pass keeps what it had, a folder with ten new photos costs ten, and
several processes may write at once.
"""

from __future__ import annotations

import functools
import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes import files
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.label_transforms import SoftLabels
from kerasrecipes.errors import Notice

IN_MEMORY = 16 * 2**20  # bytes; features that take more are read from disk, batch by batch
PIECE = 32 * 2**20  # bytes of values in a file, roughly


def home() -> Path:
    """Return the folder of all stores: `$KERASRECIPES_CACHE`, else `~/.cache/kerasrecipes`."""
    named = os.environ.get("KERASRECIPES_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "kerasrecipes"


def digest(*parts: bytes | str) -> str:
    """Return a short hash of some contents."""
    total = hashlib.blake2b(digest_size=12)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        # Each part with its length, so that ("ab", "c") and ("a", "bc") differ.
        total.update(len(content).to_bytes(8, "little") + content)
    return total.hexdigest()


class Store:
    """Features that one network computed.

    Args:
        folder: folder of their files; made when the first are added.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def refresh(self) -> None:
        """Forget what was read of the folder, so that files of other processes are seen."""
        self.__dict__.pop("_index", None)

    @cached_property
    def _index(self) -> tuple[list[Path], np.ndarray, np.ndarray, np.ndarray]:
        """Files of values, and in ascending order every key with its file and its row there."""
        pieces, keys = [], []
        for path in sorted(self.folder.glob("*.keys.npy")):
            found = _intact(path)
            if found is not None:
                pieces.append(path)
                keys.append(found)
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
        """Return where features lie in the store.

        Args:
            keys: `(images,)`, of `keys_of`.

        Returns:
            `(images, 2)`, number of a piece and of a row there; -1 where there are none.
        """
        _, known, piece, row = self._index
        at = np.searchsorted(known, keys)
        # A key above all known ones is placed behind the last, where nothing can be compared.
        found = at < len(known)
        found[found] = known[at[found]] == keys[found]
        places = np.full((len(keys), 2), -1, np.int32)
        places[found] = np.stack([piece[at[found]], row[at[found]]], axis=1)
        return places

    def add(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Keep the features of some images; the keys appear last, so that a piece is whole or not
        there.

        Args:
            keys: `(images,)` uint64, of `keys_of`.
            values: `(images, …)`, the features of each image; stored in their own type.
        """
        files.make_folder(self.folder)
        files.remove_leftovers(self.folder)
        path = self.folder / f"{digest(keys.tobytes())}.keys.npy"
        for target, array in ((values_of(path), values), (path, keys)):
            with files.replacing(target, sealed=True) as file:
                np.save(file, array, allow_pickle=False)

    def take(self, places: np.ndarray) -> np.ndarray:
        """Read features from the disk.

        Args:
            places: `(images, 2)`, of `places`, none of them -1.

        Returns:
            `(images, …)`.
        """
        paths = self._index[0]
        result: np.ndarray | None = None
        for number in np.unique(places[:, 0]):
            # Mapped for this one batch only, so that pages which were read do not pile up.
            values = np.load(paths[number], mmap_mode="r", allow_pickle=False)
            rows = np.flatnonzero(places[:, 0] == number)
            if result is None:
                result = np.empty((len(places), *values.shape[1:]), values.dtype)
            result[rows] = values[places[rows, 1]]
        assert result is not None, "no places to read"
        return result


@functools.cache
def _is_right(path: Path, size: int, time: int) -> bool:
    """Whether a file has no wrong seal; asked once for each state of the file."""
    return files.is_intact(path) is not False


def _intact(path: Path) -> np.ndarray | None:
    """Return the keys of a piece; `None`, and a warning, where it or its values are damaged, which
    are then computed anew. A bit that a disk has changed is found by the seal.
    """
    values = values_of(path)
    if not values.exists():  # its writer died between both
        return None
    problem = ""
    for file in (path, values):
        try:
            found = file.stat()
            if not _is_right(file, found.st_size, found.st_mtime_ns):
                problem = f"{file} is not what was written"
        except OSError as error:
            problem = f"{file} cannot be read: {error.strerror}"
    try:
        # A pickle could run code when it is loaded; arrays of numbers need none.
        keys = np.load(path, allow_pickle=False)
        count = len(np.load(values, mmap_mode="r", allow_pickle=False))
        if keys.dtype != np.uint64 or keys.ndim != 1 or count != len(keys):
            problem = problem or f"{path} does not belong to its values"
    except Exception as error:  # what a damaged file raises has no common kind
        problem = problem or f"{path}: {error}"
    if not problem:
        return keys
    for file in (path, values):
        with suppress(OSError):
            file.unlink(missing_ok=True)
    warnings.warn(f"cached features are computed anew: {problem}", Notice, stacklevel=2)
    return None


def values_of(path: Path) -> Path:
    """Return the path of the file of values beside a file of keys."""
    return path.with_name(path.name.replace(".keys.npy", ".values.npy"))


class Features(Examples):
    """Examples whose inputs are features that lie on disk.

    Args:
        store: the store that has them.
        places: `(examples, 2)`, where each is found there.
        labels: from indices to the labels of these examples.
        weight: `(examples,)`, how much each counts; `None` means 1.
    """

    def __init__(
        self,
        store: Store,
        places: np.ndarray,
        labels: Callable[[np.ndarray], np.ndarray],
        weight: np.ndarray | None = None,
    ):
        self.store, self.places, self.labels, self.weight = store, places, labels, weight

    def __len__(self) -> int:
        return len(self.places)

    @property
    def y(self) -> np.ndarray:
        """Labels of all examples."""
        return self.labels(np.arange(len(self)))

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, ...]:
        """Read a batch of the examples at these indices."""
        features = self.store.take(self.places[indices]).astype(np.float32, copy=False)
        weight = () if self.weight is None else (self.weight[indices],)
        return features, self.labels(indices), *weight

    def select(self, indices: np.ndarray) -> Features:
        """Return a collection of only the examples at these indices."""
        weight = None if self.weight is None else self.weight[indices]
        return Features(
            self.store, self.places[indices], lambda chosen: self.labels(indices[chosen]), weight
        )


def examples_of(store: Store, examples: Examples) -> Arrays | Features:
    """Return examples with features as inputs in place of the images.

    Args:
        store: the store, which has the features of all of them.
        examples: the images with their labels.

    Returns:
        Arrays in memory where they are small, else features that are read batch by batch.
    """
    indices = np.arange(len(examples))
    places = store.places(keys_of(examples))
    features = Features(store, places, labels_of(examples), weight_of(examples))
    if not len(indices):
        # Without an example nothing tells how wide the features are.
        return Arrays(np.empty((0, 1), np.float32), features.labels(indices))
    # Four bytes each: `take` gives float32, whatever type the store keeps.
    bytes_needed = len(indices) * store.take(features.places[:1]).size * 4
    return Arrays(*features.take(indices)) if bytes_needed <= IN_MEMORY else features


def labels_of(examples: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from indices to the labels of these examples; it decodes no image."""
    if isinstance(examples, SoftLabels):
        return examples.rows
    labels = examples.y
    return lambda indices: labels[indices]


def weight_of(examples: Any) -> np.ndarray | None:
    """Return the weight of each of these examples, `(examples,)`, or `None`; decodes no image."""
    if isinstance(examples, SoftLabels):
        return weight_of(examples.examples)
    if isinstance(examples, Arrays):
        return examples.columns[2] if len(examples.columns) > 2 else None
    return getattr(examples, "weight", None)


def keys_of(examples: Any) -> np.ndarray:
    """Return the key of each image, by which its features are found again.

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
            lambda index: _identity(examples.files[int(examples.indices[index])]), len(examples)
        )
    return _keys(lambda index: np.ascontiguousarray(examples.x[index]).tobytes(), len(examples))


def _keys(content: Callable[[int], bytes], count: int) -> np.ndarray:
    hashed = (hashlib.blake2b(content(index), digest_size=8).digest() for index in range(count))
    return np.frombuffer(b"".join(hashed), np.uint64)


def _identity(source: str | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    found = os.stat(source)
    # Not the whole path, so that a folder that is moved keeps its features.
    return repr((Path(source).parts[-2:], found.st_size, found.st_mtime_ns)).encode()


def network_name(parts: Sequence[Any], weights: Sequence[np.ndarray]) -> str:
    """Return the name of a network's store, a hash of all that its features depend on.

    Args:
        parts: plain values, such as the network's name, its input shape and arithmetic.
        weights: of the network.
    """
    contents = [digest(np.ascontiguousarray(array).tobytes()) for array in weights]
    return digest(repr(tuple(parts)), *contents)
