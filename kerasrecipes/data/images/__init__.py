"""Images with labels: where they come from, and how they are prepared for a model.

A recipe names its sources by these functions; what they need is imported when they are called:

    data={"digits": images.digits(), "mnist": images.tfds("mnist"), "folder": images.folder()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def digits() -> Source:
    """Return the source of scikit-learn's 1,797 handwritten digits, which needs no download."""
    from kerasrecipes.data.images.arrays import Digits

    return Digits()


def npz(labelled: bool = True) -> Source:
    """Return the source that reads `--data file.npz`.

    Images are `(examples, height, width)` with an optional axis of 1 or 3 channels, last or first,
    as bytes, numbers from 0 to 1 or from 0 to 255; labels are numbers, names or one-hot rows.

    Args:
        labelled: whether labels are needed; without, they are read where there are any.
    """
    from kerasrecipes.data.images.arrays import Npz

    if labelled:
        return Npz()
    return Npz(
        labelled=False,
        summary="your own .npz file with an array x, or x_train and x_test, with or without labels",
    )


def folder() -> Source:
    """Return the source that reads `--data path/` with one subfolder of images per class."""
    from kerasrecipes.data.images.folders import Folder

    return Folder()


def listed() -> Source:
    """Return the source that reads `--data labels.csv` with the file and class of each image."""
    from kerasrecipes.data.images.image_tables import ImageTable

    return ImageTable()


def pictures() -> Source:
    """Return the source that reads `--data path/`, images with or without folders of classes."""
    from kerasrecipes.data.images.picture_folders import Pictures

    return Pictures()


def photographs() -> Source:
    """Return the source that reads `--data path/`, photographs in their own size, and sets of them
    to be judged by beside `train/`.
    """
    from kerasrecipes.data.images.photograph_folders import Photographs

    return Photographs()


def tfds(name: str) -> Source:
    """Return the source of an image classification set by its TFDS name, such as `mnist`."""
    from kerasrecipes.data.images.tfds_images import SUMMARIES, ImageTfds

    return ImageTfds(name, SUMMARIES.get(name, f"the images of {name} (TensorFlow Datasets)"))


def labelled() -> dict[str, Source]:
    """Return the sources that a classifier of any images takes, by name, digits first."""
    names = ("mnist", "fashion_mnist", "cifar10", "cats_vs_dogs", "tf_flowers")
    return {
        "digits": digits(),
        **{name: tfds(name) for name in names},
        "image_list": listed(),
        "folder": folder(),
        "npz": npz(),
    }


def unlabelled() -> dict[str, Source]:
    """Return the sources that a model of images themselves takes, by name, digits first."""
    return {
        "digits": digits(),
        **{name: tfds(name) for name in ("mnist", "fashion_mnist")},
        "pictures": pictures(),
        "npz": npz(labelled=False),
    }


def masked() -> Source:
    """Return the source that reads `--data path` with images and masks, or images and outlines."""
    from kerasrecipes.data.images.mask_folders import MaskFolder

    return MaskFolder()


def paired() -> Source:
    """Return the source that reads `--data path/` with pairs of labels or pictures and pictures."""
    from kerasrecipes.data.images.pair_folders import PairFolder

    return PairFolder()


def tfds_masked(name: str) -> Source:
    """Return the source of a segmentation set by its TFDS name, such as `oxford_iiit_pet`."""
    from kerasrecipes.data.images.tfds_masks import SUMMARIES, MaskTfds

    return MaskTfds(name, SUMMARIES.get(name, f"images and masks of {name} (TensorFlow Datasets)"))


def boxed() -> Source:
    """Return the source that reads `--data path` with images and boxes: Pascal VOC, COCO, YOLO."""
    from kerasrecipes.data.images.box_folders import BoxFolder

    return BoxFolder()


def tfds_boxed(name: str) -> Source:
    """Return the source of a detection set by its TFDS name, such as `voc/2007`."""
    from kerasrecipes.data.images.tfds_boxes import SUMMARIES, BoxTfds

    return BoxTfds(name, SUMMARIES.get(name, f"images and boxes of {name} (TensorFlow Datasets)"))


def identities() -> Source:
    """Return the source that reads `--data path/` with one subfolder of photographs per person."""
    from kerasrecipes.data.images.embedding import IdentityFolder

    return IdentityFolder()


def pointed() -> Source:
    """Return the source that reads `--data path` with images and points: CSV files, or `.pts`."""
    from kerasrecipes.data.images.landmark_folders import LandmarkFolder

    return LandmarkFolder()


def labelled_faces() -> Source:
    """Return the source that reads `--data path/` with faces and their age, gender or emotion."""
    from kerasrecipes.data.images.face_folders import FaceFolder

    return FaceFolder()
