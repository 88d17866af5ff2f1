"""Training, validation and test splits of data that do not come with all three.

The rule is the same for every kind of data and stands in `make_splits`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from kerasrecipes.data import folds
from kerasrecipes.data.examples import Examples
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import SPLITS, Request, Splits

SHARES = (0.8, 0.1, 0.1)  # train, validation and test of data in one piece
SMALL_SHARES = (0.7, 0.15, 0.15)  # of small data: a test split of 15 flowers would say little
VALIDATION_SHARE = 1 / 12  # MNIST's customary 5,000 of 60,000

# The words by which folders and files name the split that they hold.
SPLIT_OF_WORD = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "validate", "val", "valid", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}

E = TypeVar("E", bound=Examples)


def split_of(names: Iterable[str]) -> str:
    """Return the split that the first of some names says that says one; empty where none does.

    Args:
        names: words, or names of files and folders, in any case.
    """
    found = (SPLIT_OF_WORD.get(name.lower()) for name in names)
    return next(filter(None, found), "")


def words_of(name: str) -> list[str]:
    """Return the words of a name, such as `train` and `csv` of `train_2.csv`."""
    return re.findall(r"[a-z]+", name.lower())


def make_splits(
    parts: Mapping[str, E],
    request: Request,
    *,
    labels: Callable[[E], np.ndarray] | None = None,
    groups: Callable[[E], Sequence[Any] | np.ndarray] | None = None,
    shares: Sequence[float] = SHARES,
) -> tuple[dict[str, E], list[str]]:
    """Complete the splits that a source has to train, validation and test.

    Data in one piece are divided by `shares`. Where a test split is there but no validation split,
    a twelfth of the training examples becomes the validation split; where a validation split is
    there but no test split, it is halved. Where a trained model is to be judged, nothing is drawn:
    the test split is used, else the validation split, else all examples. For a fold the training
    examples are divided: one part is the test split, and the data's own is left alone; of the rest
    a validation split is drawn where there is none.

    Args:
        parts: examples of the splits that are there, by name; an empty one counts as missing.
            `train` is there at least, or any one where a trained model is to be judged.
        request: the seed of the draw, and whether a trained model is to be judged.
        labels: from examples to their labels, `(examples,)`, to stratify by.
        groups: from examples to the group of each, `(examples,)`; a group, such as a sentence with
            its translations, is never divided.
        shares: shares of train, validation and test of data in one piece.

    Returns:
        The three splits by name, and a note for the user on what was drawn, if anything.

    Raises:
        UserError: if there are too few examples for three splits.
    """
    there = {name: parts[name] for name in SPLITS if name in parts and len(parts[name])} or parts
    if request.trained_info is not None:
        judged = there[used_splits(there, request)[0]]
        nothing = judged.select(np.arange(0))
        return {"train": nothing, "validation": nothing, "test": judged}, []

    def draw(name: str, shares: Sequence[float]) -> list[E]:
        examples = there[name]
        return [
            examples.select(indices)
            for indices in _draw(examples, shares, request.seed, labels, groups)
        ]

    if request.fold is not None:
        return _fold(there, request, labels, groups, shares)
    notes: list[str] = []
    made = dict(there)
    if "validation" not in there and "test" not in there:
        made = dict(zip(SPLITS, draw("train", shares), strict=True))
        percent = [f"{100 * share:g} %" for share in shares]
        notes = [f"{percent[1]} of the examples were drawn for validation, {percent[2]} for test"]
    elif "validation" not in there:
        rest = draw("train", (1 - VALIDATION_SHARE, VALIDATION_SHARE))
        made |= zip(("train", "validation"), rest, strict=True)
        notes = ["a twelfth of the training examples was drawn for validation"]
    elif "test" not in there:
        made |= zip(("validation", "test"), draw("validation", (0.5, 0.5)), strict=True)
        notes = ["the validation examples were halved at random into validation and test"]
    if not all(len(made.get(name, ())) for name in SPLITS):
        count = sum(map(len, parts.values()))
        least = "; at least three of one class are needed" if labels else ""
        raise UserError(
            f"{count:,} examples are too few to keep some for validation and test{least}"
        )
    return made, notes


def _fold(
    there: Mapping[str, E],
    request: Request,
    labels: Callable[[E], np.ndarray] | None,
    groups: Callable[[E], Sequence[Any] | np.ndarray] | None,
    shares: Sequence[float],
) -> tuple[dict[str, E], list[str]]:
    """Return the splits of a fold; see `make_splits`."""
    fold, whole = request.fold, there["train"]
    assert fold is not None, "a fold was asked for"
    strata = labels(whole) if labels else None
    members = np.asarray(groups(whole), object) if groups else None
    if members is None:
        parts = folds.deal(strata, fold.count, request.seed, len(whole))
    else:
        different, group = np.unique(members, return_inverse=True)
        dealt = folds.deal(None, fold.count, request.seed, len(different))
        parts = [np.flatnonzero(np.isin(group, chosen)) for chosen in dealt]
    kept, held = folds.pick(parts, fold)
    own_test = "test" in there
    fold.drawn = True
    if "validation" in there:
        validation, train = there["validation"], whole.select(kept)
    else:
        share = VALIDATION_SHARE if own_test else shares[1] / (shares[0] + shares[1])
        # Labels and groups of all examples, and then chosen: a source may know of these alone.
        first, second = _draw(
            whole.select(kept),
            (1 - share, share),
            request.seed,
            None if strata is None else lambda _: strata[kept],
            None if members is None else lambda _: members[kept],
        )
        train, validation = whole.select(kept[first]), whole.select(kept[second])
    made = {"train": train, "validation": validation, "test": whole.select(held)}
    if not all(map(len, made.values())):
        raise UserError(f"{len(whole):,} examples are too few for {fold.count} folds")
    left = ["the data's own test split is left alone"] if own_test else []
    return made, [f"part {fold} of the examples is the test split", *left]


def divided(splits: Splits, request: Request) -> Splits:
    """Divide the training examples of a source that does not draw its splits by `make_splits`.

    Args:
        splits: what the source gave.
        request: with the fold and the seed.

    Returns:
        Splits whose test split is the fold, stratified by label where labels are at hand, else a
        contiguous part in the data's own order, for neighbours of a text are alike; the validation
        split stays.

    Raises:
        UserError: if there are too few examples, or none, as of an agent's environment.
    """
    fold = request.fold
    assert fold is not None, "a fold was asked for"
    if splits.environment is not None:
        raise UserError("an agent's environment has no examples to divide into folds")
    labels, total = folds.class_labels(splits.train), len(splits.train)
    parts = np.array_split(np.arange(total), fold.count)
    if labels is not None:
        parts = folds.deal(labels, fold.count, request.seed, total)
    kept, held = folds.pick(parts, fold)
    return replace(splits, train=splits.train.select(kept), test=splits.train.select(held))


def splits_of(parts: Mapping[str, Examples], info: Info, notes: Iterable[str] = ()) -> Splits:
    """Return the splits of three parts by name, as `make_splits` gives them.

    Args:
        parts: examples of `train`, `validation` and `test`.
        info: metadata of the data.
        notes: sentences for the user.
    """
    return Splits(
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        info=info,
        notes=tuple(notes),
    )


def used_splits(names: Iterable[str], request: Request) -> list[str]:
    """Return which of the splits that a source has `make_splits` uses, so that no other is read.

    Args:
        names: of the splits that are there.
        request: whether a trained model is to be judged, for which one split is enough.
    """
    there = [name for name in SPLITS if name in names]
    # Of train, validation and test the last is the one that training has seen least of.
    return there if request.trained_info is None else there[-1:]


def split(
    labels: np.ndarray | None, shares: Sequence[float], seed: int, count: int | None = None
) -> list[np.ndarray]:
    """Divide examples into parts at random, stratified by label where labels are given.

    Args:
        labels: `(examples,)`, label of each example, or `None`.
        shares: the share of each part; the first part takes what the others leave.
        seed: seed of the draw.
        count: number of examples where `labels` is `None`.

    Returns:
        The sorted indices of the examples of each part. A class with fewer examples than parts goes
        to the first part.
    """
    random = np.random.default_rng(seed)
    if labels is None:
        classes = [np.arange(count or 0)]
    else:
        classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    parts: list[list[np.ndarray]] = [[] for _ in shares]
    for members in classes:
        members = random.permutation(members)
        if len(members) < len(shares):
            parts[0].append(members)
            continue
        # At least one, so that every class that is large enough is in every part.
        sizes = [max(1, round(len(members) * share)) for share in shares[1:]]
        pieces = np.split(members, np.cumsum(sizes))
        # The last piece is what the others leave, and belongs to the first part.
        for part, piece in zip(parts, [pieces[-1], *pieces[:-1]], strict=True):
            part.append(piece)
    return [np.sort(np.concatenate(part)) if part else np.array([], int) for part in parts]


def _draw(
    examples: E,
    shares: Sequence[float],
    seed: int,
    labels: Callable[[E], np.ndarray] | None,
    groups: Callable[[E], Sequence[Any] | np.ndarray] | None,
) -> list[np.ndarray]:
    if groups is not None:
        # Groups are drawn in place of examples, so the shares are of groups.
        different, group = np.unique(groups(examples), return_inverse=True)
        drawn = split(None, shares, seed, len(different))
        return [np.flatnonzero(np.isin(group, chosen)) for chosen in drawn]
    return split(labels(examples) if labels else None, shares, seed, len(examples))
