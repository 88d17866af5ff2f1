"""Boxes in the three forms that people have them in, and all that can be wrong with them."""

import json

import numpy as np
import pytest

from kerasrecipes.data import images
from kerasrecipes.data.images.box_annotations import class_names
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import SPLITS, Request
from tests.data.images.box_drawings import (
    coco_folder,
    coco_rows,
    objects,
    picture,
    voc,
    voc_folder,
    yolo_folder,
    yolo_line,
)


def load(path):
    return images.boxed().load(Request(path=str(path)))


def by_name(splits):
    """Return the boxes of every image by its name, with the names of their classes."""
    found = {}
    for split in SPLITS:
        part = getattr(splits, split)
        for number, boxes in zip(part.indices, part.own_boxes(), strict=True):
            name = str(part.images[int(number)]).rsplit("/", 1)[-1].split(".")[0]
            found[name] = [(*row[:4], splits.info.classes[int(row[4])], row[5]) for row in boxes]
    return found


def check(splits, count=12):
    found = by_name(splits)
    assert len(found) == count and splits.info.input_shape == (40, 60, 3)
    for name, boxes in found.items():
        for own, wanted in zip(boxes, objects(int(name)), strict=True):
            np.testing.assert_allclose(own[:4], wanted[:4], atol=1e-3)
            assert own[4] == wanted[4] and own[5] == 0


@pytest.mark.parametrize("form", [voc_folder, yolo_folder, coco_folder])
def test_all_forms_give_the_same_boxes(tmp_path, form):
    splits = load(form(tmp_path))
    assert splits.info.classes == ("cat", "dog")
    check(splits)


def test_a_coco_file_is_read_by_itself_and_beside_its_images(tmp_path):
    check(load(coco_folder(tmp_path) / "annotations" / "instances.json"))
    beside = coco_folder(tmp_path / "other", where="all/_annotations.coco.json", images="all")
    check(load(beside))


def test_splits_by_folders_by_lists_and_by_names(tmp_path):
    root = yolo_folder(tmp_path / "yolo", splits=("train", "val", "test"), count=4)
    assert [len(getattr(load(root), split)) for split in SPLITS] == [4, 4, 4]
    root = voc_folder(tmp_path / "voc")
    (root / "ImageSets" / "Main").mkdir(parents=True)
    for split, numbers in (("train", range(7)), ("val", (7, 8)), ("test", (9, 10, 11))):
        text = "\n".join(f"{number}  1" for number in numbers)
        (root / "ImageSets" / "Main" / f"{split}.txt").write_text(text)
    splits = load(root)
    assert [len(getattr(splits, split)) for split in SPLITS] == [7, 2, 3]
    check(splits)
    root = tmp_path / "coco"
    for split, count in (("train", 5), ("valid", 3), ("test", 2)):
        where = f"{split}/_annotations.coco.json"
        coco_folder(root, coco_rows(count), where, count, images=split)
    splits = load(root)
    assert [len(getattr(splits, split)) for split in SPLITS] == [5, 3, 2]
    assert all(f"/{name[:5]}" in splits.validation.images[0] for name in ("valid",))


def test_broken_annotations_and_missing_images_are_named_and_the_rest_is_used(tmp_path):
    root = voc_folder(tmp_path)
    (root / "Annotations" / "3.xml").write_text("<annotation><object>")
    (root / "Annotations" / "4.xml").write_text("<html></html>")
    (root / "Annotations" / "5.xml").write_text("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation/>")
    (root / "JPEGImages" / "6.png").unlink()
    (root / "JPEGImages" / "7.png").write_bytes(b"no image")
    picture(root / "JPEGImages" / "alone.png")
    splits = load(root)
    assert sum(len(getattr(splits, split)) for split in SPLITS) == 7
    notes = " | ".join(splits.notes)
    assert "skipped 3 of 12 annotations: 3.xml (it is not XML:" in notes
    assert "4.xml (it begins with <html>, not with <annotation>)" in notes
    assert "5.xml (it has a document type" in notes
    assert "skipped 1 of 12 images, which are not there: 6.png (of 6.xml)" in notes
    assert "7.png (its content is not a known image format)" in notes
    assert "images without an annotation" in notes and "alone.png" in notes


def test_boxes_that_are_empty_or_outside_are_named_and_others_cut(tmp_path):
    root = voc_folder(tmp_path)
    voc(
        root / "Annotations" / "0.xml",
        [
            (5, 5, 5, 20, "cat"),
            (70, 5, 90, 20, "cat"),
            (50, 30, 75, 60, "dog"),
            (9, 9, 4, 4, "cat"),
        ],
    )
    text = (root / "Annotations" / "1.xml").read_text()
    (root / "Annotations" / "1.xml").write_text(text.replace("<xmax>50<", "<xmax>fifty<"))
    splits = load(root)
    found, notes = by_name(splits), " | ".join(splits.notes)
    assert found["0"] == [(50, 30, 60, 40, "dog", 0)] and len(found["1"]) == 1
    assert "skipped 4 of 26 boxes: JPEGImages/0.png (cat: empty or outside of the image)" in notes
    assert "'dog' without a name or four numbers" in notes
    assert "1 of 26 boxes were cut at their image's edge: JPEGImages/0.png" in notes


def test_images_without_boxes_stay_as_background_and_classes_without_examples_are_named(tmp_path):
    root = yolo_folder(tmp_path, names="nc: 3\nnames:\n  0: cat\n  1: dog\n  2: 'red fox'\n")
    (root / "labels" / "2.txt").write_text("")
    (root / "labels" / "3.txt").unlink()
    splits = load(root)
    assert splits.info.classes == ("cat", "dog", "red fox")
    assert by_name(splits)["2"] == by_name(splits)["3"] == [] and len(by_name(splits)) == 12
    notes = " | ".join(splits.notes)
    assert "2 of 12 images have no boxes, and count as background" in notes
    assert "classes without an example in training: red fox" in notes


def test_lines_of_yolo_that_are_none_are_named_and_polygons_have_boxes(tmp_path):
    root = yolo_folder(tmp_path)
    lines = ["0 0.5 0.5", "cat 0.1 0.1 0.1 0.1", "9 .5 .5 .2 .2", "1 .1 .2 .3 .2 .3 .6 .1 .6"]
    (root / "labels" / "0.txt").write_text("\n".join([*lines, "0 nan .5 .1 .1"]))
    splits = load(root)
    notes = " | ".join(splits.notes)
    assert "line 1: '0 0.5 0.5'" in notes and "line 2: 'cat 0.1" in notes and "line 5" in notes
    assert "classes that the list of names lacks are called by number: 9" in notes
    assert splits.info.classes == ("cat", "dog", "9")
    boxes = by_name(splits)["0"]
    np.testing.assert_allclose(boxes[0][:4], (24, 16, 36, 24), atol=1e-3)
    np.testing.assert_allclose(boxes[1][:4], (6, 8, 18, 24), atol=1e-3)
    assert [box[4] for box in boxes] == ["9", "dog"]


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("names: [cat, 'big dog',\n  fox]\nnc: 3", {0: "cat", 1: "big dog", 2: "fox"}),
        ("train: x\nnames:\n- cat\n- dog # barks\nnc: 2", {0: "cat", 1: "dog"}),
        ('names:\n  0: cat\n  # none\n  3: "dog"\nval: y', {0: "cat", 3: "dog"}),
        ("names: {0: cat, 1: dog}", {0: "cat", 1: "dog"}),
        ("nc: 3", {}),
        ("names: [", {}),
    ],
)
def test_names_of_classes_as_people_write_them(tmp_path, text, wanted):
    (tmp_path / "data.yaml").write_text(text)
    assert class_names(tmp_path) == wanted
    (tmp_path / "data.yaml").unlink()
    (tmp_path / "classes.txt").write_text("cat\n\ndog\n")
    assert class_names(tmp_path) == {0: "cat", 2: "dog"}


def test_annotations_of_coco_that_belong_to_nothing_are_named(tmp_path):
    rows = coco_rows()
    rows["annotations"][0]["image_id"] = 99
    rows["annotations"][1]["category_id"] = 99
    rows["annotations"][2]["bbox"] = [1, 2, None, 4]
    rows["annotations"][3]["iscrowd"] = 1
    rows["images"].append({"id": 50, "file_name": "gone.png"})
    splits = load(coco_folder(tmp_path, rows))
    notes, found = " | ".join(splits.notes), by_name(splits)
    assert "annotation 0 of no image, annotation 1 of no category" in notes
    assert "annotation 10 without four numbers" in notes
    assert "skipped 1 of 13 images, which are not there: gone.png" in notes
    assert found["0"] == [] and len(found["1"]) == 1 and found["1"][0][5] == 1


def test_difficult_objects_of_pascal_voc_are_to_be_ignored(tmp_path):
    root = voc_folder(tmp_path)
    voc(root / "Annotations" / "0.xml", objects(0), extra="<difficult>1</difficult>")
    found = by_name(load(root))
    assert [box[5] for box in found["0"]] == [1, 1] and found["1"][0][5] == 0


def test_folders_of_nothing_are_refused_in_a_line(tmp_path):
    for path, message in (
        (tmp_path / "none", "there is no folder or file"),
        (tmp_path, "holds no boxes: expected XML files"),
    ):
        with pytest.raises(UserError, match=message):
            load(path)
    picture(tmp_path / "a.png")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UserError, match=r"bad\.json is not JSON"):
        load(tmp_path)
    (tmp_path / "bad.json").write_text('{"images": 3}')
    with pytest.raises(UserError, match="it needs the lists images, annotations, categories"):
        load(tmp_path / "bad.json")
    (tmp_path / "bad.json").unlink()
    (tmp_path / "a.txt").write_text(yolo_line((70, 1, 90, 9, "cat")))
    with pytest.raises(UserError, match="no image with a box that can be used: skipped 1 of 1 box"):
        load(tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "labels.json").write_text(json.dumps([]))
    with pytest.raises(UserError, match="it needs the lists"):
        load(tmp_path)
