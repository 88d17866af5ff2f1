"""Pairs of sentences in the user's own files: TSV and parallel files, also odd ones."""

import gzip

import pytest

from kerasrecipes.data import text
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

NUMBERS = [
    f"{unit} {tens}"
    for unit in ("one", "two", "three", "four", "five")
    for tens in ("x", "y", "z", "w")
]
WORTE = [text.replace("one", "eins").replace("two", "zwei") for text in NUMBERS]


def write(path, lines, compress=False):
    content = "\n".join([*lines, ""]).encode()
    path.write_bytes(gzip.compress(content) if compress else content)
    return str(path)


def everything(splits):
    """Every pair of all splits."""
    parts = (splits.train, splits.validation, splits.test)
    return [
        (source, some)
        for part in parts
        for source, some in zip(part.sources, part.references, strict=True)
    ]


def test_anki_lines_with_several_translations_and_attributions(tmp_path):
    rows = [f"{a}\t{b}\tCC-BY #{n}" for n, (a, b) in enumerate(zip(NUMBERS, WORTE, strict=True))]
    path = write(
        tmp_path / "deu.txt", [*rows, "one x\tein x\tCC", "", "no tab here", "two y\t\tCC"]
    )
    source = text.pairs()
    assert source.accepts(path) and source.accepts(str(tmp_path))
    splits = source.load(Request(path=path))
    found = dict(everything(splits))
    assert found["one x"] == ("eins x", "ein x") and len(found) == len(NUMBERS)
    assert any("1 lines without a tab" in note for note in splits.notes)
    assert any("1 train pairs have an empty side" in note for note in splits.notes)
    turned = source.load(Request(path=path, options={"target": "1"}))
    assert dict(everything(turned))["ein x"] == ("one x",)
    with pytest.raises(UserError, match="--target 3"):
        source.load(Request(path=path, options={"target": "3"}))


def test_tatoeba_columns_of_numbers_are_passed_over(tmp_path):
    rows = [
        f"{n}\t{a}\t{n + 100}\t{b}" for n, (a, b) in enumerate(zip(NUMBERS, WORTE, strict=True))
    ]
    path = write(tmp_path / "pairs.tsv.gz", rows, compress=True)
    assert dict(everything(text.pairs().load(Request(path=path))))["two y"] == ("zwei y",)


def test_files_that_are_no_tables_of_pairs(tmp_path):
    source = text.pairs()
    plain = write(tmp_path / "plain.txt", NUMBERS)
    assert not source.accepts(plain) and not source.accepts(str(tmp_path / "absent.txt"))
    with pytest.raises(UserError, match="no tab"):
        source.load(Request(path=plain))
    with pytest.raises(UserError, match="at least 10"):
        source.load(Request(path=write(tmp_path / "few.tsv", ["a\tb", "c\td"])))
    with pytest.raises(UserError, match="needs two columns"):
        source.load(Request(path=write(tmp_path / "ids.tsv", ["1\t2", "3\t4"] * 10)))


def multi30k(folder, compress=True, **sizes):
    folder.mkdir(parents=True, exist_ok=True)
    end = ".gz" if compress else ""
    for name, count in {"train": 20, "val": 4, "test_2016_flickr": 5, **sizes}.items():
        write(folder / f"{name}.de{end}", WORTE[:count], compress)
        write(folder / f"{name}.en{end}", NUMBERS[:count], compress)


@pytest.mark.parametrize("compress", [True, False])
def test_multi30k_names_are_found_also_in_folders_below(tmp_path, compress):
    multi30k(tmp_path / "data" / "task1" / "raw", compress)
    source = text.parallel()
    assert source.accepts(str(tmp_path))
    splits = source.load(Request(path=str(tmp_path)))
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [20, 4, 5]
    assert splits.info.languages == ("de", "en") and splits.train.sources[0] == "eins x"
    turned = source.load(Request(path=str(tmp_path), options={"target": "de"}))
    assert turned.train.sources[0] == "one x"
    with pytest.raises(UserError, match="unknown language 'fr'"):
        source.load(Request(path=str(tmp_path), options={"target": "fr"}))


def test_files_of_different_length_are_refused_in_one_sentence(tmp_path):
    multi30k(tmp_path, compress=False)
    write(tmp_path / "train.en", NUMBERS[:19])
    with pytest.raises(UserError, match=r"train\.de has 20 lines and train\.en has 19"):
        text.parallel().load(Request(path=str(tmp_path)))


def test_empty_lines_broken_files_and_files_alone(tmp_path):
    multi30k(tmp_path, compress=False)
    write(tmp_path / "train.en", [*NUMBERS[:18], "", "   "])
    splits = text.parallel().load(Request(path=str(tmp_path)))
    assert len(splits.train) == 18 and "2 train pairs have an empty side" in splits.notes[0]
    (tmp_path / "broken").mkdir()
    multi30k(tmp_path / "broken")
    (tmp_path / "broken" / "train.en.gz").write_bytes(b"no gzip")
    with pytest.raises(UserError, match="cannot read"):
        text.parallel().load(Request(path=str(tmp_path / "broken")))
    (tmp_path / "alone").mkdir()
    write(tmp_path / "alone" / "train.de", WORTE)
    write(tmp_path / "alone" / "notes.txt", WORTE)
    assert not text.parallel().accepts(str(tmp_path / "alone"))


def test_one_of_two_files_without_splits_names_both(tmp_path):
    write(tmp_path / "talks.de", WORTE)
    write(tmp_path / "talks.fr", NUMBERS)
    source = text.parallel()
    assert source.accepts(str(tmp_path / "talks.fr"))
    splits = source.load(Request(path=str(tmp_path / "talks.fr")))
    assert len(everything(splits)) == 20 and len(splits.test) >= 1


def test_three_languages_need_to_be_told(tmp_path):
    multi30k(tmp_path, compress=False)
    write(tmp_path / "train.fr", NUMBERS[:20])
    with pytest.raises(UserError, match="--text de --target en"):
        text.parallel().load(Request(path=str(tmp_path)))
    splits = text.parallel().load(
        Request(path=str(tmp_path), options={"text": "fr", "target": "en"})
    )
    assert splits.info.languages == ("fr", "en") and len(splits.validation) >= 1


def test_data_for_a_trained_model_goes_the_trained_way(tmp_path):
    multi30k(tmp_path, compress=False)
    source = text.parallel()
    trained_info = source.load(Request(path=str(tmp_path), options={"target": "de"})).info
    again = source.load(Request(path=str(tmp_path), trained_info=trained_info))
    assert again.info.languages == ("en", "de") and len(again.test) == 5
    rows = write(tmp_path / "some.tsv", ["a\tb", "c\td"])
    judged = text.pairs().load(Request(path=rows, trained_info=trained_info))
    assert [len(judged.train), len(judged.test)] == [0, 2]
