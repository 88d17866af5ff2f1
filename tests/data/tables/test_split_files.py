"""Tables with a file for each split."""

import numpy as np
import pytest

from kerasrecipes.data import objects, tables
from kerasrecipes.data.tables import split_files
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pairs", [2, 3])
def test_splits_in_memory_are_kept(seed, pairs, tmp_path):
    draw = np.random.default_rng(seed)
    counts = draw.integers(12, 40, pairs)
    data = tuple((draw.normal(size=(n, 2)), draw.normal(size=n)) for n in counts)
    path = objects.store(data, tmp_path)
    splits = tables.csv().load(Request(path=str(path), seed=seed))
    test = splits.test.take(np.arange(len(splits.test)))
    assert np.allclose(test[0]["x1"], data[-1][0][:, 0])
    assert np.allclose(test[1]["target"], data[-1][1])
    drawn = len(splits.train) + len(splits.validation)
    assert drawn == counts[:-1].sum() and len(splits.validation)


def test_rows_without_a_target_and_columns_in_another_order(tmp_path):
    rows = "".join(f"{n},{n % 2 or ''},{n}\n" for n in range(20))
    (tmp_path / "train.csv").write_text("a,target,c\n" + rows)
    (tmp_path / "test.csv").write_text("c,a,target\n9,7,1\n9,8,\n")
    splits = tables.csv().load(Request(path=str(tmp_path), seed=0))
    assert len(splits.test) == 1 and len(splits.train) + len(splits.validation) == 10
    assert splits.test.take(np.arange(1))[0]["a"].tolist() == [7]


def test_a_split_that_lacks_a_column_is_one_line(tmp_path):
    (tmp_path / "train.csv").write_text("a,target\n1,2\n2,3\n")
    (tmp_path / "test.csv").write_text("b,target\n1,2\n2,3\n")
    with pytest.raises(UserError, match=r"test\.csv lacks the column 'a' of train\.csv"):
        tables.csv().load(Request(path=str(tmp_path), seed=0))


@pytest.mark.parametrize("other", ["picture.png", "train/x.png", "data.csv"])
def test_folders_that_hold_other_things_are_of_another_kind(other, tmp_path):
    (tmp_path / "train.csv").write_text("a\n1\n")
    assert split_files.of(tmp_path)
    (tmp_path / other).parent.mkdir(exist_ok=True)
    (tmp_path / other).write_text("?")
    assert not split_files.of(tmp_path) and not tables.csv().accepts(str(tmp_path))
