"""Data in Python objects becomes files that sources read, whatever library made it."""

import csv

import numpy as np
import pytest

from kerasrecipes.data import objects
from kerasrecipes.errors import UserError

X = np.array([[1.5, 2.0], [0.1, -3.0], [np.nan, 1e-9]])
Y = np.array([0, 1, 1])
IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)


class Frame:
    """What a data frame of pandas or polars can do."""

    def __init__(self, **columns):
        self._columns, self.columns = columns, list(columns)

    def __getitem__(self, name):
        return self._columns[name]


class HuggingFace:
    """What a data set of Hugging Face can do; its images are of Pillow."""

    column_names = ("text", "label")

    def __getitem__(self, name):
        return {"text": ["good", "bad", 'a, "b"\nc'], "label": [1, 0, 1]}[name]

    def __len__(self):
        return 3


class Tensor:
    """What a tensor of PyTorch can do."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def detach(self):
        return self

    cpu = detach

    def __array__(self, dtype=None, copy=None):
        return self.values


class Torch:
    """A data set of PyTorch with an example at each index."""

    def __getitem__(self, index):
        return Tensor(IMAGES[index][None]), int(Y[index])

    def __len__(self):
        return len(Y)


class Batches:
    """What Keras's PyDataset can do."""

    def __init__(self, batches):
        self.batches, self.num_batches = batches, len(batches)

    def __getitem__(self, index):
        return self.batches[index]


class Flow:
    """What a tf.data.Dataset can do."""

    def __init__(self, items, size=None):
        self.items, self.size = items, size

    def cardinality(self):
        return len(self.items) if self.size is None else self.size

    def as_numpy_iterator(self):
        return iter(self.items)


TABLES = {
    "arrays": (X, Y),
    "lists": (X.tolist(), Y.tolist()),
    "dictionary": {"x1": X[:, 0], "x2": X[:, 1].tolist(), "target": Y},
    "frame": Frame(x1=X[:, 0], x2=X[:, 1], target=Y),
    "frame and labels": (Frame(x1=X[:, 0], x2=X[:, 1]), Y),
    "column of labels": (X, Y[:, None]),
    "batches": Batches([(X[:2], Y[:2]), (X[2:], Y[2:])]),
    "one by one": Flow(list(zip(X, Y, strict=True))),
    "in batches": Flow([(X[:2], Y[:2]), (X[2:], Y[2:])]),
}


@pytest.mark.parametrize("kind", TABLES)
def test_the_same_rows_are_the_same_table(kind, tmp_path):
    path = objects.store(TABLES[kind], tmp_path)
    rows = list(csv.reader(path.open()))
    assert rows[0] == ["x1", "x2", "target"]
    assert [float(cell or "nan") for row in rows[1:] for cell in row[:2]] == pytest.approx(
        X.ravel().tolist(), nan_ok=True, rel=0
    )
    assert [int(row[2]) for row in rows[1:]] == Y.tolist()
    # The name comes from the content, so that equal data has one file.
    assert objects.store(TABLES["arrays"], tmp_path) == path


@pytest.mark.parametrize(
    "data",
    [
        (IMAGES, Y),
        {"image": IMAGES, "label": Y},
        Torch(),
        Flow([{"image": IMAGES[0], "label": 1}] * 3),
    ],
)
def test_images_become_arrays(data, tmp_path):
    path = objects.store(data, tmp_path)
    with np.load(path, allow_pickle=False) as file:
        assert file["x_train"].size == IMAGES.size and len(file["y_train"]) == 3


def test_texts_become_a_table(tmp_path):
    for data in (HuggingFace(), (["good", "bad", 'a, "b"\nc'], [1, 0, 1])):
        rows = list(csv.reader(objects.store(data, tmp_path).open(newline="")))
        assert rows[0][0] == "text" and rows[3] == ['a, "b"\nc', "1"]
    named = Flow([{"text": "é".encode(), "label": 1}] * 2)
    assert "é" in objects.store(named, tmp_path).read_text()


def test_splits_are_kept_apart(tmp_path):
    path = objects.store({"train": (IMAGES, Y), "val": (IMAGES[:1], Y[:1])}, tmp_path)
    with np.load(path) as file:
        assert sorted(file.files) == ["x_train", "x_validation", "y_train", "y_validation"]
    folder = objects.store({"train": HuggingFace(), "test": HuggingFace()}, tmp_path)
    assert sorted(file.name for file in folder.iterdir()) == ["test.csv", "train.csv"]


def test_names_of_classes_are_written_without_python_objects(tmp_path):
    path = objects.store((IMAGES, np.array(["cat", "dog", "cat"], dtype=object)), tmp_path)
    with np.load(path, allow_pickle=False) as file:
        assert file["y_train"].tolist() == ["cat", "dog", "cat"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (42, "type int is not known"),
        ((X, Y[:2]), "differ in length: x1 3, x2 3, target 2"),
        (Flow([1], size=-1), "infinite"),
        (Flow([]), "holds no examples"),
        (Flow([1, 2]), r"\(x, y\) or a dictionary; received int"),
        (Flow([(np.zeros((2, 2)), 0), (np.zeros((3, 3)), 1)]), "differ in shape"),
        ({"train": (X, Y), "dev": 3}, "type int"),
        ({"test": (X, Y)}, "no split train"),
        ({"image": IMAGES, "mask": IMAGES}, "one array of them and one of labels"),
    ],
)
def test_what_is_no_data_is_refused_in_one_line(wrong, reason, tmp_path):
    with pytest.raises(UserError, match=reason) as caught:
        objects.store(wrong, tmp_path)
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


def test_a_real_frame_of_pandas_and_of_polars(tmp_path):
    columns = {"age": [1, None, 3], "code": ["01", "02", None], "y": ["a", "b", "a"]}
    for library in ("pandas", "polars"):
        frame = pytest.importorskip(library).DataFrame(columns)
        rows = list(csv.reader(objects.store(frame, tmp_path).open()))
        assert rows[0] == list(columns) and rows[2][0] == "" and rows[1][1] == "01", library


def test_inputs_become_contents_of_files(tmp_path):
    png = b"\x89PNG"
    assert objects.as_inputs("a.png") == ["a.png"] and objects.as_inputs(["a", b"b"]) == ["a", b"b"]
    assert [one[:4] for one in objects.as_inputs(np.zeros((2, 4, 4, 3)))] == [png] * 2
    assert [one[:4] for one in objects.as_inputs([IMAGES[0], Tensor(IMAGES[:1] / 255)])] == [
        png
    ] * 2
    assert objects.as_inputs(X[:2]) == [b"1.5,2.0\n0.1,-3.0\n"]
    assert objects.as_inputs({"a": 1, "b": "x"}) == [b"a,b\n1,x\n"]
    assert objects.as_inputs(Frame(a=[1, 2])) == [b"a\n1\n2\n"]
    with pytest.raises(UserError, match="an image is"):
        objects.as_inputs([np.array(["a"])])
