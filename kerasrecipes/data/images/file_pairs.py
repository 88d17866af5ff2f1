"""Files that belong together in two folders of the same names, with or without splits."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasrecipes.data.images.decoding import size_of, workers
from kerasrecipes.data.images.files import skipped
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.splits import SPLIT_OF_WORD
from kerasrecipes.errors import UserError

_ENDINGS = ("_mask", "_masks", "_label", "_labels", "_seg", "_gt", "_l", "_p")  # of masks' names


@dataclass(frozen=True)
class FolderNames:
    """How two folders of pairs are called.

    Args:
        first: names of the folder of the first halves, in lower case.
        second: of the second halves.
        one: what a first half is, such as `image`.
        other: what a second half is, such as `mask`.
        alike: whether both halves have one size.
    """

    first: Sequence[str]
    second: Sequence[str]
    one: str
    other: str
    alike: bool = True

    def both(self, folder: Path) -> tuple[Path, Path] | None:
        """Return the two folders in a folder, if it has both."""
        named = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
        first = next((named[name] for name in self.first if name in named), None)
        second = next((named[name] for name in self.second if name in named), None)
        return (first, second) if first and second else None


def folders_of(root: Path, names: FolderNames) -> dict[str, tuple[Path, Path]]:
    """Return the two folders by split; all of them is `train` without splits, nothing if there are
    no such folders.

    Args:
        root: holds the two folders, itself or in a folder for each split.
        names: what they are called.

    Raises:
        UserError: if there are other splits than that of the training.
    """
    both = names.both(root)
    inside = [path for path in root.iterdir() if path.is_dir()]
    splits = {SPLIT_OF_WORD[p.name.lower()]: p for p in inside if p.name.lower() in SPLIT_OF_WORD}
    found = {name: pair for name, path in splits.items() if (pair := names.both(path))}
    if found and not both:
        if "train" not in found and len(found) > 1:
            raise UserError(f"{root} has no folder for the split train")
        return found
    if not both:
        return {}
    first, second = both
    by_split = {
        SPLIT_OF_WORD[path.name.lower()]: (path, second / path.name)
        for path in first.iterdir()
        if path.is_dir() and path.name.lower() in SPLIT_OF_WORD and (second / path.name).is_dir()
    }
    return by_split or {"train": both}


def pairs_of(
    root: Path, folders: Mapping[str, tuple[Path, Path]], names: FolderNames, notes: list[str]
) -> dict[str, list[tuple[str, str]]]:
    """Pair files by their names without ending, and leave out what does not fit.

    Args:
        root: of all folders, for messages.
        folders: of first and of second halves, by split.
        names: what they are called.
        notes: gains what was left out: halves without the other, pairs of different size, files
            that are no image.

    Returns:
        Pairs of paths by split, without empty splits.

    Raises:
        UserError: if no pair is left.
    """
    pairs = {name: _paired(*found, names, notes) for name, found in folders.items()}
    if not any(pairs.values()):
        why = f": {notes[0]}" if notes else ""
        raise UserError(
            f"{root} holds no {names.one} with a {names.other} of the same name and size{why}"
        )
    whole: dict[str, list[tuple[str, str]]] = {}
    problems: list[str] = []
    for split, found in pairs.items():
        told = list(workers().map(lambda pair: _problem(pair, names), found))
        whole[split] = [pair for pair, problem in zip(found, told, strict=True) if not problem]
        problems += [
            f"{os.path.relpath(pair[0], root)} ({problem})"
            for pair, problem in zip(found, told, strict=True)
            if problem
        ]
    notes += skipped(problems, sum(map(len, pairs.values())), "pairs")
    if not any(whole.values()):
        raise UserError(
            f"{root} holds no pair of {names.one} and {names.other} that can be used: {problems[0]}"
        )
    return {name: found for name, found in whole.items() if found}


def _paired(
    first: Path, second: Path, names: FolderNames, notes: list[str]
) -> list[tuple[str, str]]:
    by_name: dict[str, str] = {}
    for path in walk(second)[0]:
        name = str(path.relative_to(second).with_suffix("")).lower()
        ending = next((end for end in _ENDINGS if name.endswith(end)), "")
        by_name.setdefault(name.removesuffix(ending), str(path))
        by_name[name] = str(path)
    pairs, alone, used = [], [], set()
    for path in walk(first)[0]:
        other = by_name.get(str(path.relative_to(first).with_suffix("")).lower())
        if other is None:
            alone.append(path.name)
        else:
            pairs.append((str(path), other))
            used.add(other)
    rest = sorted({Path(path).name for path in by_name.values() if path not in used})
    notes += skipped(alone, len(pairs) + len(alone), f"{names.one}s without a {names.other}")
    notes += skipped(rest, len(used) + len(rest), f"{names.other}s without an {names.one}")
    return pairs


def _problem(pair: tuple[str, str], names: FolderNames) -> str:
    """Return what is wrong with a pair, empty if nothing; from the files' heads."""
    sizes = []
    for path in pair:
        try:
            sizes.append(size_of(path))
        except UserError:
            return f"{Path(path).name} cannot be read as an image"
    if names.alike and sizes[0] != sizes[1]:
        (rows, columns), (other_rows, other_columns) = sizes
        return f"{columns} x {rows}, its {names.other} {other_columns} x {other_rows}"
    return ""
