"""Images with captions, as users have them."""

import os

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import captioning
from kerasrecipes.data.captioning.captions import CaptionExamples, CaptionTokenExamples
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.data.text.tokenizer import END, START
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request


def image(path, shade=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 10, 3), shade, np.uint8)).save(path)


def load(path, **options):
    return captioning.files().load(Request(path=str(path), options=options))


@pytest.fixture
def flickr(tmp_path):
    """A folder as Flickr8k's: 12 images, two captions each, and lists of the splits."""
    names = [f"{number}_a.jpg" for number in range(12)]
    for name in names:
        image(tmp_path / "images" / name)
    lines = [
        f"{name}#{k}{' ' if k else chr(9)}A dog {name[0]} runs {k} ."
        for name in names
        for k in (0, 1)
    ]
    texts = tmp_path / "text"
    texts.mkdir()
    (texts / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    (texts / "Flickr8k.lemma.token.txt").write_text("\n".join(lines).replace("runs", "run"))
    for part, some in (("train", names[:8]), ("dev", names[8:10]), ("test", names[10:11])):
        (texts / f"Flickr_8k.{part}Images.txt").write_text("\n".join(some) + "\n")
    return tmp_path


def sizes(splits):
    return [len(part) for part in (splits.train, splits.validation, splits.test)]


def test_flickr8ks_files_are_read_with_their_lists(flickr):
    assert captioning.files().accepts(str(flickr))
    splits = load(flickr)
    assert sizes(splits) == [8, 2, 1]
    assert splits.train.references[0] == ("A dog 0 runs 0 .", "A dog 0 runs 1 .")
    assert splits.notes == ("images that no list names, left out: 1, such as 11_a.jpg",)


def test_what_lacks_its_other_half_or_is_no_image_is_told_and_left_out(flickr):
    image(flickr / "images" / "alone.png")
    (flickr / "images" / "0_a.jpg").write_bytes(b"no image")
    (flickr / "images" / "1_a.jpg").unlink()
    with (flickr / "text" / "Flickr8k.token.txt").open("a") as file:
        file.write("2_a.jpg#2\t \nabsent.jpg#0\tNobody knows .\n")
    splits = load(flickr)
    assert sizes(splits) == [6, 2, 1]
    told = "\n".join(splits.notes)
    assert "captions without image, left out: 2, such as 1_a.jpg, absent.jpg" in told
    assert "images without caption, left out: 1, such as alone.png" in told
    assert "captioned files that are not images, left out: 1, such as 0_a.jpg (its content" in told


def test_a_broken_line_is_named(flickr):
    with (flickr / "text" / "Flickr8k.token.txt").open("a") as file:
        file.write("what is this\n")
    with pytest.raises(
        UserError, match=r"Flickr8k\.token\.txt, line 25: expected image\.jpg#0 and a caption"
    ):
        load(flickr)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("image,caption", "{},A dog {} runs"),
        ("", "{}\tA dog {} runs"),
        ("comment|x|file", "A dog {1} runs|1|{0}"),
        ("caption,where", "A dog {1} runs,{0}"),
        ("kind,file", "A dog {1} runs,{0}"),
    ],
)
def test_any_csv_of_image_and_caption_is_read(tmp_path, head, line):
    for number in range(10):
        image(tmp_path / f"{number}.png")
    rows = [head] if head else []
    rows += [line.format(f"{number}.png", number) for number in range(10)]
    (tmp_path / "captions.csv").write_text("\n".join(rows))
    for path in (tmp_path / "captions.csv", tmp_path):
        splits = load(path)
        assert sizes(splits) == [8, 1, 1]
        numbers = {
            int(text.split()[2])
            for part in (splits.train, splits.test)
            for (text,) in part.references
        }
        assert len(numbers) == 9
    if head:
        with pytest.raises(UserError, match="column of captions"):
            load(tmp_path / "captions.csv", target="captoin")


def test_too_few_or_no_captions_are_refused(tmp_path):
    with pytest.raises(UserError, match="there are no captions"):
        load(tmp_path)
    (tmp_path / "captions.csv").write_text("image,caption\na.png,A dog\n")
    with pytest.raises(UserError, match="0 images with captions; at least 10"):
        load(tmp_path)


def test_of_other_data_all_is_to_judge_by(tmp_path):
    image(tmp_path / "a.png")
    (tmp_path / "captions.csv").write_text("image,caption\na.png,A dog\n")
    splits = captioning.files().load(Request(path=str(tmp_path), trained_info=Info()))
    assert sizes(splits) == [0, 0, 1]


def test_captions_go_with_the_features_of_their_image():
    captioned = CaptionExamples(
        Arrays(np.zeros((2, 4, 4, 3), np.uint8), np.zeros(2)), [("a", "b c"), ("d",)]
    )
    features = Arrays(np.array([[0.0, 1.0], [2.0, 3.0]], np.float16), np.zeros(2))
    rows = Ragged.of([np.array([7]), np.array([8, 9]), np.array([5])])
    tokens = CaptionTokenExamples(captioned, features, np.array([0, 0, 1]), rows)
    x, y, weight = tokens.select(np.array([1, 2])).take(np.array([1, 0]))
    np.testing.assert_array_equal(x["image"], [[2, 3], [0, 1]])
    np.testing.assert_array_equal(x["target"][:, :4], [[START, 5, 0, 0], [START, 8, 9, 0]])
    np.testing.assert_array_equal(y[:, :4], [[5, END, 0, 0], [8, 9, END, 0]])
    np.testing.assert_array_equal(weight, y != 0)
    assert tokens.select(np.array([2])).references == [("d",)]
    assert tokens.signature[0]["image"] == ((None, 2), np.dtype(np.float32))


@pytest.mark.data
def test_flickr8k_is_read():
    home = os.environ.get("KERASRECIPES_TEST_DATA")
    if not home:
        pytest.skip("KERASRECIPES_TEST_DATA names no folder")
    splits = load(f"{home}/captions")
    assert sizes(splits) == [753, 113, 125]
    assert all(len(some) == 5 for some in splits.test.references)


def test_lists_without_validation_images_leave_them_to_be_drawn_from_training(flickr):
    (flickr / "text" / "Flickr_8k.devImages.txt").unlink()
    splits = load(flickr)
    assert sizes(splits) == [7, 1, 1]
    assert splits.notes[-1] == "a twelfth of the training examples was drawn for validation"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_columns_of_a_table_are_named_by_their_roles(tmp_path, order):
    rows = [[f"{number}.png", f"a picture {number}", "2024"] for number in range(12)]
    for number in range(12):
        image(tmp_path / f"{number}.png", number * 9)
    lines = [",".join(row[k] for k in order) for row in [["bild", "satz", "jahr"], *rows]]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines))
    splits = load(path, column={"image": "bild"}, target="satz")
    parts = (splits.train, splits.validation, splits.test)
    found = {text for part in parts for some in part.references for text in some}
    assert found == {f"a picture {number}" for number in range(12)}
    assert splits.info.columns == {"image": "bild", "target": "satz"}
    with pytest.raises(UserError, match="did you mean 'satz'"):
        load(path, column={"target": "stz"})
