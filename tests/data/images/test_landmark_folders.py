"""Points in the forms that people have them in, and all that can be wrong with them."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import SPLITS, Request

NAMES = [f"P{person:02d}_{number}.png" for person in range(12) for number in (1, 2)]


def points(name):
    person, number = int(name[1:3]), int(name[4])
    return np.array([[5.0 + person, 6], [20, 10 + number], [9, 25]])


def draw(folder, names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        number = NAMES.index(name)
        pixels = np.random.default_rng(number).integers(0, 255, (40, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)


def rows_of(names):
    return [",".join([name, *map(str, points(name).ravel())]) for name in names]


def table(path, names=NAMES, header=",0,1,2,3,4,5", rows=()):
    path.write_text("\n".join([header, *rows_of(names), *rows]) + "\n")


def load(path, **options):
    return images.pointed().load(Request(path=str(path), options=options))


def by_name(splits):
    found = {}
    for split in SPLITS:
        part = getattr(splits, split)
        for index, row in zip(part.indices, part.own_points(), strict=True):
            found[str(part.images[int(index)]).rsplit("/", 1)[-1]] = row
    return found


def persons(splits):
    return [
        {str(part.images[int(i)]).rsplit("/", 1)[-1][:3] for i in part.indices}
        for part in (getattr(splits, name) for name in SPLITS)
    ]


def check(splits):
    found = by_name(splits)
    assert len(found) == len(NAMES)
    for name, row in found.items():
        np.testing.assert_allclose(row, points(name))


def test_a_table_is_read_and_nobody_is_in_two_splits(tmp_path):
    draw(tmp_path / "photos")
    table(tmp_path / "points.csv")
    for place in (tmp_path, tmp_path / "points.csv"):
        splits = load(place)
        check(splits)
        assert splits.info.targets == ("point 1", "point 2", "point 3")
        found = persons(splits)
        assert len(set.union(*found)) == sum(map(len, found)) == 12


def test_names_of_columns_are_names_of_points(tmp_path):
    draw(tmp_path)
    header = "file,left_eye_x,right_eye_x,nose_x,left_eye_y,right_eye_y,nose_y"
    lines = [",".join([name, *map(str, points(name).T.ravel())]) for name in NAMES]
    (tmp_path / "points.csv").write_text("\n".join([header, *lines]))
    splits = load(tmp_path)
    check(splits)
    assert splits.info.targets == ("left eye", "right eye", "nose")


def test_files_of_points_beside_images(tmp_path):
    draw(tmp_path)
    for name in NAMES:
        rows = "\n".join(f"{x + 1} {y + 1}" for x, y in points(name))
        text = f"version: 1\nn_points: 3\n{{\n{rows}\n}}\n"
        (tmp_path / name.replace(".png", ".pts")).write_text(text)
    check(load(tmp_path))
    (tmp_path / "P00_1.pts").write_text("{\n1 2\n}")
    (tmp_path / "P00_2.pts").write_text("{\n1 two\n}")
    (tmp_path / "P01_1.pts").unlink()
    notes = " ".join(load(tmp_path).notes)
    for part in (
        "P00_1.pts (1 points, others have 3)",
        "P00_2.pts (could not",
        "skipped 1 images without a file of points: P01_1.png",
    ):
        assert part in notes


def test_tables_that_share_persons_are_divided_anew(tmp_path):
    first, second = NAMES[::2], NAMES[1::2]
    draw(tmp_path / "training", first)
    draw(tmp_path / "test", second)
    table(tmp_path / "training_points.csv", first)
    table(tmp_path / "test_points.csv", second)
    splits = load(tmp_path)
    assert any(note.startswith("12 persons are in several tables") for note in splits.notes)
    found = persons(splits)
    assert len(set.union(*found)) == sum(map(len, found)) == 12
    kept = load(tmp_path, column={"person": "none"})
    assert len(kept.test) == 12 and not any("several tables" in note for note in kept.notes)


def test_what_cannot_be_used_is_named_and_the_rest_is_kept(tmp_path):
    draw(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"none")
    Image.new("RGB", (30, 40)).save(tmp_path / "far.png")
    Image.new("RGB", (30, 40)).save(tmp_path / "empty.png")
    rows = ["gone.png,1,1,1,1,1,1", "broken.png,1,1,1,1,1,1"]
    rows += ["far.png,100,200,300,400,1,1", "empty.png,,,,,,"]
    table(tmp_path / "points.csv", rows=rows)
    splits = load(tmp_path)
    check(splits)
    notes = " ".join(splits.notes)
    for part in (
        "skipped 1 rows of points.csv, whose images are not there: gone.png",
        "skipped 1 broken images: broken.png",
        "skipped 1 images without a point: empty.png",
        "skipped 1 images whose points lie outside of them: far.png",
    ):
        assert part in notes


def test_a_point_that_is_missing_leaves_the_others(tmp_path):
    draw(tmp_path)
    table(tmp_path / "points.csv", NAMES[1:], rows=[f"{NAMES[0]},5,6,,,9,25"])
    row = by_name(load(tmp_path))[NAMES[0]]
    assert np.isnan(row[1]).all() and row[2].tolist() == [9, 25]


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "holds no points: expected a CSV file"),
        ("file,x,y\na,1,2\nb,3,4\n", "expected a column with the names of images"),
        ("file,x,y\nP00_1.png,1,two\nP00_2.png,1,2\n", "'y' holds no numbers"),
        ("file,x,y,z\nP00_1.png,1,2,3\nP00_2.png,1,2,3\n", "received 3 of them"),
        ("file,x,y\ngone.png,1,2\ngone2.png,1,2\n", "holds no image with points: skipped 2 rows"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, text, message):
    draw(tmp_path)
    if text is not None:
        (tmp_path / "points.csv").write_text(text)
    with pytest.raises(UserError, match=message) as error:
        load(tmp_path)
    assert "\n" not in str(error.value)


def test_the_column_of_images_is_named_by_its_role(tmp_path):
    draw(tmp_path)
    other = "face,twin,x0,y0,x1,y1,x2,y2"
    lines = [",".join(["gone.png", name, *map(str, points(name).ravel())]) for name in NAMES]
    (tmp_path / "points.csv").write_text("\n".join([other, *lines]) + "\n")
    with pytest.raises(UserError, match="'twin' holds no numbers"):
        load(tmp_path, column={"image": "face"})
    (tmp_path / "points.csv").write_text("\n".join(["bild,a,b,c,d,e,f", *rows_of(NAMES)]) + "\n")
    splits = load(tmp_path, column={"image": "bild"})
    check(splits)
    assert "columns by their roles: image 'bild'" in splits.notes
    with pytest.raises(UserError, match="did you mean 'bild'"):
        load(tmp_path, column={"image": "bidl"})
