"""TensorFlow Datasets and Keras's cache: where they keep sets on this machine, how sets are
downloaded, and reading prepared ones without TensorFlow.
"""

from __future__ import annotations

import importlib
import logging
import mmap
import os
import queue
import re
import socket
import struct
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError

HOST = ("storage.googleapis.com", 443)  # TFDS and Keras both download from there

_SECONDS = 4.0


def data_folder() -> Path:
    """Return the folder of sets that TFDS has prepared: `TFDS_DATA_DIR`, else
    `~/tensorflow_datasets`.
    """
    return Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def keras_home() -> Path:
    """Return the folder of Keras's downloads: `KERAS_HOME`, else `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def prepared(name: str) -> Path | None:
    """Return the folder of the newest version of a set that TFDS has prepared, or `None`."""
    found = [
        place.parent
        # Sets with several configurations have a folder more between name and version.
        for pattern in ("*/dataset_info.json", "*/*/dataset_info.json")
        for place in (data_folder() / name).glob(pattern)
        if re.fullmatch(r"\d+(\.\d+)*", place.parent.name)
    ]
    # By numbers, as text would put version 10.0.0 before 9.0.0.
    return max(found, key=lambda place: [int(part) for part in place.name.split(".")], default=None)


def online() -> bool:
    """Return within seconds whether a download could work; a lookup alone can hang for minutes."""
    proxy = urllib.parse.urlsplit(urllib.request.getproxies().get("https", ""))
    # Behind a proxy, the proxy is what must be reached.
    address = (proxy.hostname, proxy.port or 80) if proxy.hostname else HOST
    answer: queue.Queue[bool] = queue.Queue()

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=_SECONDS).close()
            answer.put(True)
        except OSError:
            answer.put(False)

    # A daemon, so that a lookup that hangs does not keep the process from ending.
    threading.Thread(target=connect, daemon=True).start()
    try:
        return answer.get(timeout=_SECONDS)
    except queue.Empty:
        return False


def library() -> Any:
    """Return the module `tensorflow_datasets`.

    Raises:
        UserError: if it is installed but cannot be used beside the versions of other packages.
    """
    # It only logs, with a traceback, that parts of it could not be imported; said in a line below.
    log = logging.getLogger("absl")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        import tensorflow_datasets
    finally:
        log.setLevel(level)
    if not hasattr(tensorflow_datasets, "builder_from_directory"):
        try:
            importlib.import_module("tensorflow_datasets.public_api")
        except Exception as error:  # protobuf's own errors have no common kind with ImportError
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"tensorflow-datasets cannot be used here: {first.split('. ')[0].rstrip('.')}; "
                "pip install 'tensorflow-metadata<1.18'"
            ) from error
    return tensorflow_datasets


def download(name: str) -> Path:
    """Download and prepare a set by TFDS, and return its folder.

    Raises:
        UserError: if that fails, with the first line of the reason.
    """
    tfds = library()
    with download_errors(name):
        builder = tfds.builder(name, data_dir=data_folder())
        builder.download_and_prepare()
    return Path(builder.data_dir)


@contextmanager
def download_errors(name: str) -> Iterator[None]:
    """Turn whatever a foreign downloader raises into one line."""
    try:
        yield
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise UserError(f"{name} could not be downloaded: {reason[0]}") from error


def missing_for_download() -> str | None:
    """Return the name of a package that TFDS needs to prepare a set and that is not installed."""
    needed = {
        "tensorflow": "TensorFlow",
        "tensorflow_datasets": "tensorflow-datasets",
        "importlib_resources": None,
    }
    return next((title or name for name, title in needed.items() if not find_spec(name)), None)


class Records(Sequence):
    """Examples of one split of a prepared set, as dictionaries whose images are still encoded.

    Args:
        builder: the TFDS builder of the prepared set.
        split: name of the split.
        encoded: names of the features, such as images, to leave encoded.
    """

    def __init__(self, builder: Any, split: str, encoded: Sequence[str] = ()):
        import tensorflow_datasets as tfds

        self.features = builder.info.features
        self.decoders = {name: tfds.decode.SkipDecoding() for name in encoded}
        self.random = None
        # TFDS itself reads TFRECORD files by TensorFlow only.
        if builder.info.file_format == tfds.core.FileFormat.TFRECORD:
            self.places = [
                place
                for path in builder.info.splits[split].filepaths
                for place in _tfrecords(Path(path))
            ]
        else:
            self.random = builder.as_data_source(split=split, decoders=self.decoders)

    def __len__(self) -> int:
        return len(self.places if self.random is None else self.random)

    def __getitem__(self, number: int) -> dict[str, Any]:  # type: ignore[override]  # no slices
        if self.random is not None:
            return self.random[number]
        file, start, length = self.places[number]
        return self.features.deserialize_example_np(
            file[start : start + length], decoders=self.decoders
        )


def _tfrecords(path: Path) -> Iterator[tuple[mmap.mmap, int, int]]:
    """Yield a file with start and length of each record in it.

    A record is its length (8 bytes), a checksum (4), its content and another checksum (4).
    """
    # An empty file cannot be mapped.
    if not path.stat().st_size:
        return
    with open(path, "rb") as file:
        # The map stays valid when the file is closed.
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    position = 0
    while position < len(content):
        if position + 12 > len(content):
            raise UserError(f"{path} is truncated; delete its folder and prepare the set again")
        (length,) = struct.unpack_from("<Q", content, position)
        position += 12
        if position + length > len(content):
            raise UserError(f"{path} is truncated; delete its folder and prepare the set again")
        yield content, position, length
        position += length + 4
