"""Base classes of sources: what is generated, what the user has in files, and what TFDS has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from kerasrecipes.data import tfds
from kerasrecipes.data.splits import used_splits
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


class SyntheticSource:
    """Base class of sources that need no files: generated, or part of an installed package.

    Attributes:
        roles: what `--column` can say of its columns; see `kerasrecipes.data.roles`.
        kinds: whether `--column` can also say what a column holds.
    """

    roles: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[bool] = False

    def accepts(self, path: str) -> bool:
        """Return whether `--data path` is of this kind, which none is."""
        return False

    def reachable(self) -> str | None:
        """Return why it cannot be loaded here, or `None`."""
        return None


class FileSource:
    """Base class of sources that read the user's own files; a subclass defines `accepts`.

    Attributes:
        example: a path of the kind that it reads, with the flags it may need, for messages.
        roles: what `--column` can say of its columns; see `kerasrecipes.data.roles`.
        kinds: whether `--column` can also say what a column holds.
    """

    example: ClassVar[str]
    roles: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[bool] = False

    def path_of(self, request: Request) -> Path:
        """Return the path that the user named.

        Raises:
            UserError: if there is none.
        """
        if not request.path:
            raise UserError(f"this source needs a path: --data {self.example}")
        return Path(request.path).expanduser()

    def reachable(self) -> str | None:
        """Return why it cannot be loaded here: it always waits for a path."""
        return f"needs a path: --data {self.example}"


@dataclass(frozen=True)
class TfdsSource:
    """Base class of sources that are a set of TensorFlow Datasets (TFDS).

    Args:
        name: its TFDS name, with the configuration where it has several.
        summary: what it holds, in a line.
    """

    name: str
    summary: str
    roles: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[bool] = False

    def accepts(self, path: str) -> bool:
        """Return whether `--data path` is of this kind, which none is."""
        return False

    def reachable(self) -> str | None:
        """Return why it cannot be loaded here, within seconds, or `None`; downloads nothing."""
        if not find_spec("tensorflow_datasets"):
            return "it needs tensorflow-datasets, which is not installed"
        if tfds.prepared(self.name):
            return None
        # Asked only where no prepared set is found, as the answer can take seconds.
        if not tfds.online():
            return (
                f"it is not prepared in {tfds.data_folder()}, and {tfds.HOST[0]} cannot be reached"
            )
        missing = tfds.missing_for_download()
        return f"preparing it needs {missing}" if missing else None

    def require_reachable(self) -> None:
        """Refuse a set that cannot be loaded here.

        Raises:
            UserError: with what was tried, within seconds.
        """
        if reason := self.reachable():
            raise UserError(
                f"{self.name} is not available: {reason}; "
                "leave out --data to run on the embedded data"
            )

    def builder(self) -> Any:
        """Return the TFDS builder of the prepared set, after a download where it is not prepared.

        Raises:
            UserError: if it is not available, with what was tried, within seconds.
        """
        self.require_reachable()
        # After the check, which explains a missing package in one line.
        library = tfds.library()
        return library.builder_from_directory(tfds.prepared(self.name) or tfds.download(self.name))

    def splits_to_load(self, names: Iterable[str], request: Request) -> list[str]:
        """Return the names of the splits to load, of those that the set has.

        Args:
            names: of the splits that the set has, such as `train` and `test`.
            request: whether a trained model is to be judged, for which one split is enough.

        Raises:
            UserError: if it has no training split, or none of use for a trained model.
        """
        names = list(names)
        used = used_splits(names, request)
        if "train" not in used and (request.trained_info is None or not used):
            raise UserError(f"{self.name} has no split train, only {', '.join(names)}")
        return used
