"""Detection sets by their TFDS name, read record by record without TensorFlow."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from kerasrecipes.data.images.detection import BoxedFiles
from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SUMMARIES = {"voc/2007": "9,963 photographs of 20 kinds of things with boxes (Pascal VOC 2007)"}

# Features of an object that say that it is to be ignored.
_IGNORED = ("is_difficult", "is_crowd")


class BoxTfds(TfdsSource):
    """A set of TensorFlow Datasets with an image and `objects` in each record."""

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download it.

        Raises:
            UserError: if it is not available, with what was tried, or has no boxes.
        """
        builder = self.builder()
        features = builder.info.features
        inner = getattr(features.get("objects"), "feature", {})
        if "image" not in features or "bbox" not in inner or "label" not in inner:
            raise UserError(
                f"{builder.name} is not a set of images with boxes; its features are "
                f"{', '.join(features)}"
            )
        classes = tuple(inner["label"].names)
        names = self.splits_to_load(builder.info.splits, request)
        given = {name: _examples(builder, name) for name in names}
        parts, notes = make_splits(given, request)
        return splits_of(parts, Info(classes=classes), notes)


class _Images(Sequence):
    """Encoded images of the records of a split."""

    def __init__(self, records: Records):
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]  # no slices
        return self.records[number]["image"]


def _examples(builder: Any, split: str) -> BoxedFiles:
    records = Records(builder, split, encoded=["image"])
    return BoxedFiles(_Images(records), [_boxes(records[n]) for n in range(len(records))])


def _boxes(record: Mapping[str, Any]) -> np.ndarray:
    """Return the boxes of a record in pixels, `(boxes, 6)`."""
    objects = record["objects"]
    shares = np.asarray(objects["bbox"], np.float32).reshape(-1, 4)
    with Image.open(io.BytesIO(record["image"])) as image:  # of which the head alone is read
        size = image.size
    # TFDS writes top, left, bottom, right as shares of the height and the width.
    sides = shares[:, [1, 0, 3, 2]] * np.array(2 * size, np.float32)
    found = np.zeros((len(sides), 6), np.float32)
    found[:, :4] = sides
    found[:, 4] = np.asarray(objects["label"]).reshape(-1)
    for name in _IGNORED:
        if name in objects:
            found[:, 5] = np.maximum(found[:, 5], np.asarray(objects[name]).reshape(-1))
    return found
