"""Photographs in a folder, each in its own size, and sets of them by which models are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.images.decoding import check, workers
from kerasrecipes.data.images.file_pairs import FolderNames, folders_of, pairs_of
from kerasrecipes.data.images.files import ImageFiles, skipped
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

RESTORED = FolderNames(
    ("low", "lr", "degraded", "noisy", "blurred", "damaged", "input", "inputs"),
    ("high", "hr", "whole", "clean", "sharp", "target", "targets", "gt"),
    "damaged image",
    "whole one",
    # Of super-resolution one is smaller.
    alike=False,
)


class PhotographFiles(ImageFiles):
    """Image files of which some belong to sets that results are published for.

    Args:
        files: paths of the files, all that there are.
        labels: `(files,)`, the index of each one's set.
        sets: names of the sets; the first is empty, for files of none.
        indices: which of the files these examples are; by default all, in order.
        damaged: paths of the same images with what is to be restored; `None` where that is to be
            made of the whole ones.
    """

    def __init__(
        self,
        files: Sequence[str | bytes],
        labels: np.ndarray,
        sets: Sequence[str],
        indices: np.ndarray | None = None,
        damaged: Sequence[str] | None = None,
    ):
        super().__init__(files, labels, None, indices)
        self.sets, self.damaged = tuple(sets), damaged

    def select(self, indices: np.ndarray) -> PhotographFiles:
        """Return a collection of only the examples at these indices."""
        chosen = self.indices[indices]
        return PhotographFiles(self.files, self.labels, self.sets, chosen, self.damaged)

    @property
    def set_names(self) -> list[str]:
        """The name of each example's set."""
        return [self.sets[int(label)] for label in self.y]


@dataclass(frozen=True)
class Photographs(FileSource):
    """A folder of photographs of any sizes; folders beside `train` are sets for the test."""

    summary: str = (
        "your own folder of photographs of any sizes, with or without train, validation, test; "
        "other folders beside train, such as Set5, are judged each by itself; or low/ and high/, "
        "or noisy/ and clean/, of images of the same names"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()

    def load(self, request: Request) -> Splits:
        """List and check the files; none is decoded yet.

        Broken files are left out and named in the notes. See `make_splits` for splits that the
        folder does not have.

        Raises:
            UserError: if there is no such folder, or it holds too few images.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        if folders := folders_of(root, RESTORED):
            return _of_pairs(root, folders, request)
        files, _ = walk(root)
        if not files:
            raise UserError(f"{root} holds no images")
        found = list(zip(files, workers().map(check, map(str, files)), strict=True))
        good = [file for file, (problem, _) in found if not problem]
        bad = [f"{file.name} ({problem})" for file, (problem, _) in found if problem]
        notes = skipped(bad, len(files), "images")
        places = _places([file.relative_to(root) for file in good])
        sets = ["", *sorted({name for _, name in places if name})]
        labels = np.array([sets.index(name) for _, name in places], np.int32)
        whole = PhotographFiles([str(file) for file in good], labels, sets)
        splits = np.array([split for split, _ in places])
        given = {n: whole.select(np.flatnonzero(splits == n)) for n in dict.fromkeys(splits)}
        if "train" not in given and request.trained_info is None:
            given = {"train": whole}
        parts, drawn = make_splits(given, request)
        paths = {n: [str(p.files[int(i)]) for i in p.indices] for n, p in parts.items()}
        repeated = notes_of(file_hashes(paths), "image")
        return splits_of(parts, Info(), (*notes, *drawn, *repeated))


def _of_pairs(root: Path, folders: Mapping[str, tuple[Path, Path]], request: Request) -> Splits:
    """Return images whose damage the user has in files."""
    notes: list[str] = []
    given = {}
    for name, pairs in pairs_of(root, folders, RESTORED, notes).items():
        labels, whole = np.zeros(len(pairs), np.int32), [other for _, other in pairs]
        given[name] = PhotographFiles(whole, labels, [""], damaged=[one for one, _ in pairs])
    parts, drawn = make_splits(given, request)
    paths = {n: [str(p.files[int(i)]) for i in p.indices] for n, p in parts.items()}
    return splits_of(parts, Info(), (*notes, *drawn, *notes_of(file_hashes(paths), "image")))


def _places(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """Return the split of each file and, of the test split, the set that its folder names."""
    heads = [path.parts[0].lower() if len(path.parts) > 1 else "" for path in paths]
    trained = any(SPLIT_OF_WORD.get(head) == "train" for head in heads)
    found = []
    for path, head in zip(paths, heads, strict=True):
        split, inner = SPLIT_OF_WORD.get(head, ""), path.parts[1:-1]
        if split == "test" and inner:
            found.append((split, inner[0]))
        elif split:
            found.append((split, ""))
        elif trained and head:
            # A folder beside that of the training is there to be judged by.
            found.append(("test", path.parts[0]))
        else:
            found.append(("train", ""))
    return found
