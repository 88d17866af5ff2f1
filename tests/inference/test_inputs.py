"""Files, folders, texts and standard input are read alike for every task."""

import io

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.errors import UserError
from kerasrecipes.inference.inputs import TextInput, image_batches, texts

SUFFIXES = (".txt", ".md")


def test_texts_files_and_standard_input_are_named(tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("from a file")
    found = list(texts([str(path), "a text", b"piped", ""], SUFFIXES))
    assert found == [
        TextInput(str(path), "from a file", True),
        TextInput("a text", "a text", False),
        TextInput("-", "piped", True),
        TextInput("", "", False),
    ]


def test_a_folder_is_read_only_where_folders_are(tmp_path):
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "a.txt").write_bytes(b"\x00\x01" * 99)
    broken, good = texts([str(tmp_path)], SUFFIXES, folders=True)
    assert isinstance(broken.text, UserError) and good.content == "b"
    with pytest.raises(UserError, match="binary"):
        _ = broken.content
    assert next(texts([str(tmp_path)], SUFFIXES)).content == str(tmp_path)


@pytest.mark.parametrize(("folders", "what"), [(True, "file or folder"), (False, "file")])
def test_one_word_that_ends_as_a_file_does_must_be_there(folders, what):
    with pytest.raises(UserError, match=f"there is no {what} absent.md"):
        list(texts(["absent.md"], SUFFIXES, folders=folders))


def test_a_text_too_long_for_a_file_name_is_a_text():
    assert next(texts(["a" * 5000 + ".txt"], SUFFIXES)).from_file is False


def test_images_come_in_batches_and_errors_of_folders_stay_in_place(tmp_path):
    for name in ("2.png", "10.png", "1.png"):
        (tmp_path / name).write_bytes(b"x")

    def read(source):
        return UserError("no") if source.endswith("10.png") else np.zeros(1)

    batches = list(image_batches([tmp_path], read, 2))
    names = [[name.rsplit("/", 1)[1] for name, _ in batch] for batch in batches]
    assert names == [["1.png", "2.png"], ["10.png"]]
    assert isinstance(batches[1][0][1], UserError)
    with pytest.raises(UserError, match="no"):
        list(image_batches([tmp_path / "10.png"], read, 2))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("names", ["x", "x_train x_test", "images", "train_images test_images"])
def test_arrays_are_answered_one_by_one_those_of_the_test_split_first(names, channels, tmp_path):
    draw = np.random.default_rng(channels)
    arrays = {name: draw.integers(0, 256, (3, 5, 7, channels), np.uint8) for name in names.split()}
    path = tmp_path / "some.npz"
    np.savez(path, **arrays, labels_of_another_kind=np.arange(2))
    found = [one for batch in image_batches([path], image, 2) for one in batch]
    assert [name for name, _ in found] == [f"{path}[{number}]" for number in range(3)]
    wanted = arrays[names.split()[-1]]
    np.testing.assert_array_equal(np.stack([pixels for _, pixels in found]), wanted)


def test_a_file_of_arrays_without_images_is_refused(tmp_path):
    np.savez(tmp_path / "some.npz", a=np.zeros(3))
    with pytest.raises(UserError, match=r"some.npz needs an array x_test, .* or images"):
        list(image_batches([tmp_path / "some.npz"], image, 2))


def image(content):
    found = np.asarray(Image.open(io.BytesIO(content)))
    return found[..., None] if found.ndim == 2 else found
