"""Data in Python objects becomes files that sources read, whatever library made it."""

import csv

import numpy as np
import pytest

from kerasrecipes.data import objects
from kerasrecipes.data.images.arrays import Npz
from kerasrecipes.data.tables import targets
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request

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


INPUTS = {"a": X[:, 0], "b": np.array(["u", "v", "u"])}
NAMED_PAIRS = {
    "examples": Flow(
        [({"a": a, "b": b.encode()}, y) for a, b, y in zip(*INPUTS.values(), Y, strict=True)]
    ),
    "batches": Flow([(INPUTS, Y)]),
    "uneven batches": Batches(
        [({k: v[s] for k, v in INPUTS.items()}, Y[s]) for s in (slice(2), slice(2, 3))]
    ),
    "list": [({"a": a, "b": b}, y) for a, b, y in zip(*INPUTS.values(), Y, strict=True)],
    "arrays": (INPUTS, Y),
    "one-hot": Flow(
        [({"a": a, "b": b}, np.eye(2)[y]) for a, b, y in zip(*INPUTS.values(), Y, strict=True)]
    ),
}


@pytest.mark.parametrize("kind", NAMED_PAIRS)
@pytest.mark.parametrize("name", ["b", "target", "label"])
def test_named_inputs_and_a_label_become_a_table_whose_target_is_the_label(kind, name, tmp_path):
    rows = list(csv.reader(objects.store(NAMED_PAIRS[kind], tmp_path).open()))
    assert rows[0] == ["a", "b", "target"] and [row[1] for row in rows[1:]] == ["u", "v", "u"]
    assert [int(row[2]) for row in rows[1:]] == Y.tolist()
    # Also where an input is called as targets are.
    renamed = list(objects.columns(({"a": X[:, 0], name: X[:, 1]}, Y)).items())
    label = targets.choose([column for column, _ in renamed], None)[0][0]
    assert dict(renamed)[label].tolist() == Y.tolist() and len(renamed) == 3


@pytest.mark.parametrize("shape", [(5, 4, 4), (5, 6, 4, 1), (5, 6, 4, 3), (5, 3, 6, 4)])
@pytest.mark.parametrize("form", ["array", "pair", "dictionary", "list", "flow", "batches"])
def test_images_need_no_labels(shape, form, tmp_path):
    images = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    data = {
        "array": images,
        "pair": (images, None),
        "dictionary": {"picture": images},
        "list": list(images),
        "flow": Flow(list(images)),
        "batches": Batches([(images[:4], None), (images[4:], None)]),
    }[form]
    path = objects.store(data, tmp_path)
    with np.load(path) as file:
        assert file.files == ["x_train"] and np.array_equal(file["x_train"], images)
    splits = Npz(labelled=False).load(Request(path=str(path), seed=0, trained_info=Info()))
    assert len(splits.test) == 5 and splits.info.classes is None
    with pytest.raises(UserError, match="images without labels"):
        Npz().load(Request(path=str(path), seed=0))


@pytest.mark.parametrize(("pairs", "names"), [(2, "test train"), (3, "test train validation")])
@pytest.mark.parametrize("x", [X, X.tolist(), IMAGES])
def test_pairs_of_pairs_are_splits(pairs, names, x, tmp_path):
    path = objects.store(((x, Y),) * pairs, tmp_path)
    if path.is_dir():
        assert sorted(file.stem for file in path.iterdir()) == names.split()
    else:
        with np.load(path) as file:
            assert sorted(n[2:] for n in file.files if n[0] == "x") == names.split()


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
        (X, r"shape \(3, 2\) has no labels"),
        (Y, r"shape \(3,\) has no labels"),
        ((Flow([1]), Flow([1])), "'x1' is a single|cannot be read|single value"),
        ((np.array([[1, 2], [3]], dtype=object), Y[:2]), "lists of unlike lengths"),
        (([[1, 2], [3]], [0, 1]), "lists of unlike lengths"),
        ([({"a": 1}, 0), ({"b": 1}, 0)], "differ in their parts"),
        ({"x": 3}, "single value"),
        (iter([1]), "type list_iterator is not known"),
        (Batches([3]), "received int"),
        (HuggingFace, "type type"),
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
