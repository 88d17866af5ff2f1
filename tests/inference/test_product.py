"""Prices of a user's own products, and what each input contributes."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.products.product import prepare_products
from kerasrecipes.errors import UserError
from kerasrecipes.inference.product import appraise, baseline, permuted, scores
from kerasrecipes.models.price_model import price_model
from kerasrecipes.recipe import Evaluation, Request
from kerasrecipes.reports import product as figures
from kerasrecipes.tasks.product import shapes_of


@pytest.fixture(scope="module")
def splits():
    with pytest.MonkeyPatch.context() as patch:
        counts = {"train": 60, "validation": 8, "test": 24}
        patch.setattr("kerasrecipes.data.synthetic.priced_products.COUNTS", counts)
        return prepare_products(synthetic.products().load(Request(seed=1)), image_size=16)


@pytest.fixture(scope="module")
def run(splits):
    class Run:
        info = splits.info
        model = price_model(**shapes_of(info), filters=(4,), units=8)

    return Run()


def test_rows_have_prices_with_and_without_descriptions(run, tmp_path):
    text = "weight,age,maker,description\n1.5,3,Ardo,a golden thing\n,7,Nobody,\n"
    (tmp_path / "p.csv").write_text(text)
    first, second = appraise(run, [str(tmp_path / "p.csv")])
    assert first.input.endswith("p.csv:1") and first.value > 0
    assert any("Nobody" in note for note in second.notes)
    content = appraise(run, [text.encode(), text.encode()])
    assert [one.input for one in content] == ["row 1", "row 2", "row 3", "row 4"]
    assert content[0].value == pytest.approx(first.value, rel=1e-5)


@pytest.mark.parametrize(
    "inputs, message",
    [
        ([], "there is no product"),
        (["none.csv"], "none.csv"),
        ([b"weight,age\n1,2\n3,4\n"], "lack the column 'maker'"),
        ([b"weight,age,maker\n"], "holds no rows"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line(run, inputs, message):
    with pytest.raises(UserError, match=message) as error:
        appraise(run, inputs)
    assert "\n" not in str(error.value)


def test_scores_baseline_contributions_and_figures(run, splits):
    y = splits.test.take(np.arange(24))[1]
    given = Evaluation(
        recipe="product",
        model=run.model,
        info=splits.info,
        examples=splits.test,
        labels=y,
        outputs=y * np.float32(1.1),
        metrics={},
        train=splits.train,
    )
    assert scores(given)["mape"] == pytest.approx(10, rel=1e-3)
    forest = baseline(given)
    assert forest.name.startswith("random forest") and (forest.outputs > 0).all()
    found = permuted(given)
    assert set(found) == {"table", "text", "photos"} and found == permuted(given)
    titles = [draw(given).get_suptitle() for draw in figures.PRODUCT_FIGURES[1:]]
    assert "instead of 10.0 %" in titles[0] and titles[1].startswith("24 of 24 prices are right")
