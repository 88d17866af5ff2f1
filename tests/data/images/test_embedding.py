"""Photographs by identity: nobody is in two splits, and batches have pairs."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.folds import Fold
from kerasrecipes.data.images.embedding import IdentityBatches, person_of, prepare_identities
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import SPLITS, Request, Splits


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (14, 12), np.uint8)
    Image.fromarray(pixels).save(path)


def persons(root, count=20, each=3):
    for person in range(count):
        for number in range(each):
            draw(root / f"s{person}" / f"{number}.pgm", 100 * person + number)
    return root


def load(root, **given):
    return images.identities().load(Request(path=str(root), **given))


def seen(splits):
    return {name: {splits.info.classes[n] for n in getattr(splits, name).y} for name in SPLITS}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("fold", [None, "2/5"])
def test_nobody_is_in_two_splits(tmp_path, seed, fold):
    splits = load(persons(tmp_path), seed=seed, fold=fold and Fold.of(fold))
    found = list(seen(splits).values())
    assert len(set.union(*found)) == sum(map(len, found)) == 20 and all(found)
    assert sum(len(getattr(splits, name)) for name in SPLITS) == 60
    if fold:
        assert len(found[2]) == 4


def test_photographs_named_by_person_need_no_folders(tmp_path):
    names = ("Ann_Lee_01", "Ann_Lee_02", "bo-1", "bo-2", "Cy 1", "Cy 2", "di.01", "di.02")
    for number, name in enumerate(names):
        draw(tmp_path / f"{name}.png", number)
    splits = load(tmp_path)
    assert set(splits.info.classes) == {"Ann_Lee", "bo", "Cy", "di"}
    assert any("4 identities were read from the names" in note for note in splits.notes)
    assert person_of("0042.jpg") == "0042"


def test_folders_of_splits_stay_and_whoever_is_in_two_is_named(tmp_path):
    persons(tmp_path / "train", 5)
    persons(tmp_path / "test", 3)
    splits = load(tmp_path)
    assert len(splits.test) == 9
    assert any(note.startswith("in training and in another split") for note in splits.notes)


def test_what_is_wrong_is_named_and_nothing_else_is_lost(tmp_path):
    persons(tmp_path, 8)
    draw(tmp_path / "alone" / "1.png", 1)
    (tmp_path / "s0" / "broken.jpg").write_bytes(b"none")
    splits = load(tmp_path)
    notes = " ".join(splits.notes)
    assert "1 of 9 identities have one image only" in notes and "broken.jpg" in notes
    assert sum(len(getattr(splits, name)) for name in SPLITS) == 25


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_identities_are_refused_in_a_line(tmp_path, count):
    persons(tmp_path, count)
    with pytest.raises(UserError, match=r"holds no images|4 at least are needed") as error:
        load(tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="there is no folder"):
        load(tmp_path / "none")


def test_batches_have_several_of_each_and_are_the_same_again():
    random = np.random.default_rng(0)
    labels = random.permutation(np.repeat(np.arange(12), 7)).astype(np.int32)
    batches = IdentityBatches(Arrays(np.arange(84), labels), each=4, seed=1)
    asked = random.permutation(84)[:32]
    for _ in range(2):
        found, names = batches.take(asked)
        assert (np.bincount(names)[np.bincount(names) > 0] >= 4).sum() == 8
        assert len(found) == 32 and (labels[found] == names).all()
        first = batches.take(asked)[0] if _ else found
        np.testing.assert_array_equal(found, first)
    # The first of a group was asked for, and the others are other photographs.
    assert len(np.unique(found[:4])) == 4 and found[0] == asked[0]
    assert (batches.take(asked[::-1])[0] != found).any()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9, 40])
def test_batches_of_any_size_are_as_large_as_asked_for(size):
    labels = np.array([0] * 20 + [1] * 19 + [2], np.int32)
    batches = IdentityBatches(Arrays(np.arange(40), labels), each=4)
    for seed in range(5):
        asked = np.random.default_rng(seed).permutation(40)[:size]
        assert len(batches.take(asked)[0]) == size
    assert len(batches.select(np.arange(3))) == 3


def test_other_persons_are_prepared_as_in_the_training(tmp_path):
    trained = prepare_identities(load(persons(tmp_path / "a")), image_size=16).info
    assert trained.input_shape == (16, 16, 1)
    other = load(persons(tmp_path / "b", 3), trained_info=trained)
    found = prepare_identities(replace(other, trained_info=trained))
    assert found.test.take(np.arange(9))[0].shape == (9, 16, 16, 1)
    assert len(set(found.test.y.tolist())) == 3


def test_one_identity_is_refused():
    part = Arrays(np.zeros((4, 8, 8, 1), np.uint8), np.zeros(4, np.int32))
    splits = Splits(train=part, validation=part, test=part, info=Info(classes=("a",)))
    with pytest.raises(UserError, match="all training images are of one identity"):
        prepare_identities(splits)


def test_the_same_seed_draws_the_same_faces(monkeypatch):
    few = {"train": 4, "validation": 2, "test": 3}
    monkeypatch.setattr("kerasrecipes.data.synthetic.face_identities.PERSONS", few)
    one, other = (synthetic.faces_of_persons().load(Request(seed=3)) for _ in range(2))
    np.testing.assert_array_equal(one.test.x, other.test.x)
    found = list(seen(one).values())
    assert len(set.union(*found)) == sum(map(len, found))
