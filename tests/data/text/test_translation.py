"""Sentence pairs: sources of every kind, odd files, and token numbers."""

import gzip

import numpy as np
import pytest

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.synthetic import sentence_pairs
from kerasrecipes.data.text import translation
from kerasrecipes.data.text.tokenizer import END, START, UNKNOWN, Tokenizer
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


# -------------------------------------------------------------------------------------------
# generated


def test_words_are_kept_and_their_order_is_not():
    random = np.random.default_rng(0)
    lengths = []
    for _ in range(200):
        english, japanese = sentence_pairs.sentence(random)
        verbs = [
            said for verb, said in sentence_pairs._VERBS.items() if f" {verb} " in f" {english} "
        ]
        assert verbs and all(f" o {verb}" in japanese for verb in verbs)
        assert not japanese.startswith(tuple(verbs))
        lengths.append(len(english.split()))
    assert min(lengths) < 8 and max(lengths) > 30


def test_dates_are_said_in_words_and_written_in_iso():
    assert sentence_pairs._year(1984) == "nineteen eighty-four"
    assert (
        sentence_pairs._year(1905) == "nineteen oh five"
        and sentence_pairs._year(1900) == "nineteen hundred"
    )
    assert (
        sentence_pairs._year(2007) == "two thousand and seven"
        and sentence_pairs._year(2000) == "two thousand"
    )
    ordinals = {
        1: "first",
        12: "twelfth",
        20: "twentieth",
        21: "twenty-first",
        30: "thirtieth",
        14: "fourteenth",
    }
    assert {n: sentence_pairs._ordinal(n) for n in ordinals} == ordinals
    splits = synthetic.translations("dates", 300).load(Request())
    assert all(some[0][4] == "-" and len(some[0]) == 10 for _, some in everything(splits))


def test_the_same_seed_draws_the_same_and_no_sentence_is_in_two_splits():
    source = synthetic.translations("word_order", 400)
    first, second = source.load(Request(seed=1)), source.load(Request(seed=1))
    assert everything(first) == everything(second)
    assert everything(first) != everything(source.load(Request(seed=2)))
    texts = [text for text, _ in everything(first)]
    assert len(set(texts)) == len(texts)
    with pytest.raises(UserError, match="did you mean 'dates'"):
        synthetic.translations("date")


# ------------------------------------------------------------------------------------------------
# TSV


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


# -------------------------------------------------------------------------------------------
# parallel


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
    assert splits.info.facts["languages"] == ["de", "en"] and splits.train.sources[0] == "eins x"
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
    assert splits.info.facts["languages"] == ["fr", "en"] and len(splits.validation) >= 1


def test_data_for_a_trained_model_goes_the_trained_way(tmp_path):
    multi30k(tmp_path, compress=False)
    source = text.parallel()
    fitted = source.load(Request(path=str(tmp_path), options={"target": "de"})).info
    again = source.load(Request(path=str(tmp_path), fitted=fitted))
    assert again.info.facts["languages"] == ["en", "de"] and len(again.test) == 5
    rows = write(tmp_path / "some.tsv", ["a\tb", "c\td"])
    judged = text.pairs().load(Request(path=rows, fitted=fitted))
    assert [len(judged.train), len(judged.test)] == [0, 2]


def test_a_set_that_cannot_be_had_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("kerasrecipes.data.tfds.online", lambda: False)
    with pytest.raises(UserError, match="is not available"):
        text.tfds_pairs("ted_hrlr_translate/pt_to_en").load(Request())


# ----------------------------------------------------------------------------------------------
# tokens


@pytest.mark.parametrize("tokens", ["words", "characters", "subwords"])
def test_pairs_become_numbers_and_texts_again(tokens):
    splits = translation.prepare(
        synthetic.translations("word_order", 300).load(Request()), tokenization=tokens
    )
    assert (
        splits.info.vocabulary_size
        == Tokenizer.from_dict(splits.info.facts["target_tokenizer"]).size
    )
    train = splits.train
    x, y, weight = train.take(np.arange(5))
    assert (x["target"][:, 0] == START).all() and (
        x["target"][:, 1:] == np.where(y == END, 0, y)[:, :-1]
    ).all()
    assert ((y > 0) == (weight == 1)).all() and ((y == END).sum(axis=1) == 1).all()
    target = Tokenizer.from_dict(splits.info.facts["target_tokenizer"])
    assert [target.decode(row) for row in y] == [some[0] for some in train.texts.references[:5]]
    assert train.select(np.array([3])).texts.sources == [train.texts.sources[3]]
    assert len(train.sample(7, 0)) == 7


def test_unknown_scripts_are_unknown_or_bytes_and_never_an_error():
    for tokens in ("words", "characters", "subwords"):
        splits = translation.prepare(
            synthetic.translations("word_order", 100).load(Request()), tokenization=tokens
        )
        source = Tokenizer.from_dict(splits.info.facts["source_tokenizer"])
        row = source.encode(["नमस्ते"])[0]
        assert len(row) and ((row == UNKNOWN).all() if tokens != "subwords" else (row > END).all())


def test_long_pairs_are_left_out_of_training_only():
    splits = synthetic.translations("word_order", 300).load(Request())
    short = translation.prepare(splits, max_length=12)
    assert short.train.lengths.max() <= 16 and "longer than 12 tokens" in short.notes[-1]
    assert len(short.test) == len(splits.test) and short.info.facts["longest_source"] <= 12
    with pytest.raises(UserError, match="max_length=1"):
        translation.prepare(splits, max_length=1)


def test_every_translation_is_learned_and_one_example_judged_by_all():
    found = translation.TranslationExamples.of([("a", "x"), ("b", "y"), ("a", "z"), ("a", "x")])
    assert found.sources == ["a", "b"] and found.references == [("x", "z"), ("y",)]
    assert found.each().sources == ["a", "a", "b"] and found.each().references == [
        ("x",),
        ("z",),
        ("y",),
    ]
