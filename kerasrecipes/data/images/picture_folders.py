"""Images in a folder, however they lie in it: for models that learn without labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.images.decoding import check, workers
from kerasrecipes.data.images.files import ImageFiles, skipped
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


@dataclass(frozen=True)
class Pictures(FileSource):
    """A folder of images, in it or in its subfolders; where each lies in a subfolder, that is its
    class.
    """

    summary: str = (
        "your own folder of images, with or without a subfolder per class, "
        "with or without train, validation, test"
    )
    example = "path/to/folder"

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
        files, others = walk(root)
        if not files:
            raise UserError(f"{root} holds no images")
        problems = list(workers().map(check, map(str, files)))
        good = [file for file, (problem, _) in zip(files, problems, strict=True) if not problem]
        notes = [f"ignored {others:,} files that are not images"] if others else []
        bad = [f"{f.name} ({p})" for f, (p, _) in zip(files, problems, strict=True) if p]
        notes += skipped(bad, len(files), "images")
        places = [_place(file.relative_to(root)) for file in good]
        classes = tuple(sorted({label for _, label in places}))
        # One image that lies loose leaves it open of which class it is.
        known = len(classes) > 1 and "" not in classes
        labels = np.array([classes.index(label) for _, label in places], np.int32)
        whole = ImageFiles([str(file) for file in good], labels)
        names = np.array([split for split, _ in places])
        given = {n: whole.select(np.flatnonzero(names == n)) for n in dict.fromkeys(names)}
        if "train" not in given and request.trained_info is None:
            given = {"train": whole}
        parts, drawn = make_splits(given, request, labels=(lambda part: part.y) if known else None)
        paths = {n: [str(p.files[int(i)]) for i in p.indices] for n, p in parts.items()}
        repeated = notes_of(file_hashes(paths), "image")
        info = Info(classes=classes if known else None)
        return splits_of(parts, info, (*notes, *drawn, *repeated))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()


def _place(path: Path) -> tuple[str, str]:
    """Return the split and the class that an image's folders name, from the root's to its own."""
    folders = list(path.parts[:-1])
    split = SPLIT_OF_WORD.get(folders[0].lower(), "") if folders else ""
    inner = folders[1:] if split else folders
    return split or "train", inner[0] if inner else ""
