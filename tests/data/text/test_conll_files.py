"""Reading words and tags from CoNLL-U and CoNLL-2003's format."""

import os

import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text import conll_files
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request

UNIVERSAL = """# sent_id = 1
# text = Don't go.
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
2.1\tyou\tyou\tPRON\tPRP\t_\t_\t_\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No
4\t.\t.\tPUNCT\t.\t_\t3\tpunct\t_\t_

# text = # one
1\t#\t#\tSYM\tNFP\t_\t2\tdep\t_\t_
2\tone\tone\tNUM\tCD\t_\t0\troot\t_\t_
"""

NER = """-DOCSTART- -X- -X- O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
British JJ I-NP B-MISC
# # O O

Peter NNP I-NP I-PER
"""


def written(folder, **files):
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return folder


def test_universal_words_are_read_without_comments_tokens_of_several_words_and_empty_nodes(
    tmp_path,
):
    found = conll_files.read(written(tmp_path, a__conllu=UNIVERSAL) / "a.conllu")
    assert found.words == [["Do", "n't", "go", "."], ["#", "one"]]
    assert found.tags == [["AUX", "PART", "VERB", "PUNCT"], ["SYM", "NUM"]]
    assert conll_files.read(tmp_path / "a.conllu", "xpos").tags[0] == ["VB", "RB", "VB", "."]
    assert conll_files.read(tmp_path / "a.conllu", "3").tags[0][0] == "do"
    with pytest.raises(UserError, match=r"column of tags 'upo'.*upos"):
        conll_files.read(tmp_path / "a.conllu", "upo")


def test_columns_are_read_with_the_last_as_the_tag(tmp_path):
    found = conll_files.read(written(tmp_path, eng__train=NER) / "eng.train")
    assert found.words == [["EU", "rejects", "German", "British", "#"], ["Peter"]]
    assert found.tags == [["I-ORG", "O", "I-MISC", "B-MISC", "O"], ["I-PER"]]
    assert conll_files.read(tmp_path / "eng.train", "pos").tags[1] == ["NNP"]
    two = written(tmp_path, b__tsv="New York\tB-LOC\n5\u00a0000\tO\n") / "b.tsv"
    assert conll_files.read(two).words == [["New York", "5\u00a0000"]]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            UNIVERSAL.replace("3\tgo\tgo", "3\tgo"),
            7,
            "expected 10 columns with tabs between, received 9",
        ),
        (
            UNIVERSAL.replace("3\tgo\tgo", "x\tgo\tgo"),
            7,
            "expected the word's number 3, received 'x'",
        ),
        (
            UNIVERSAL.replace("\n\n", "\n"),
            10,
            "received '1'; is the empty line between two sentences missing?",
        ),
        (UNIVERSAL.replace("3\tgo\tgo", "3\t\tgo"), 7, "the word is empty"),
        (
            NER.replace("rejects VBZ I-VP O", "rejects O"),
            4,
            "expected 4 columns as in the lines before, received 2",
        ),
        ("alone\n", 1, "expected a word and its tag, received one column"),
    ],
)
def test_a_broken_line_is_named_with_file_and_number(tmp_path, text, line, reason):
    path = written(tmp_path, a__conllu=text) / "a.conllu"
    with pytest.raises(UserError) as caught:
        conll_files.read(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ") and reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_marks_of_spans_are_brought_to_bio(tmp_path):
    splits = text.conll().load(
        Request(path=str(written(tmp_path, eng__train=NER, eng__testa=NER, eng__testb=NER)))
    )
    assert splits.info.spans is True
    assert splits.test.tags == [["B-ORG", "O", "B-MISC", "B-MISC", "O"], ["B-PER"]]
    assert splits.info.classes == ("B-MISC", "B-ORG", "B-PER", "O")


def test_a_folder_is_read_by_its_files_names(tmp_path):
    files = {f"en-ud-{part}__conllu": UNIVERSAL for part in ("train", "dev", "test")}
    folder = written(tmp_path, **files, README__txt="no sentences")
    source = text.conll()
    assert source.accepts(str(folder)) and source.accepts(str(folder / "en-ud-dev.conllu"))
    splits = source.load(Request(path=str(folder)))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [2, 2, 2]
    assert (
        splits.info.classes == ("AUX", "NUM", "PART", "PUNCT", "SYM", "VERB")
        and not splits.info.spans
    )
    (tmp_path / "empty").mkdir()
    assert not source.accepts(str(tmp_path / "empty"))


def test_what_a_folder_lacks_is_drawn_from_training(tmp_path):
    written(tmp_path, train__conllu=f"{UNIVERSAL}\n" * 20)
    splits = text.conll().load(Request(path=str(tmp_path)))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [32, 4, 4]
    assert any(
        "10 % of the examples were drawn for validation, 10 % for test" in note
        for note in splits.notes
    )
    alone = text.conll().load(Request(path=str(tmp_path / "train.conllu")))
    assert [len(part) for part in (alone.train, alone.validation, alone.test)] == [32, 4, 4]


def test_a_folder_without_training_sentences_is_refused(tmp_path):
    written(tmp_path, dev__conllu=UNIVERSAL, test__conllu=UNIVERSAL)
    with pytest.raises(UserError, match="no file with train in its name"):
        text.conll().load(Request(path=str(tmp_path)))
    written(tmp_path, other__conllu=UNIVERSAL)
    with pytest.raises(UserError, match="too few to keep some for validation"):
        text.conll().load(Request(path=str(tmp_path / "dev.conllu")))


def test_other_data_of_an_earlier_training_is_all_test(tmp_path):
    path = written(tmp_path, other__conllu=UNIVERSAL) / "other.conllu"
    trained_info = Info(classes=("AUX", "PART", "PUNCT", "VERB"))
    splits = text.conll().load(Request(path=str(path), trained_info=trained_info))
    assert (len(splits.train), len(splits.test)) == (0, 2)
    assert splits.test.tags[1] == [None, None]  # NUM and SYM
    assert any("left out: 1 words with the tag NUM" in note for note in splits.notes)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_line_ends_are_found_out(tmp_path, encoding):
    path = tmp_path / "deu.train"
    path.write_bytes("Köln I-LOC\r\nund O\r\n\r\nBär O".encode(encoding))
    assert conll_files.read(path).words == [["Köln", "und"], ["Bär"]]


def test_emoji_and_signs_that_python_takes_for_line_ends_are_words(tmp_path):
    path = written(tmp_path, a__bio="😀 O\n我 O\n\u2028x O\n\x85 O\n") / "a.bio"
    assert conll_files.read(path).words == [["😀", "我", "\u2028x", "\x85"]]


def test_binary_and_empty_files_are_refused(tmp_path):
    (tmp_path / "a.conllu").write_bytes(b"\x00\x01\x02")
    with pytest.raises(UserError, match="binary"):
        conll_files.read(tmp_path / "a.conllu")
    (tmp_path / "b.conllu").write_text("# only a comment\n")
    with pytest.raises(UserError, match="no sentences"):
        text.conll().load(Request(path=str(tmp_path / "b.conllu")))
    with pytest.raises(UserError, match="cannot read"):
        conll_files.read(tmp_path / "absent.conllu")


@pytest.mark.data
def test_the_english_web_treebank_is_read():
    home = os.environ.get("KERASRECIPES_TEST_DATA")
    if not home:
        pytest.skip("KERASRECIPES_TEST_DATA names no folder")
    splits = text.conll().load(Request(path=f"{home}/tags/ud_english_ewt"))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [
        12544,
        2001,
        2077,
    ]
    assert sum(map(len, splits.test.words)) == 25094 and len(splits.info.classes) == 17
