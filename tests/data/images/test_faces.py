"""Faces teach what is known of them, from whatever form their labels have."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.images.faces import FacePreprocessor, is_known, prepare_faces
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import SPLITS, Request


def draw(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (20, 24, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def by_names(root, count=12):
    for number in range(count):
        race = "" if number == 3 else "0_"
        draw(root / f"{10 + number}_{number % 2}_{race}2017011620{number:04d}.jpg.chip.jpg", number)


def by_folders(root, count=6):
    for split in ("train", "test"):
        for mood in ("angry", "Happiness", "sad"):
            for number in range(count):
                seed = hash((split, mood, number)) % 10_000
                draw(root / split / mood / f"{split}{mood}{number}.png", seed)


def load(root, **given):
    return images.labelled_faces().load(Request(path=str(root), **given))


def labels(splits):
    """Labels of all faces by the file's name."""
    found = {}
    for name in SPLITS:
        part = getattr(splits, name)
        for place, index in enumerate(part.indices):
            file = str(part.images.files[int(index)]).rsplit("/", 1)[-1]
            found[file] = {output: column[place] for output, column in part.y.items()}
    return found


def test_sets_with_different_labels_lie_in_one_folder_and_are_divided_each(tmp_path):
    by_names(tmp_path / "utk")
    by_folders(tmp_path / "fer")
    splits = load(tmp_path)
    assert splits.info.facts["emotion_classes"] == ["angry", "happy", "sad"]
    found = labels(splits)
    assert len(found) == 12 + 36
    one = found["13_1_20170116200003.jpg.chip.jpg"]
    assert one["age"][0] == 13 and one["gender"] == 1 and one["emotion"] == -1
    other = found["trainHappiness0.png"]
    assert np.isnan(other["age"][0]) and other["gender"] == -1 and other["emotion"] == 1
    for name in SPLITS:
        known = getattr(splits, name).known()
        assert {("age", "gender"), ("emotion",)} == set(known), name
    # The emotions' own test split stays.
    assert sum(k == ("emotion",) for k in splits.test.known()) == 18


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_columns_of_a_table_are_named_by_their_roles(tmp_path, order):
    rows = [[f"{number}.png", str(20 + number), "sad"] for number in range(12)]
    for number in range(12):
        draw(tmp_path / f"{number}.png")
    lines = [",".join(row[k] for k in order) for row in [["bild", "alter", "laune"], *rows]]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    options = {"column": {"image": "bild", "age": "alter"}}
    splits = images.labelled_faces().load(Request(path=str(tmp_path), options=options))
    assert any("age 'alter'" in note for note in splits.notes)
    with pytest.raises(UserError, match="did you mean 'alter'"):
        wrong = {"column": {"image": "bild", "age": "altr"}}
        images.labelled_faces().load(Request(path=str(tmp_path), options=wrong))


def test_a_table_gives_labels_of_which_some_are_missing(tmp_path):
    for number in range(12):
        draw(tmp_path / f"{number}.png", number)
    rows = [
        f"{n}.png,{20 + n},{'f' if n % 2 else 'Male'},{'joy' if n % 3 else ''}" for n in range(8)
    ]
    rows += ["8.png,,,smug", "9.png,old,x,sad", "10.png,300,,sad", "gone.png,1,m,sad"]
    (tmp_path / "labels.csv").write_text("\n".join(["image,age,sex,expression", *rows]))
    splits = load(tmp_path)
    found, notes = labels(splits), " ".join(splits.notes)
    names = splits.info.facts["emotion_classes"]
    assert names == ["happy", "sad", "smug"] and len(found) == 11
    assert found["1.png"]["age"][0] == 21 and found["1.png"]["gender"] == 1
    assert names[found["8.png"]["emotion"]] == "smug" and found["0.png"]["emotion"] == -1
    for part in (
        "skipped 1 rows of labels.csv, whose images are not there: gone.png",
        "'old' as age, 'x' as gender, '300' as age",
        "skipped 1 images without a label: 11.png",
    ):
        assert part in notes


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda root: None, "holds no images"),
        (lambda root: draw(root / "a.png"), "holds no face with a label: expected names such as"),
        (
            lambda root: (draw(root / "a.png"), (root / "x.csv").write_text("a,b\n1,2\n3,4\n")),
            "expected columns image, and age, gender or emotion",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(UserError, match=message) as error:
        load(tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="there is no folder"):
        load(tmp_path / "none")


def test_outputs_are_those_that_are_asked_for_and_known(tmp_path):
    by_names(tmp_path)
    (tmp_path / "40_1_0_20170116000000.jpg").write_bytes(b"none")
    splits = load(tmp_path)
    assert any("40_1_0_20170116000000.jpg" in note for note in splits.notes)
    found = prepare_faces(splits, image_size=16)
    preprocessor = FacePreprocessor.of(found.info)
    assert preprocessor.outputs == ("gender", "age") and found.info.input_shape == (16, 16, 3)
    assert "no training image has a label of emotion" in found.notes
    ages = found.train.y["age"]
    assert preprocessor.age == pytest.approx((ages.mean(), ages.std()))
    assert set(prepare_faces(splits, image_size=16, outputs=("age",)).train.y) == {"age"}
    with pytest.raises(UserError, match="none of the training images has a label of emotion"):
        prepare_faces(splits, outputs=("emotion",))
    with pytest.raises(UserError, match="smile"):
        prepare_faces(splits, outputs=("smile",))


def test_other_faces_get_the_classes_of_the_training(tmp_path):
    by_folders(tmp_path / "a")
    info = prepare_faces(load(tmp_path / "a"), image_size=16).info
    for number in range(4):
        draw(tmp_path / "b" / "sad" / f"{number}.png", number)
        draw(tmp_path / "b" / "fear" / f"f{number}.png", number)
    other = replace(load(tmp_path / "b", trained_info=info), trained_info=info)
    x, y = prepare_faces(other).test.take(np.arange(8))
    assert x.shape == (8, 16, 16, 3) and sorted(y["emotion"]) == [-1] * 4 + [2] * 4


def test_most_labels_of_the_drawn_training_are_unknown_and_none_of_the_test(monkeypatch):
    few = {"train": 60, "validation": 5, "test": 8}
    monkeypatch.setattr("kerasrecipes.data.synthetic.face_attributes.COUNTS", few)
    splits, again = (synthetic.faces_with_attributes().load(Request(seed=1)) for _ in range(2))
    for name in ("age", "gender", "emotion"):
        assert 0.15 < is_known(splits.train.y[name]).mean() < 0.6
        assert is_known(splits.test.y[name]).all()
        np.testing.assert_array_equal(splits.train.y[name], again.train.y[name])
