"""Masks as outlines of COCO and of YOLO, and all that can be wrong with them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data import images
from kerasrecipes.data.images.masks import IGNORED
from kerasrecipes.data.images.segmentation import prepare_masks
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import SPLITS, Request
from tests.data.images.box_drawings import SIZE, coco_folder, coco_rows, objects, yolo_folder


def load(path):
    return images.masked().load(Request(path=str(path)))


def corners(box):
    left, top, right, bottom, *_ = box
    return [left, top, right, top, right, bottom, left, bottom]


def outlined_rows(count=12):
    """Return rows of COCO whose outlines are the drawn boxes."""
    rows = coco_rows(count)
    for image in rows["images"]:
        image.update(height=SIZE[0], width=SIZE[1])
    for row in rows["annotations"]:
        left, top, width, height = row["bbox"]
        row["segmentation"] = [corners((left, top, left + width, top + height))]
    return rows


def yolo_polygons(root, **options):
    yolo_folder(root, **options)
    for path in (root / "labels").rglob("*.txt"):
        lines = []
        for box in objects(int(path.stem)):
            shares = np.reshape(corners(box), (-1, 2)) / SIZE[::-1]
            name = ("cat", "dog").index(box[4])
            lines.append(" ".join([str(name), *(f"{value:.8f}" for value in shares.ravel())]))
        path.write_text("\n".join(lines))
    return root


def check(splits, count=12):
    """Compare each mask with the boxes that were drawn into it."""
    assert splits.info.classes == ("background", "cat", "dog")
    prepared = prepare_masks(splits)
    seen = 0
    for split in SPLITS:
        part, own = getattr(splits, split), getattr(prepared, split)
        for place, number in enumerate(part.indices):
            name = int(str(part.images[int(number)]).rsplit("/", 1)[-1].split(".")[0])
            wanted = np.zeros(SIZE, int)
            for left, top, right, bottom, label in reversed(objects(name)):
                wanted[top:bottom, left:right] = ("background", "cat", "dog").index(label)
            # Shares of a side in a text file may miss a corner by a rounding.
            assert (own.y[place] != wanted).mean() < 0.01
            seen += 1
    assert seen == count


def test_coco_and_yolo_give_the_same_masks(tmp_path):
    check(load(coco_folder(tmp_path / "coco", outlined_rows())))
    check(load(coco_folder(tmp_path / "file", outlined_rows()) / "annotations" / "instances.json"))
    check(load(yolo_polygons(tmp_path / "yolo")))


def test_splits_are_those_of_the_lists(tmp_path):
    for split, count in (("train", 6), ("valid", 4), ("test", 2)):
        where = f"{split}/_annotations.coco.json"
        coco_folder(tmp_path, outlined_rows(count), where, count, images=split)
    assert [len(getattr(load(tmp_path), split)) for split in SPLITS] == [6, 4, 2]


def test_crowds_are_ignored_and_a_category_may_be_the_background(tmp_path):
    rows = outlined_rows()
    height, width = SIZE
    rows["annotations"].append(
        {
            **{"id": 999, "image_id": 0, "category_id": 3, "iscrowd": 1},
            "segmentation": {"counts": [0, height, (width - 1) * height], "size": [*SIZE]},
        }
    )
    rows["categories"].append({"id": 0, "name": "background"})
    splits = load(coco_folder(tmp_path, rows))
    assert splits.info.classes == ("background", "cat", "dog")
    masks = masks_of(splits)
    assert (masks["0.png"][:, 0] == IGNORED).all() and (masks["1.png"][:, 0] == 0).all()


def test_what_does_not_fit_is_left_out_and_named(tmp_path):
    rows = outlined_rows()
    rows["annotations"][0]["segmentation"] = [[1, 2, 3, 4]]
    rows["annotations"][2]["image_id"] = 77
    rows["images"][5]["width"] = 13
    root = coco_folder(tmp_path, rows)
    (root / "images" / "7.png").unlink()
    (root / "images" / "8.png").write_bytes(b"no image")
    splits = load(root)
    assert sum(len(getattr(splits, split)) for split in SPLITS) == 9
    told = " ".join(splits.notes)
    for part in ("without an outline", "of no image", "60 x 40 pixels, outlined as 13 x 40"):
        assert part in told
    assert "7.png" in told and "8.png" in told


def masks_of(splits):
    """Return the mask of each image by its name."""
    return {
        str(part.images[int(number)]).rsplit("/", 1)[-1]: part.reader.read(part.masks[int(number)])
        for part in (splits.train, splits.validation, splits.test)
        for number in part.indices
    }


@pytest.mark.parametrize("written", [None, [], [[1, 2, 3, 4]], {"counts": [1], "size": [1, 1]}])
def test_pixels_of_an_object_that_has_a_box_alone_do_not_count(tmp_path, written):
    rows = outlined_rows()
    row = rows["annotations"][0]
    row["segmentation"] = written
    if written is None:
        del row["segmentation"]
    splits = load(coco_folder(tmp_path, rows))
    left, top, width, height = row["bbox"]
    inside = masks_of(splits)["0.png"][top : top + height, left : left + width]
    assert (inside == IGNORED).all() and "without an outline" in " ".join(splits.notes)


def test_an_image_with_an_object_that_is_nowhere_is_left_out(tmp_path):
    rows = outlined_rows()
    del rows["annotations"][0]["segmentation"], rows["annotations"][0]["bbox"]
    splits = load(coco_folder(tmp_path, rows))
    assert "0.png" not in masks_of(splits) and "0.png (an object without" in " ".join(splits.notes)


def test_outlines_in_pixels_where_shares_are_expected_are_named(tmp_path):
    root = yolo_polygons(tmp_path)
    (root / "labels" / "3.txt").write_text("0 20 8 30 8 30 20\n1 1e39 0 1 0 1 1\n1 0 0 1 0 1 1")
    splits = load(root)
    assert "3.png (outside of the image)" in " ".join(splits.notes)
    assert set(np.unique(masks_of(splits)["3.png"])) == {0, 2}


def test_categories_of_one_name_are_one_class(tmp_path):
    rows = outlined_rows()
    rows["categories"] = [{"id": 7, "name": "cell"}, {"id": 3, "name": "cell"}]
    splits = load(coco_folder(tmp_path / "coco", rows))
    assert splits.info.classes == ("background", "cell")
    yolo = yolo_polygons(tmp_path / "yolo", names="names: [cell, cell]\n")
    assert load(yolo).info.classes == ("background", "cell")


def test_other_lists_beside_that_of_the_objects(tmp_path):
    root = coco_folder(tmp_path, outlined_rows(), "annotations/instances_train.json")
    # As COCO has them: captions have no categories, keypoints have the persons' outlines again.
    captions = {"images": [{"id": 1, "file_name": "1.png"}], "annotations": [{"caption": "a cat"}]}
    (root / "annotations" / "captions_train.json").write_text(json.dumps(captions))
    again = outlined_rows()
    again["categories"] = [{"id": 3, "name": "cat"}]
    (root / "annotations" / "keypoints_train.json").write_text(json.dumps(again))
    (root / ".idea").mkdir()
    (root / ".idea" / "workspace.xml").write_text("<project/>")
    splits = load(root)
    assert "12 of 12 images are in another list" in " ".join(splits.notes)
    check(splits)
    # One list for each class is one set of images.
    more = outlined_rows()
    more["categories"] = [{"id": 3, "name": "bird"}]
    more["annotations"] = more["annotations"][:1]
    more["annotations"][0].update(category_id=3, segmentation=[corners((50, 32, 58, 38))])
    (root / "annotations" / "more_train.json").write_text(json.dumps(more))
    splits = load(root)
    assert splits.info.classes == ("background", "cat", "dog", "bird")
    assert masks_of(splits)["0.png"][35, 54] == 3 and len(masks_of(splits)) == 12


@pytest.mark.parametrize("odd", [[1], {}, None, 1.5, True, 10**400])
@pytest.mark.parametrize("place", ["image_id", "category_id", "id", "bbox", "segmentation"])
def test_odd_values_lose_their_annotation_alone(tmp_path, odd, place):
    rows = outlined_rows()
    rows["annotations"][2][place] = odd
    (rows["images"][11] if place == "id" else rows["annotations"][4])[place] = odd
    rows["annotations"][6]["segmentation"] = {"counts": [10**400], "size": 5}
    splits = load(coco_folder(tmp_path, rows))
    found, untouched = (
        masks_of(splits),
        masks_of(load(coco_folder(tmp_path / "b", outlined_rows()))),
    )
    assert len(found) >= 10
    # None of them is taken for another image's, or for another class.
    for name in ("0.png", "4.png", "5.png", "6.png"):
        np.testing.assert_array_equal(found[name], untouched[name])


def test_what_names_nothing_is_of_nothing(tmp_path):
    rows = outlined_rows()
    del rows["images"][3]["id"], rows["images"][4]["id"], rows["annotations"][0]["image_id"]
    rows["annotations"][2]["image_id"] = True  # which Python takes for 1
    rows["images"][5]["id"] = 5.0  # which is 5
    splits = load(coco_folder(tmp_path, rows))
    masks = masks_of(splits)
    assert len(masks) == 12 and not masks["3.png"].any() and not masks["4.png"].any()
    assert masks["5.png"].any() and "of no image" in " ".join(splits.notes)


def test_an_image_that_a_list_names_twice_has_all_its_objects(tmp_path):
    for count, split in enumerate(("train", "valid"), start=12):
        rows = outlined_rows(count)
        rows["images"].append({**rows["images"][0], "id": 99})
        rows["annotations"].append(
            {
                **{"id": 999, "image_id": 99, "category_id": 7},
                "segmentation": [corners((52, 32, 58, 38))],
            }
        )
        coco_folder(tmp_path, rows, f"{split}/_annotations.coco.json", count, images=split)
    splits = load(tmp_path)
    for part in (splits.train, splits.validation):
        first = [str(part.images[int(n)]).endswith("/0.png") for n in part.indices].index(True)
        assert part.reader.read(part.masks[int(part.indices[first])])[35, 55] == 2


def test_notes_beside_images_are_no_outlines(tmp_path):
    root = tmp_path / "photos"
    root.mkdir()
    for name in ("README.txt", "about.txt", "classes.txt", "meta.json"):
        (root / name).write_text("cats and dogs")
    with pytest.raises(UserError, match="needs a folder of images and one of masks"):
        load(root)


def test_boxes_alone_are_refused_with_what_is_needed(tmp_path):
    for root in (yolo_folder(tmp_path / "yolo"), coco_folder(tmp_path / "coco")):
        with pytest.raises(UserError, match="expected a JSON file of COCO with 'segmentation'"):
            load(root)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"images": []}', "[" * 100_000])
def test_a_file_of_another_form_is_refused_in_a_line(tmp_path, text):
    path = tmp_path / "instances.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        load(path)
    assert len(str(error.value)) < 350 and "\n" not in str(error.value)


def test_classes_of_another_list_are_brought_to_those_of_the_training(tmp_path):
    trained = prepare_masks(load(coco_folder(tmp_path / "a", outlined_rows())))
    rows = outlined_rows()
    rows["categories"] = [{"id": 7, "name": "bird"}, {"id": 3, "name": "cat"}]
    other = load(coco_folder(tmp_path / "b", rows))
    prepared = prepare_masks(replace(other, trained_info=trained.info))
    assert set(np.unique(prepared.train.y)) <= {IGNORED, 0, 1}
