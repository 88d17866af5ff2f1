"""The user's folders of images."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

CLASSES = {"cat": 40, "dog": 200}


def draw(path, value, size=(12, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value // 2, 255 - value)).save(path)


def fill(root, count=8, classes=CLASSES):
    for label, value in classes.items():
        for number in range(count):
            draw(root / label / f"{number}.png", value)
    return root


def load(path, seed=0):
    return images.folder().load(Request(path=str(path), seed=seed))


def numbers(splits):
    return [part.indices.tolist() for part in (splits.train, splits.validation, splits.test)]


def test_folder_is_divided_by_the_seed(tmp_path):
    fill(tmp_path, 20)
    splits = load(tmp_path)
    assert splits.info.classes == ("cat", "dog")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [32, 4, 4]
    assert sorted(number for part in numbers(splits) for number in part) == list(range(40))
    assert numbers(splits) == numbers(load(tmp_path)) != numbers(load(tmp_path, seed=3))
    assert np.bincount(splits.test.y).tolist() == [2, 2]


def test_labels_belong_to_their_images(tmp_path):
    splits = prepare_images(load(fill(tmp_path)), (8, 8))
    for part in (splits.train, splits.validation, splits.test):
        assert part.x[:, 0, 0, 0].tolist() == [list(CLASSES.values())[label] for label in part.y]


def test_splits_of_the_folder_are_kept(tmp_path):
    for name, count in {"train": 5, "val": 2, "test": 3}.items():
        fill(tmp_path / name, count)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [10, 4, 6]
    assert all(name.split("/")[-3] == "val" for name in splits.validation.files)


def test_train_and_validation_alone(tmp_path):
    fill(tmp_path / "train", 5)
    fill(tmp_path / "validation", 4)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [10, 4, 4]
    assert any("halved" in note for note in splits.notes)
    assert not set(splits.validation.indices) & set(splits.test.indices)


def test_train_and_test_alone(tmp_path):
    fill(tmp_path / "train", 20)
    fill(tmp_path / "test", 2)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [36, 4, 4]


def test_broken_and_foreign_files_are_named(tmp_path):
    fill(tmp_path)
    (tmp_path / "cat" / "torn.png").write_bytes((tmp_path / "cat" / "0.png").read_bytes()[:40])
    (tmp_path / "dog" / "empty.jpg").write_bytes(b"")
    (tmp_path / "dog" / "notes.txt").write_text("mine")
    (tmp_path / "dog" / ".hidden.png").write_text("")
    splits = load(tmp_path)
    assert sum(map(len, numbers(splits))) == 16
    said = " ".join(splits.notes)
    assert "skipped 2 of 18 images" in said and "torn.png" in said and "empty.jpg" in said
    assert "ignored 1 file in" in said and "hidden" not in said


def test_class_with_a_single_image_is_only_trained_on(tmp_path):
    fill(tmp_path)
    draw(tmp_path / "emu" / "only.png", 90)
    splits = load(tmp_path)
    assert any("'emu' has 1 training image only" in note for note in splits.notes)
    assert 2 in splits.train.y and 2 not in splits.test.y


def test_natural_order_of_classes(tmp_path):
    fill(tmp_path, 3, {str(number): 20 for number in (10, 9, 1)})
    assert load(tmp_path).info.classes == ("1", "9", "10")


def one_class(root):
    fill(root, 4, {"cat": 1})


def loose_images(root):
    draw(root / "a.png", 4)


def same_name(root):
    fill(root, 3, {"Cat": 1, "cat": 2, "dog": 3})
    if len(list(root.iterdir())) == 2:
        pytest.skip("this file system does not tell upper from lower case")


def only_broken(root):
    for label in CLASSES:
        (root / label).mkdir()
        (root / label / "a.png").write_text("x")


def unknown_in_test(root):
    fill(root / "train", 3)
    fill(root / "test", 3, {"cat": 1, "emu": 2})


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda root: None, "no images; one subfolder"),
        (loose_images, "1 images that lie in no subfolder"),
        (one_class, "one class, 'cat'; at least two"),
        (same_name, "Cat and cat differ"),
        (only_broken, "no images that can be read"),
        (unknown_in_test, "'emu' occurs in test"),
        (lambda root: fill(root, 1), "too few"),
    ],
)
def test_folder_that_cannot_be_used(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(UserError, match=message):
        load(tmp_path)


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        load(tmp_path / "missing")
