"""Images that a table lists: whatever it calls them and wherever they lie, the same examples."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.feature_cache import weight_of
from kerasrecipes.data.images.prepare import prepare_images, prepare_squares
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

CLASSES = ("cat", "dog", "owl")


@pytest.fixture
def listed(tmp_path):
    """Thirty images in nested folders, whose shade is their number, and their classes."""
    for number in range(30):
        place = tmp_path / "all" / ("b" if number % 2 else "c") / f"photo {number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), number * 8).save(place)
    return tmp_path, [CLASSES[number % 3] for number in range(30)]


def name_of(number, form):
    folder = "all/b" if number % 2 else "all/c"
    return {
        "path": f"{folder}/photo {number}.png",
        "windows": f"{folder}/photo {number}.png".replace("/", "\\"),
        "name": f"photo {number}.png",
        "stem": f"photo {number}",
    }[form]


def write(path, names, columns):
    rows = list(zip(*columns, strict=True))
    with path.open("w", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
        else:
            writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writerows([names, *rows] if names else rows)
    return str(path)


def shades(splits):
    """Class of each image, by its shade."""
    prepared = prepare_images(splits, (8, 8))
    found = {}
    for part in (prepared.train, prepared.validation, prepared.test):
        x, y = part.take(np.arange(len(part)))[:2]
        classes = [splits.info.classes[label] for label in y]
        found |= dict(zip((int(pixels.max()) // 8 for pixels in x), classes, strict=True))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_files_are_found_by_any_name(listed, seed):
    root, classes = listed
    random = np.random.default_rng(seed)
    form = ("path", "windows", "name", "stem")[seed % 4]
    suffix = (".csv", ".tsv", ".jsonl")[seed % 3]
    usual = random.random() < 0.5
    names = {"i": "file" if usual else "bild", "t": "label" if usual else "art", "n": "nr"}
    columns = {
        "i": [name_of(number, form) for number in range(30)],
        "t": classes,
        "n": list(range(30)),
    }
    order = list(random.permutation(["i", "t", "n"]))
    header, body = [names[k] for k in order], [columns[k] for k in order]
    path = write(root / f"labels{suffix}", header, body)
    options = {} if usual else {"column": {"image": "bild"}, "target": "art"}
    source = images.listed()
    assert source.accepts(path) and source.accepts(str(root))
    splits = source.load(Request(path=path, options=options))
    assert shades(splits) == dict(enumerate(classes))
    assert splits.info.columns == {"image": names["i"], "target": names["t"]}
    assert splits.info.columns_by == ("name" if usual else "")
    # What was trained on a table is judged on another with the columns in another order.
    other = write(root / "other.csv", header[::-1], body[::-1])
    judged = source.load(Request(path=other, trained_info=splits.info))
    assert len(judged.test) == 30 and judged.info.classes == CLASSES


def test_a_table_without_names_and_one_with_splits(listed):
    root, classes = listed
    paths = [name_of(number, "path") for number in range(30)]
    plain = images.listed().load(Request(path=write(root / "a.csv", [], [paths, classes])))
    assert shades(plain) == dict(enumerate(classes))
    words = ["train"] * 18 + ["val"] * 6 + ["test"] * 6
    path = write(root / "b.csv", ["image", "label", "split"], [paths, classes, words])
    splits = images.listed().load(Request(path=path))
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [18, 6, 6]
    words[3] = "holdout"
    path = write(root / "c.csv", ["image", "label", "split"], [paths, classes, words])
    with pytest.raises(UserError, match="'holdout' in the column 'split' is none of train"):
        images.listed().load(Request(path=path))


@pytest.mark.parametrize("mixed", [{}, {"mixup": 0.4}, {"cutmix": 1.0}])
def test_weights_reach_every_batch(listed, mixed):
    root, classes = listed
    paths = [name_of(number, "name") for number in range(30)]
    # As many as the number of the class, so that a blend's label tells what its weight must be.
    weights = [1 + number % 3 for number in range(30)]
    path = write(root / "a.csv", ["image", "label", "times"], [paths, classes, weights])
    splits = images.listed().load(Request(path=path, options={"column": {"weight": "times"}}))
    mean = np.mean(weights)
    train = prepare_squares(splits, image_size=8, label_smoothing=0.0, **mixed).train
    _, labels, weight = train.take(np.arange(len(train)))
    rows = labels if mixed else np.eye(3)[labels]
    assert bool(mixed) == bool(((rows > 0) & (rows < 1)).any())
    np.testing.assert_allclose(weight, rows @ [1, 2, 3] / mean, rtol=1e-5)
    assert len(weight_of(train)) == len(train)


def test_rows_that_lack_something_are_named_and_left_out(listed):
    root, classes = listed
    (root / "broken.png").write_bytes(b"no image")
    paths = [*(name_of(number, "path") for number in range(30)), "lost.png", "broken.png", ""]
    path = write(root / "a.csv", ["image", "label"], [paths, [*classes, "cat", "dog", "owl"]])
    splits = images.listed().load(Request(path=path))
    assert len(shades(splits)) == 30
    notes = " ".join(splits.notes)
    assert "2 rows whose files are missing: lost.png" in notes
    assert "1 rows whose files are not images that can be read: broken.png" in notes


def test_folders_of_classes_and_tables_of_numbers_are_left_to_others(tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        Image.new("L", (4, 4)).save(tmp_path / label / "a.png")
    write(tmp_path / "list.csv", ["image", "label"], [["cat/a.png", "dog/a.png"], ["cat", "dog"]])
    numbers = write(tmp_path / "numbers.csv", ["id", "label"], [[1, 2, 3], ["x", "y", "x"]])
    source = images.listed()
    assert not source.accepts(str(tmp_path)) and not source.accepts(numbers)
    assert source.accepts(str(tmp_path / "list.csv"))


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"target": "labell"}, "did you mean 'label'"),
        ({"target": "nr"}, "too many for classes"),
        ({"column": {"image": "label"}, "target": "label"}, "both the column 'label'"),
        ({"target": "same"}, "one class, 'x'"),
        ({"column": {"weight": "same"}}, "must be numbers from 0 on"),
    ],
)
def test_columns_that_do_not_do_are_refused(listed, options, reason):
    root, classes = listed
    columns = [[name_of(n, "path") for n in range(30)], classes, range(30), ["x"] * 30]
    path = write(root / "a.csv", ["image", "label", "nr", "same"], columns)
    with pytest.raises(UserError, match=reason):
        images.listed().load(Request(path=path, options=options))
