"""Products in tables as people have them, and what may be missing of them."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import products, synthetic
from kerasrecipes.data.products.product import ProductPreprocessor, prepare_products
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import SPLITS, Request


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (20, 24, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def table(folder, count=40, header="weight,colour,description,photo,price", broken=()):
    rows = [header]
    for n in range(count):
        photo = f"images/{n}.png" if n % 5 else f"images/{n}.png; images/{n + 1}.png"
        words = f"a nice old thing of kind {n % 3} to keep with number {n}" if n % 4 else ""
        price = "" if n in broken else f"{10 + n}"
        rows.append(f"{n / 2},{'red' if n % 2 else 'blue'},{words},{photo},{price}")
        draw(folder / "images" / f"{n}.png", n)
    draw(folder / "images" / f"{count}.png", count)
    (folder / "products.csv").write_text("\n".join(rows) + "\n")
    return folder / "products.csv"


def load(path, **options):
    return products.products().load(Request(path=str(path), options=options))


def rows(splits):
    parts = [getattr(splits, name) for name in SPLITS]
    return {float(y): (part, n) for part in parts for n, y in enumerate(part.y)}


@pytest.mark.parametrize("options", [{}, {"target": "price", "column": {"text": "description"}}])
def test_columns_are_known_by_what_they_hold(tmp_path, options):
    path = table(tmp_path)
    for place in (path, tmp_path):
        splits = load(place, **options)
        own = ProductPreprocessor.of(splits.info)
        assert (own.target, own.text, own.photos) == ("price", ("description",), ("photo",))
        found = rows(splits)
        assert len(found) == 40
        part, n = found[15.0]
        assert part.x["table"]["weight"][n] == 2.5 and part.x["table"]["colour"][n] == "red"
        assert len(part.x["photos"][n]) == 2 and "kind 2" in part.x["text"][n]
        part, n = found[14.0]
        assert part.x["text"][n] is None and len(part.x["photos"][n]) == 1


def test_what_is_missing_is_named_and_the_rest_is_kept(tmp_path):
    path = table(tmp_path, broken=(3,))
    (tmp_path / "images" / "7.png").unlink()
    (tmp_path / "images" / "8.png").write_bytes(b"none")
    splits = load(path)
    assert len(rows(splits)) == 39
    notes = " ".join(splits.notes)
    assert "1 rows without a price above 0 were left out" in notes
    assert "2 photographs are not there or broken: images/7.png, images/8.png" in notes


def test_photographs_are_known_by_the_number_of_their_row(tmp_path):
    lines = [f"{n % 5} {n % 3}.5 {1000 + n} 8525{n % 4} {90000 + n}" for n in range(30)]
    (tmp_path / "HousesInfo.txt").write_text("\n".join(lines))
    for name in ("1_kitchen.jpg", "1_frontal.jpg", "30_bathroom.jpg", "31_kitchen.jpg"):
        draw(tmp_path / name, len(name))
    splits = load(tmp_path)
    found = rows(splits)
    assert ProductPreprocessor.of(splits.info).target == "price"
    part, n = found[90000.0]
    assert sorted(p.rsplit("_", 1)[1] for p in part.x["photos"][n]) == [
        "frontal.jpg",
        "kitchen.jpg",
    ]
    part, n = found[90029.0]
    assert len(part.x["photos"][n]) == 1 and set(part.x["table"]) >= {"bedrooms", "area"}


@pytest.mark.parametrize(
    "text, options, message",
    [
        ("", {}, "is empty"),
        ("a,price\n1,x\n2,y\n3,z\n", {}, "'price' holds no numbers"),
        ("a,b,price\n1,2,3\n", {"target": "cost"}, "cost"),
        ("a,price\n1,0\n2,-3\n4,\n", {}, "too few"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, text, options, message):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(UserError, match=message) as error:
        load(tmp_path / "p.csv", **options)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="there is no file or folder"):
        load(tmp_path / "none.csv")


@pytest.fixture
def few(monkeypatch):
    counts = {"train": 50, "validation": 8, "test": 9}
    monkeypatch.setattr("kerasrecipes.data.synthetic.priced_products.COUNTS", counts)


@pytest.mark.parametrize("inputs", [("table",), ("photos", "text"), ("table", "text", "photos")])
def test_only_the_inputs_asked_for_are_encoded(few, inputs):
    raw = synthetic.products().load(Request(seed=1))
    splits = prepare_products(raw, inputs=inputs, image_size=16)
    x, y = splits.test.take(np.arange(9))
    assert set(x) == set(inputs) and y.shape == (9, 1) and (y > 0).all()
    assert set(ProductPreprocessor.of(splits.info).read) == set(inputs)
    if "photos" in inputs:
        there = [bool(own) for own in raw.test.x["photos"]]
        assert x["photos"].any(axis=(1, 2, 3, 4)).tolist() == there
        assert x["photos"].shape[1:] == (1, 16, 16, 3)
    if "text" in inputs:
        assert (x["text"] > 0).any(axis=1).tolist() == [t is not None for t in raw.test.x["text"]]


def test_inputs_that_are_not_known_or_not_there_are_refused(few, tmp_path):
    raw = synthetic.products().load(Request(seed=1))
    with pytest.raises(UserError, match="smell"):
        prepare_products(raw, inputs=("smell",))
    (tmp_path / "p.csv").write_text("a,price\n" + "\n".join(f"{n},{n + 1}" for n in range(40)))
    with pytest.raises(UserError, match="the data has nothing of photos, text to learn from"):
        prepare_products(load(tmp_path / "p.csv"), inputs=("photos", "text"))
    notes = prepare_products(load(tmp_path / "p.csv")).notes
    assert "the data has no text" in notes and "the data has no photos" in notes


def test_a_file_is_encoded_as_in_the_training(tmp_path):
    splits = prepare_products(load(table(tmp_path)), image_size=16)
    own = ProductPreprocessor.of(splits.info)
    text = "colour,weight,photo\nred,3,images/2.png\nblue,,gone.png\n"
    (tmp_path / "ask.csv").write_text(text)
    x, notes = own(str(tmp_path / "ask.csv"))
    assert x["photos"][0, 0].any() and not x["photos"][1].any() and not x["text"].any()
    assert notes[1] == ["there is no image gone.png"]
    again, _ = own(text.encode())
    np.testing.assert_array_equal(again["table"], x["table"])
    with pytest.raises(UserError, match="lack the column 'colour'"):
        own(b"weight,photo\n3,a.png\n4,b.png\n")
