"""Images of any folder, for models without labels."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def fill(folder, names, size=(12, 10), mode="RGB"):
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, number * 9 if mode == "L" else (number * 9, 5, 7)).save(path)


def load(folder):
    return images.pictures().load(Request(path=str(folder)))


def test_loose_images_of_several_sizes_and_modes(tmp_path):
    fill(tmp_path, [f"{n}.png" for n in range(12)])
    fill(tmp_path, ["grey/a.jpg", "grey/b.png"], (31, 9), "L")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG nothing")
    splits = load(tmp_path)
    assert splits.info.classes is None
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 14
    said = " ".join(splits.notes)
    assert "broken.png" in said and "ignored 1 file" in said


def test_subfolders_are_classes_and_those_of_splits_are_splits(tmp_path):
    for split, count in (("train", 9), ("val", 3), ("test", 4)):
        fill(tmp_path, [f"{split}/{kind}/{n}.png" for kind in "ab" for n in range(count)])
    splits = load(tmp_path)
    assert splits.info.classes == ("a", "b")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [18, 6, 8]
    assert np.bincount(splits.test.y).tolist() == [4, 4]


@pytest.mark.parametrize(
    ("names", "says"), [([], "holds no images"), (["a.png"], "too few"), (None, "no folder")]
)
def test_a_folder_without_enough_images_is_refused_in_a_line(tmp_path, names, says):
    folder = tmp_path / "folder"
    if names is not None:
        folder.mkdir()
        fill(folder, names)
    with pytest.raises(UserError, match=says):
        load(folder)
