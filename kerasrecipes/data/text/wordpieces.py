"""Word pieces: the tokens of BERT, frequent words whole and others by their parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from kerasrecipes.data.text.tokenizer import END, SPECIALS, UNKNOWN, Tokenizer, clean
from kerasrecipes.errors import UserError, excerpt

MASK = 4  # token id of a hidden token, after the four specials of every tokenizer
MASK_SIGN = "[MASK]"  # how a user writes it
NAMES = (*SPECIALS, "<mask>")
# What the five are called in a hub's vocabulary.
_THEIRS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", MASK_SIGN)
_CONTINUES = "##"  # before a piece that goes on with a word
_LARGEST = 2**24  # bytes of a file of vocabulary; that of 100 languages has 1 MB
KIND: Any = "wordpieces"


class WordPieces(Tokenizer):
    """Text to word pieces and back; ids 0 to 4 are padding, unknown, start, end and mask.

    Args:
        pipeline: of the `tokenizers` library, whose vocabulary begins with these five.
        kind: `"wordpieces"`.

    Attributes:
        size: size of the vocabulary, the five included.
        continues: `(size,)`, whether a token goes on with the word of the token before it.

    Reference:
        [Japanese and Korean Voice Search](https://research.google/pubs/pub37842/) (Schuster and
        Nakajima, 2012)
    """

    def __init__(self, pipeline: tokenizers.Tokenizer, kind: Any = KIND):
        super().__init__(pipeline, kind)
        names = (pipeline.id_to_token(token) or "" for token in range(self.size))
        self.continues = np.array([name.startswith(_CONTINUES) for name in names])

    @classmethod
    def learn(
        cls, texts: Iterable[str], *, size: int | None = None, lowercase: bool = True
    ) -> WordPieces:
        """Learn the pieces of texts.

        Args:
            texts: the training texts.
            size: maximum size of the vocabulary; 8,000 by default.
            lowercase: whether to convert text to lower case and to drop accents.

        Returns:
            The tokenizer.

        Raises:
            UserError: if the size leaves no room.
        """
        if size is not None and size < 40:
            raise UserError(
                f"vocabulary_size={size}: word pieces need at least 40, for each letter is one, "
                "alone and within a word"
            )
        pipeline = _pipeline(lowercase)
        trainer = trainers.WordPieceTrainer(
            vocab_size=(size or 8000) - len(NAMES), min_frequency=2, show_progress=False
        )
        pipeline.train_from_iterator(clean(texts), trainer)
        found = pipeline.get_vocab(with_added_tokens=False)
        if not found:
            raise UserError("the training texts hold no words to learn from")
        return cls._of_names(sorted(found, key=found.__getitem__), lowercase)

    @classmethod
    def of_vocabulary(
        cls,
        path: Path,
        lowercase: bool = True,
        *,
        strip_accents: bool | None = None,
        divide_chinese: bool = True,
    ) -> tuple[WordPieces, np.ndarray]:
        """Read the vocabulary of a pretrained encoder.

        Args:
            path: of `vocab.txt`, a token in each line.
            lowercase: whether the encoder reads text in lower case and without accents.
            strip_accents: whether it reads text without accents; as `lowercase` by default.
            divide_chinese: whether each Chinese character is a word.

        Returns:
            The tokenizer, and `(size,)`, the line that each of its tokens had in the file, from 0.

        Raises:
            UserError: if the file is not there, or no vocabulary of word pieces.
        """
        try:
            if path.stat().st_size > _LARGEST:
                raise UserError(f"{path} is too large to be a vocabulary")
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"cannot read the vocabulary {path}: {getattr(error, 'strerror', None) or error}"
            ) from error
        lines = [line.rstrip("\r") for line in lines]
        lines = lines[:-1] if lines and not lines[-1] else lines
        places = {name: line for line, name in enumerate(lines)}
        if missing := [name for name in _THEIRS if name not in places]:
            raise UserError(f"the vocabulary {path} lacks the token {missing[0]}")
        if len(places) < len(lines):
            twice = next(name for line, name in enumerate(lines) if places[name] != line)
            raise UserError(f"the vocabulary {path} has the token '{excerpt(twice)}' twice")
        order = [places[name] for name in _THEIRS]
        order += [line for line, name in enumerate(lines) if name not in _THEIRS]
        names = [lines[line] for line in order[len(NAMES) :]]
        return cls._of_names(names, lowercase, strip_accents, divide_chinese), np.array(order)

    @classmethod
    def _of_names(
        cls,
        names: Sequence[str],
        lowercase: bool,
        accents: bool | None = None,
        chinese: bool = True,
    ) -> WordPieces:
        pipeline = _pipeline(lowercase, accents, chinese)
        vocabulary = {name: token for token, name in enumerate((*NAMES, *names))}
        pipeline.model = models.WordPiece(vocabulary, unk_token=NAMES[UNKNOWN])
        return cls(pipeline)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> WordPieces:
        """Restore a tokenizer from `to_dict`, also after a round trip through JSON."""
        return cls(tokenizers.Tokenizer.from_str(json.dumps(values["pipeline"])))

    def token(self, token_id: int) -> str:
        """Return the spelling of a token, such as `<mask>` of 4, or `##ing`."""
        return NAMES[token_id] if token_id <= MASK else self._name(token_id)

    def decode(self, token_ids: Iterable[int], unknown: str = "") -> str:
        """Return the text of token ids.

        Args:
            token_ids: `(tokens,)`; specials but the mask are dropped.
            unknown: replacement for an unknown token.
        """
        names = []
        for token in map(int, token_ids):
            if token > END:
                names.append(MASK_SIGN if token == MASK else self._name(token))
            elif token == UNKNOWN and unknown:
                names.append(unknown)
        return str(self.pipeline.decoder.decode(names)) if names else ""

    def words(self, token_ids: np.ndarray) -> np.ndarray:
        """Return the number of the word that each token belongs to, from 0, in each row.

        Args:
            token_ids: `(…, time)`.
        """
        return np.cumsum(~self.continues[token_ids], axis=-1) - 1


def _pipeline(
    lowercase: bool, accents: bool | None = None, chinese: bool = True
) -> tokenizers.Tokenizer:
    pipeline = tokenizers.Tokenizer(models.WordPiece({}, unk_token=NAMES[UNKNOWN]))
    # As BERT's own: control characters go, Chinese characters are words, accents go with capitals.
    pipeline.normalizer = normalizers.BertNormalizer(
        lowercase=lowercase, strip_accents=accents, handle_chinese_chars=chinese
    )
    pipeline.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pipeline.decoder = decoders.WordPiece(prefix=_CONTINUES)
    return pipeline
