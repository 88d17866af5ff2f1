"""Tables as data of a recipe: sources, splits, targets and tasks."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables import prepare, targets
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.data.tables.separability import separable, with_separability_note
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request

ANY = ("binary", "multilabel", "multiclass", "regression")


def csv(tmp_path, text, **options):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    return tables.csv().load(Request(path=str(path), options=options))


def mixed(rows=60):
    random = np.random.default_rng(0)
    lines = ["age,city,grade,bought"]
    for _ in range(rows):
        age, city = random.integers(18, 80), random.choice(["Oslo", "Lyon", "?"])
        lines.append(f"{age},{city},{random.integers(1, 4)},{'yes' if age > 40 else 'no'}")
    return "\n".join(lines)


def test_a_csv_file_becomes_encoded_splits(tmp_path):
    splits = prepare_table(csv(tmp_path, mixed()), ANY)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [48, 6, 6]
    assert splits.info.task == "binary"
    assert splits.info.classes == ("no", "yes")
    assert splits.info.preprocessor.features == (
        "age",
        "city=Lyon",
        "city=Oslo",
        "city missing",
        "grade",
    )
    assert splits.train.x.shape == (48, 5) and splits.train.x.dtype == np.float32
    assert splits.train.y.dtype == np.int32 and set(splits.train.y) == {0, 1}
    np.testing.assert_array_equal(splits.train.y, splits.train.x[:, 0] > 40)


def test_what_prediction_needs_survives_json(tmp_path):
    info = prepare_table(csv(tmp_path, mixed()), ANY).info
    assert Info.from_dict(json.loads(json.dumps(info.as_dict()))) == info


def test_means_and_encodings_come_from_the_training_rows_only(tmp_path):
    splits = csv(tmp_path, mixed())
    fitted = prepare_table(splits, ANY)
    ages = splits.train.x["age"]
    np.testing.assert_allclose(fitted.info.inputs.mean[0], ages.mean())
    np.testing.assert_allclose(fitted.info.inputs.variance[0], ages.var(), rtol=1e-6)


def test_the_same_seed_draws_the_same_rows(tmp_path):
    first, again = (csv(tmp_path, mixed()).train.x["age"] for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    "target, names",
    [
        (None, ["bought"]),
        ("age", ["age"]),
        ("AGE", ["age"]),
        ("1", ["age"]),
        ("-2", ["grade"]),
        ("age,grade", ["age", "grade"]),
    ],
)
def test_the_target_by_name_or_number(tmp_path, target, names):
    splits = csv(tmp_path, mixed(), target=target)
    assert list(splits.train.y) == names
    assert not set(names) & set(splits.train.x)


@pytest.mark.parametrize(
    "target, reason",
    [("agee", "did you mean 'age'"), ("9", "no target column 9"), ("0", "no target")],
)
def test_a_target_that_is_not_there(tmp_path, target, reason):
    with pytest.raises(UserError, match=reason):
        csv(tmp_path, mixed(), target=target)


def test_rows_without_a_target_are_left_out_and_told(tmp_path):
    text = "\n".join(["a,b", *(f"{i},{i % 2 if i > 3 else ''}" for i in range(30))])
    splits = csv(tmp_path, text)
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == 26
    assert any("4 rows" in note for note in splits.notes)


def test_a_column_that_counts_the_rows_is_left_out(tmp_path):
    text = "\n".join([",x,y", *(f"{i},{i * 7 % 11},{i % 2}" for i in range(30))])
    splits = csv(tmp_path, text)
    assert list(splits.train.x) == ["x"]
    assert any("counts the rows" in note for note in splits.notes)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("a,b\n1,2\n", "1 rows"),
        ("\n".join(["a", *map(str, range(20))]), "no column beside"),
    ],
)
def test_tables_that_are_too_small(tmp_path, text, reason):
    with pytest.raises(UserError, match=reason):
        csv(tmp_path, text)


def column(*cells):
    cells = np.array(cells, dtype=float if isinstance(cells[0], (int, float)) else object)
    return targets.describe("t", cells), cells


@pytest.mark.parametrize(
    "cells, task",
    [
        ([0, 1] * 10, "binary"),
        (["a", "b"] * 10, "binary"),
        ([3, 5, 8] * 10, "multiclass"),
        (list(range(30)), "regression"),
        ([0.5, 1.5, 2.5, 3.5] * 5, "regression"),
    ],
)
def test_the_task_follows_from_the_target(cells, task):
    described, cells = column(*cells)
    assert targets.join([described], {"t": cells}, ANY).task == task


@pytest.mark.parametrize(
    "cells, tasks, task, reason",
    [
        (["a", "b", "c"] * 5, ("binary",), "auto", "3 different values where this recipe needs 2"),
        (["a", "b"] * 5, ("regression",), "auto", "holds words such as 'a'"),
        ([float(i) / 7 for i in range(30)], ("multiclass",), "auto", "too many for classes"),
        (["a"] * 12, ("multiclass",), "auto", "only the value 'a'"),
        (["a", "b", "c"] * 5, ANY, "binary", "needs 2"),
    ],
)
def test_a_target_that_does_not_suit_is_refused_in_one_line(cells, tasks, task, reason):
    described, cells = column(*cells)
    with pytest.raises(UserError, match=reason) as caught:
        targets.join([described], {"t": cells}, tasks, task)
    assert "\n" not in str(caught.value)


def test_labels_of_each_task():
    described, cells = column("no", "yes", "yes")
    signed = targets.join([described], {"t": cells}, ("signed",))
    np.testing.assert_array_equal(targets.encode_target({"t": cells}, signed), [-1, 1, 1])
    described, cells = column(*["a", "b", "c"] * 4)
    one_hot = targets.join([described], {"t": cells}, ("multiclass_one_hot",))
    np.testing.assert_array_equal(targets.encode_target({"t": cells[:3]}, one_hot), np.eye(3))
    amounts = targets.join(
        [column(1.5, 2.5, 9.0)[0]], {"t": np.array([1.5, 2.5, 9.0])}, ("regression",)
    )
    assert targets.encode_target({"t": np.array([1.5])}, amounts).shape == (1, 1)
    assert amounts.mean[0] == pytest.approx(13 / 3)


def test_several_targets_of_zero_and_one_are_labels_of_their_own(tmp_path):
    text = "\n".join(["x,a,b", *(f"{i},{i % 2},{i // 2 % 2}" for i in range(40))])
    splits = prepare_table(csv(tmp_path, text, target="a,b"), ANY)
    assert splits.info.task == "multilabel"
    assert splits.info.targets == ("a", "b")
    assert splits.train.y.shape == (32, 2)


def test_a_feature_that_never_changes_keeps_a_variance_of_one():
    assert prepare.moments(np.array([[1.0, 2.0], [1.0, 4.0]])).variance == (1.0, 1.0)


@pytest.mark.parametrize(
    "name, task, columns",
    [
        ("iris", "multiclass", 4),
        ("wine", "multiclass", 13),
        ("breast_cancer", "binary", 30),
        ("diabetes", "regression", 10),
    ],
)
def test_embedded_tables(name, task, columns):
    splits = prepare_table(tables.sklearn(name).load(Request()), ANY)
    assert splits.info.task == task
    assert splits.info.input_shape == (columns,)


@pytest.mark.parametrize("name", ["placement", "xor", "moons", "spirals", "outliers", "bmi"])
def test_generated_tables(name):
    source = synthetic.table(name)
    first, again, other = (source.load(Request(seed=seed)) for seed in (0, 0, 1))
    feature = next(iter(first.train.x))
    np.testing.assert_array_equal(first.train.x[feature], again.train.x[feature])
    assert not np.array_equal(first.train.x[feature], other.train.x[feature])
    total = sum(map(len, (first.train, first.validation, first.test)))
    assert total == source.rows


def test_unknown_names():
    with pytest.raises(UserError, match="did you mean 'moons'"):
        synthetic.table("moon")
    with pytest.raises(UserError, match="did you mean 'iris'"):
        tables.sklearn("irs")


@pytest.mark.parametrize("seed", range(5))
def test_placement_can_be_divided_by_a_line_and_xor_cannot(seed):
    for name, expected in (("placement", True), ("xor", False)):
        splits = prepare_table(synthetic.table(name).load(Request(seed=seed)), ("signed",))
        assert separable(splits.train.x.astype(float), splits.train.y) is expected
        told = [
            note for note in with_separability_note(splits).notes if "kerasrecipes run mlp" in note
        ]
        assert bool(told) is not expected


def test_separability_agrees_with_the_smallest_cases():
    line = np.array([[0.0], [1.0], [2.0]])
    assert separable(line, np.array([-1, 1, 1])) is True
    assert separable(line, np.array([1, -1, 1])) is False
    assert separable(np.array([[1.0], [1.0]]), np.array([1, -1])) is False


@pytest.mark.data
@pytest.mark.parametrize(
    "name, task, features, rows",
    [
        ("abalone", "regression", 10, 4177),
        ("adult-train", "binary", 108, 32561),
        ("banknote_authentication", "binary", 4, 1372),
        ("housing", "regression", 13, 506),
        ("ionosphere", "binary", 34, 351),
        ("iris", "multiclass", 4, 150),
        ("pima-indians-diabetes", "binary", 8, 768),
        ("placement", "binary", 2, 100),
        ("sonar", "binary", 60, 208),
        ("winequality-red", "multiclass", 11, 1599),
    ],
)
def test_real_tables(name, task, features, rows):
    root = os.environ.get("KERASRECIPES_TEST_DATA")
    if not root:
        pytest.skip("KERASRECIPES_TEST_DATA names no folder with tables/")
    splits = prepare_table(
        tables.csv().load(Request(path=str(Path(root) / "tables" / f"{name}.csv"))), ANY
    )
    assert splits.info.task == task
    assert splits.info.input_shape == (features,)
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == rows


def test_other_rows_are_encoded_as_the_training_rows_were(tmp_path):
    info = prepare_table(csv(tmp_path, mixed()), ANY).info
    path = tmp_path / "later.csv"
    path.write_text("bought,grade,age,city\nyes,2,50,Rome\nno,3,,Lyon\n")
    splits = tables.csv().load(Request(path=str(path), trained_info=info))
    fitted = prepare_table(replace(splits, trained_info=info), ANY)
    assert len(fitted.test) == 2 and fitted.info == info
    mean = info.preprocessor.columns[0].mean
    np.testing.assert_allclose(fitted.test.x, [[50, 0, 0, 0, 2], [mean, 1, 0, 0, 3]], rtol=1e-6)
    np.testing.assert_array_equal(fitted.test.y, [1, 0])


@pytest.mark.parametrize(
    "text, reason",
    [
        ("age,city,bought\n1,Oslo,yes\n", "lack the column 'grade'"),
        ("age,city,grade,bought\n1,Oslo,2,maybe\n", "'maybe'; the classes are no, yes"),
        ("age,city,grade,sold\n1,Oslo,2,yes\n", "unknown target column 'bought'"),
    ],
)
def test_other_rows_that_do_not_fit_the_model(tmp_path, text, reason):
    info = prepare_table(csv(tmp_path, mixed()), ANY).info
    path = tmp_path / "later.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=reason):
        prepare_table(
            replace(
                tables.csv().load(Request(path=str(path), trained_info=info)), trained_info=info
            ),
            ANY,
        )
