"""Sequences that are nearly the same are found: changed, cut, shifted, on the other strand."""

import numpy as np
import pytest

from kerasrecipes.data.dna import bases, similar


def drawn(random, length=80):
    return "".join(random.choice(list("ACGT"), length))


def turned(text):
    return bases.decode(bases.reverse_complement(bases.encode(text)))


def changed(text, random, share=0.06):
    return "".join(
        random.choice(list("ACGT")) if random.random() < share else letter for letter in text
    )


KIN = {
    "copy": lambda text, random: text,
    "changed": changed,
    "shifted": lambda text, random: text[25:] + drawn(random, 25),
    "cut": lambda text, random: text[20:60],
    "other strand": lambda text, random: turned(changed(text, random)),
    "unclear": lambda text, random: text[:30] + "NN" + text[32:],
}


@pytest.mark.parametrize("kin", KIN.values(), ids=KIN)
@pytest.mark.parametrize("seed", range(3))
def test_kin_are_in_one_group_and_strangers_are_not(kin, seed):
    random = np.random.default_rng(seed)
    texts = [drawn(random) for _ in range(40)]
    texts += [kin(texts[number], random) for number in range(10)]
    found = similar.groups(texts)
    assert (found[40:] == found[:10]).all()
    assert len(np.unique(found)) == 40


def test_kin_of_kin_and_words_of_everybody():
    random = np.random.default_rng(0)
    whole = drawn(random, 200)
    # Windows along a gene are kin by their neighbours.
    assert len(set(similar.groups([whole[n : n + 60] for n in range(0, 140, 20)]))) == 1
    # A tail that everybody has makes no kin.
    tails = [drawn(random) + "A" * 30 for _ in range(120)]
    assert len(set(similar.groups(tails))) == 120
    assert len(similar.groups([])) == 0 and len(set(similar.groups(["", "A", "ACG", "ACG"]))) == 3


def test_of_many_words_a_part_is_enough(monkeypatch):
    random = np.random.default_rng(0)
    texts = [drawn(random, 300) for _ in range(30)]
    texts += [changed(text, random, 0.02) for text in texts]
    monkeypatch.setattr(similar, "_MOST_WORDS", 6000)
    found = similar.groups(texts)
    assert (found[:30] == found[30:]).all() and len(np.unique(found)) == 30
