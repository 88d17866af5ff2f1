"""Photographs by whom they show: nobody is in two splits, and a batch has several of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.examples import Examples, batch_random
from kerasrecipes.data.files import natural_key
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.folders import Listing, listing_of, walk
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.data.images.preprocessor import prepare_as_trained
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SHARES, SMALL_SHARES, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.ranges import Count, Range
from kerasrecipes.recipe import Request, Splits

Several = Annotated[int, Range(minimum=2, maximum=1000)]

_FEW = 200  # identities up to which more are kept for validation and test; four would judge nobody
_LEAST = 4  # identities: two to learn from, and one for each other split
_NUMBER = re.compile(r"[ _.-]*\d+$")  # of a photograph, behind the name of whom it shows


@dataclass(frozen=True)
class IdentityFolder(FileSource):
    """A folder with one subfolder of photographs per person, or photographs named `NAME_03.jpg`."""

    summary: str = (
        "your own folder with one subfolder of photographs per person, or photographs named "
        "person_1.jpg, person_2.jpg"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()

    def load(self, request: Request) -> Splits:
        """List and check the files; none is decoded yet.

        Identities are divided, not photographs. Those that folders named train, validation and test
        hold stay there; whoever is in two of them is named in the notes.

        Raises:
            UserError: if there is no such folder, or it shows fewer than four persons.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        listing = _listing(root)
        listing.drop_broken(root)
        names = sorted({n for found in listing.files.values() for n in found}, key=natural_key)
        persons = [name for name in names if any(f.get(name) for f in listing.files.values())]
        if len(persons) < (_LEAST if request.trained_info is None else 2):
            raise UserError(
                f"{root} holds images of {len(persons)} identities; {_LEAST} at least are needed, "
                "of whom some are learned and others judge, in a subfolder each"
            )
        given = {name: _examples(found, persons) for name, found in listing.files.items()}
        alone = sum(sum(len(f.get(p, ())) for f in listing.files.values()) == 1 for p in persons)
        if alone:
            listing.notes.append(f"{alone:,} of {len(persons):,} identities have one image only")
        shares = SMALL_SHARES if len(persons) <= _FEW else SHARES
        parts, drawn = make_splits(given, request, groups=attrgetter("y"), shares=shares)
        notes = [*listing.notes, *(n.replace("examples", "identities") for n in drawn)]
        paths = {n: [str(p.files[int(i)]) for i in p.indices] for n, p in parts.items()}
        notes += [*_shared(parts, persons), *notes_of(file_hashes(paths), "image")]
        return splits_of(parts, Info(classes=tuple(persons)), notes)


def person_of(name: str) -> str:
    """Return whom a photograph shows, by its name without the number at its end.

    Args:
        name: of the file, such as `Ann_Lee_03.jpg`, which shows `Ann_Lee`.
    """
    stem = Path(name).stem
    return _NUMBER.sub("", stem) or stem


def _listing(root: Path) -> Listing:
    if any(path.is_dir() and not path.name.startswith(".") for path in root.iterdir()):
        return listing_of(root)
    files, others = walk(root)
    if not files:
        raise UserError(f"{root} holds no images; one subfolder of them per identity is needed")
    by_person: dict[str, list[str]] = {}
    for file in files:
        by_person.setdefault(person_of(file.name), []).append(str(file))
    notes = [f"ignored {others:,} files that are not images"] if others else []
    notes.append(f"{len(by_person):,} identities were read from the names of the files")
    return Listing({"train": by_person}, notes)


def _examples(found: Mapping[str, list[str]], persons: list[str]) -> ImageFiles:
    pairs = [(file, number) for number, name in enumerate(persons) for file in found.get(name, ())]
    files, numbers = zip(*pairs, strict=True) if pairs else ((), ())
    return ImageFiles(list(files), np.array(numbers, np.int32))


def _shared(parts: Mapping[str, ImageFiles], persons: list[str]) -> list[str]:
    """Return a note on identities of the training that other splits show too."""
    known = set(parts["train"].y.tolist())
    shared = sorted(known & {n for name in ("validation", "test") for n in parts[name].y.tolist()})
    if not shared:
        return []
    first = ", ".join(persons[number] for number in shared[:3])
    more = f" and {len(shared) - 3:,} more" if len(shared) > 3 else ""
    return [f"in training and in another split, so not unseen: {first}{more}"]


class IdentityBatches(Examples):
    """Photographs for a loss over pairs, which needs several of the same person in a batch.

    Of the photographs that a batch asks for, the first ones of different persons stay; the others
    make room for further photographs of these, which are drawn. What is drawn depends on the seed
    and the indices in the batch alone, so that a resumed training sees the same.

    Args:
        examples: images, labelled by identity.
        each: photographs of a person in a batch.
        seed: of the draws.
    """

    def __init__(self, examples: Any, each: int = 4, seed: int = 0):
        self.examples, self.each, self.seed = examples, each, seed
        order = np.argsort(self.y, kind="stable")
        names, starts = np.unique(self.y[order], return_index=True)
        self.members = dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True))

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def y(self) -> np.ndarray:
        """Identity of each photograph."""
        return self.examples.y

    def chosen(self, indices: np.ndarray) -> np.ndarray:
        """Return the photographs that a batch has in place of those that were asked for.

        Args:
            indices: `(batch,)`.

        Returns:
            `(batch,)`; those of a person stand together.
        """
        random = batch_random(self.seed, indices)
        _, first = np.unique(self.y[indices], return_index=True)
        first = np.sort(first)[: max(1, len(indices) // self.each)]
        groups = []
        for index in np.asarray(indices)[first]:
            others = self.members[int(self.y[index])]
            others = random.permutation(others[others != index])
            # Of a person with too few photographs some come twice.
            groups.append(np.resize([index, *others], self.each))
        rest = np.delete(np.asarray(indices), first)
        return np.concatenate([*groups, rest])[: len(indices)].astype(np.int64)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of as many photographs as there are indices, several of each person."""
        return self.examples.take(self.chosen(indices))

    def select(self, indices: np.ndarray) -> IdentityBatches:
        """Return a collection of only the examples at these indices."""
        return IdentityBatches(self.examples.select(indices), self.each, self.seed)


def prepare_identities(
    splits: Splits, *, image_size: Count = 48, photographs: Several = 4
) -> Splits:
    """Bring every image to a square, and let training batches have several of each identity.

    Args:
        splits: images labelled by identity; with `trained_info` they are prepared as in that
            training, whoever they show.
        image_size: height and width in pixels.
        photographs: images of each identity in a training batch; the batch's size divided by it is
            the number of identities.

    Returns:
        Splits of uint8 `(examples, height, width, channels)` and identities `(examples,)`.

    Raises:
        UserError: if all training images are of one identity.
    """
    trained = splits.trained_info
    if trained is not None:
        # Classes are not compared: whom the model has never seen it can tell apart as well.
        return replace(
            prepare_as_trained(splits, replace(trained, classes=None)),
            info=replace(trained, classes=splits.info.classes),
        )
    prepared = prepare_images(splits, (image_size, image_size))
    labels = np.asarray(getattr(prepared.train, "y", ()))
    if len(np.unique(labels)) < 2:
        raise UserError(
            "all training images are of one identity; at least two are needed, to be told apart"
        )
    return replace(prepared, train=IdentityBatches(prepared.train, photographs))
