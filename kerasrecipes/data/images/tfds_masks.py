"""Segmentation sets by their TFDS name, read record by record without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasrecipes.data.images.masks import MaskReader, reader_of
from kerasrecipes.data.images.segmentation import MaskedFiles
from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SUMMARIES = {"oxford_iiit_pet": "7,349 photographs of cats and dogs with masks: pet, border"}

# What the values of a set's masks mean, background first, where its features do not say.
_CLASSES: dict[str, tuple[tuple[str, int], ...]] = {
    "oxford_iiit_pet": (("background", 2), ("pet", 1), ("border", 3))
}


class MaskTfds(TfdsSource):
    """A set of TensorFlow Datasets with an image and a mask in each record."""

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download it.

        Raises:
            UserError: if it is not available, with what was tried, or has no masks.
        """
        builder = self.builder()
        features = list(builder.info.features)
        mask = next((name for name in ("segmentation_mask", "mask") if name in features), None)
        if "image" not in features or mask is None:
            raise UserError(
                f"{builder.name} is not a set of images with masks; its features are "
                f"{', '.join(features)}"
            )
        reader, classes = reader_of((), False, _CLASSES.get(self.name, ()))
        names = self.splits_to_load(builder.info.splits, request)
        given = {name: _examples(builder, name, mask, reader) for name in names}
        parts, notes = make_splits(given, request)
        return splits_of(parts, Info(classes=classes), notes)


class _Encoded(Sequence):
    """Encoded images of one feature of the records of a split."""

    def __init__(self, records: Records, key: str):
        self.records, self.key = records, key

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]  # no slices
        return self.records[number][self.key]


def _examples(builder: Any, split: str, mask: str, reader: MaskReader) -> MaskedFiles:
    records = Records(builder, split, encoded=["image", mask])
    return MaskedFiles(_Encoded(records, "image"), _Encoded(records, mask), reader)
