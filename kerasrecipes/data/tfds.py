"""What all sets of TensorFlow Datasets have in common: where they are found, and how they are
had.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kerasrecipes.data.prepared import HOST, data_folder, missing_for_download, online, prepared
from kerasrecipes.errors import UserError


@dataclass(frozen=True)
class TfdsSet:
    """A set of TensorFlow Datasets; what is prepared is read without TensorFlow.

    Args:
        name: its TFDS name, with the configuration where it has several.
        summary: what it holds, in a line.
    """

    name: str
    summary: str

    def accepts(self, path: str) -> bool:
        """Take no paths."""
        return False

    def reachable(self) -> str | None:
        """Tell in a few words why it cannot be loaded here, after seconds at most; downloads
        nothing.
        """
        if not find_spec("tensorflow_datasets"):
            return "it needs tensorflow-datasets, which is not installed"
        if prepared(self.name):
            return None
        if not online():
            return f"it is not prepared in {data_folder()}, and {HOST[0]} cannot be reached"
        missing = missing_for_download()
        return f"preparing it needs {missing}" if missing else None

    def builder(self) -> Any:
        """Give the builder of the prepared set, after a download where it is not prepared.

        Raises:
            UserError: if it can be had in neither way, with what was tried, within seconds.
        """
        if reason := self.reachable():
            raise UserError(
                f"{self.name} cannot be had: {reason}; leave out --data to run on the embedded data"
            )
        import tensorflow_datasets as tfds

        return tfds.builder_from_directory(prepared(self.name) or download(self.name))


def download(name: str) -> Path:
    """Let TFDS download and prepare a set, and give its folder.

    Raises:
        UserError: if it cannot, with the reason's first line.
    """
    import tensorflow_datasets as tfds

    with told(name):
        builder = tfds.builder(name, data_dir=data_folder())
        builder.download_and_prepare()
    return Path(builder.data_dir)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn whatever a foreign downloader may raise into one line."""
    try:
        yield
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise UserError(f"{name} could not be downloaded: {reason[0]}") from error
