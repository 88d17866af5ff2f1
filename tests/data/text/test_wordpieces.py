"""Word pieces as BERT's own, from texts and from a hub's vocabulary."""

import json

import numpy as np
import pytest

from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.data.text.wordpieces import MASK, NAMES, WordPieces
from kerasrecipes.errors import UserError

THEIRS = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = ["the sea, the sea", "the land and the sea", "landing on land, landing"] * 3


def written(folder, names):
    path = folder / "vocab.txt"
    path.write_text("\n".join(names) + "\n", encoding="utf-8")
    return path


def test_words_come_whole_or_in_parts(tmp_path):
    path = written(tmp_path, [*THEIRS, "un", "##aff", "##able", "the", ",", "zurich"])
    pieces, lines = WordPieces.of_vocabulary(path)
    ids = pieces.encode(["The unaffable, ZÜRICH qq"])[0]
    assert [pieces.token(i) for i in ids] == [
        "the", "un", "##aff", "##able", ",", "zurich", "<unknown>",
    ]  # fmt: skip
    assert pieces.decode(ids) == "the unaffable, zurich"
    assert pieces.words(ids).tolist() == [0, 1, 1, 1, 2, 3, 4]
    assert [lines[i] for i in range(5)] == [0, 2, 3, 4, 5] and lines[ids[0]] == 9
    assert sorted(lines) == list(range(12)) and pieces.size == 12


def test_capitals_count_where_the_encoder_has_them(tmp_path):
    path = written(tmp_path, [*THEIRS, "The", "the"])
    for lowercase, expected in ((True, "the"), (False, "The")):
        pieces, _ = WordPieces.of_vocabulary(path, lowercase)
        assert pieces.decode(pieces.encode(["The"])[0]) == expected
        assert pieces.lowercase is lowercase


def test_learned_pieces_give_their_texts_back():
    pieces = WordPieces.learn(TEXTS, size=60)
    assert pieces.size <= 60
    for text, ids in zip(TEXTS, pieces.encode(TEXTS), strict=True):
        assert pieces.decode(ids) == text
    # No text can spell a special token.
    assert not set(pieces.encode(["<mask> [MASK] <pad>"])[0]) & {0, 2, 3, MASK}
    assert [pieces.token(i) for i in range(5)] == list(NAMES)
    assert pieces.decode([2, MASK, *pieces.encode(["sea"])[0], 3]) == "[MASK] sea"


def test_they_survive_json():
    pieces = WordPieces.learn(TEXTS)
    again = Tokenizer.from_dict(json.loads(json.dumps(pieces.to_dict())))
    assert isinstance(again, WordPieces) and again == pieces
    np.testing.assert_array_equal(again.continues, pieces.continues)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([n for n in THEIRS if n != "[MASK]"], r"lacks the token \[MASK\]"),
        ([*THEIRS, "sea", "sea"], "has the token 'sea' twice"),
        ([], r"lacks the token \[PAD\]"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path, names, message):
    with pytest.raises(UserError, match=message):
        WordPieces.of_vocabulary(written(tmp_path, names))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot read the vocabulary"):
        WordPieces.of_vocabulary(tmp_path / "vocab.txt")


@pytest.mark.parametrize(
    ("texts", "size", "message"),
    [(TEXTS, 20, "vocabulary_size=20: word pieces need at least 40"), ([""], None, "no words")],
)
def test_too_little_to_learn_from_is_refused(texts, size, message):
    with pytest.raises(UserError, match=message):
        WordPieces.learn(texts, size=size)
