"""Pairs of pictures, or of labels and pictures: side by side in a file, or in two folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.images.decoding import size_of, workers
from kerasrecipes.data.images.file_pairs import FolderNames, folders_of, pairs_of
from kerasrecipes.data.images.files import skipped
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.images.image_translation import PictureFiles
from kerasrecipes.data.images.mask_folders import MASKS, MaskFolder
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

PICTURES = FolderNames(
    ("a", "input", "inputs", "source", "sources", "edges", "sketches", "traina"),
    ("b", "target", "targets", "output", "outputs", "photos", "images", "trainb"),
    "input",
    "target",
)


@dataclass(frozen=True)
class PairFolder(FileSource):
    """A folder of pairs: `masks/` and `images/`, `a/` and `b/`, or both halves in each file."""

    summary: str = (
        "your own folder of pairs: masks/ and images/, or a/ and b/, or both side by side in each "
        "image, with or without train, validation, test"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()

    def load(self, request: Request) -> Splits:
        """Find the pairs; none is decoded for training yet.

        Halves without the other, pairs of different size and broken files are left out and named
        in the notes. See `make_splits` for splits that the folder does not have.

        Raises:
            UserError: if there is no such folder, or it holds no pairs.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        if folders_of(root, MASKS):
            return MaskFolder().load(request)
        notes: list[str] = []
        folders = folders_of(root, PICTURES)
        if folders:
            pairs = pairs_of(root, folders, PICTURES, notes)
            given = {
                name: PictureFiles([a for a, _ in found], [b for _, b in found])
                for name, found in pairs.items()
            }
        else:
            given = _side_by_side(root, notes)
            if "train" not in given and request.trained_info is None:
                raise UserError(f"{root} has no folder for the split train")
        parts, drawn = make_splits(given, request)
        paths = {n: [str(p.inputs[int(i)]) for i in p.indices] for n, p in parts.items()}
        repeated = notes_of(file_hashes(paths), "pair")
        return splits_of(parts, Info(), (*notes, *drawn, *repeated))


def _side_by_side(root: Path, notes: list[str]) -> dict[str, PictureFiles]:
    """Return files that hold two halves each, by split."""
    files, _ = walk(root)
    if not files:
        raise UserError(f"{root} holds no images")
    told = list(workers().map(_problem, files))
    good = [file for file, problem in zip(files, told, strict=True) if not problem]
    bad = [f"{f.name} ({problem})" for f, problem in zip(files, told, strict=True) if problem]
    notes += skipped(bad, len(files), "images")
    if not good:
        raise UserError(
            f"{root} holds no pairs: {bad[0]}; pairs are masks/ and images/, a/ and b/, or two "
            "halves side by side in each image"
        )
    names = np.array([_split(file.relative_to(root).parts) for file in good])
    return {
        name: PictureFiles.halves(_chosen(good, names == name)) for name in dict.fromkeys(names)
    }


def _problem(path: Path) -> str:
    try:
        height, width = size_of(str(path))
    except UserError as error:
        return str(error).split(" cannot be read as an image: ")[-1]
    if width % 2 or width < height:
        return f"{width} x {height}, not two halves of one size"
    return ""


def _split(parts: Sequence[str]) -> str:
    return SPLIT_OF_WORD.get(parts[0].lower(), "train") if len(parts) > 1 else "train"


def _chosen(files: Sequence[Path], those: np.ndarray) -> list[str]:
    return [str(files[int(index)]) for index in np.flatnonzero(those)]
