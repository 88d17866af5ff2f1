"""Files of safetensors are read in float32, and damaged ones are refused in a line."""

import json

import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.safetensors_files import Tensors


def write(path, described, content=b""):
    header = json.dumps(described).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + content)
    return path


@pytest.mark.parametrize("kind", ["F64", "F32", "F16", "BF16"])
def test_all_kinds_of_real_numbers_are_read(tmp_path, kind):
    values = np.array([[1.5, -2.0, 0.0], [0.25, 1024.0, -0.5]], np.float32)  # exact in each kind
    if kind == "BF16":
        content = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    else:
        content = values.astype({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[kind]).tobytes()
    entry = {"dtype": kind, "shape": [2, 3], "data_offsets": [0, len(content)]}
    described = {"__metadata__": {"mean": "[1]", "more": 3}, "a.weight": entry}
    found = Tensors(write(tmp_path / "x.safetensors", described, content))
    assert list(found) == ["a.weight"] and len(found) == 1 and found.metadata == {"mean": "[1]"}
    assert found["a.weight"].dtype == np.float32
    np.testing.assert_array_equal(found["a.weight"], values)


def test_it_reads_what_the_package_writes(tmp_path):
    package = pytest.importorskip("safetensors.numpy", reason="writes files of safetensors")
    random = np.random.default_rng(0)
    tensors = {f"t{n}": random.normal(size=(3,) * n).astype(np.float32) for n in range(4)}
    package.save_file(tensors, tmp_path / "x.safetensors", {"mean": "1"})
    found = Tensors(tmp_path / "x.safetensors")
    assert set(found) == set(tensors) and found.metadata == {"mean": "1"}
    for name, array in tensors.items():
        np.testing.assert_array_equal(found[name], array)


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dtype": "I64"}, "of the kind I64"),
        ({"shape": [float("inf")]}, "description of a is damaged"),
        ({"shape": [float("nan")]}, "description of a is damaged"),
        ({"shape": 3}, "description of a is damaged"),
        ({"shape": [-1, -2]}, "cut off"),
        ({"shape": [2**40, 2**40]}, "cut off"),
        ({"data_offsets": [8, 16]}, "cut off"),
        ({"data_offsets": [0]}, "description of a is damaged"),
    ],
)
def test_a_damaged_tensor_is_refused(tmp_path, change, said):
    found = Tensors(write(tmp_path / "x.safetensors", {"a": ENTRY | change}, bytes(8)))
    with pytest.raises(UserError, match=said):
        found["a"]
    with pytest.raises(KeyError):
        found["b"]


@pytest.mark.parametrize("header", [b"[]", b"no", b"[" * 200_000, b"\xff\xff"])
def test_what_is_no_such_file_is_refused(tmp_path, header):
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(UserError, match="is not a file of safetensors") as error:
        Tensors(path)
    assert "\n" not in str(error.value)
    for content in (b"", b"abc"):
        path.write_bytes(content)
        with pytest.raises(UserError):
            Tensors(path)
