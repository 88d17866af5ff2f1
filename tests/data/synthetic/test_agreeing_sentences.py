"""Generated sentences whose words agree over distance."""

import re

import numpy as np

from kerasrecipes.data.synthetic import agreeing_sentences as agreement


def test_sentences_agree_over_distance():
    random = np.random.default_rng(0)
    several = {many for _, many in (*agreement.TRANSITIVE, *agreement.INTRANSITIVE)}
    one = {single for single, _ in (*agreement.TRANSITIVE, *agreement.INTRANSITIVE)}
    attracted = 0
    for _ in range(300):
        words, log_probability = agreement.sentence(random)
        assert log_probability < 0
        clauses = re.split(r" (?:then|or|and) ", " ".join(words).removesuffix(" ."))
        assert len(clauses) == (2 if words[0] in agreement.PAIRS else 1)
        for clause in clauses:
            parts = clause.split()
            start = 1 if parts[0] == "the" else 2
            place = next(k for k, word in enumerate(parts) if word in one | several)
            assert (parts[place] in several) == parts[start].endswith("s")
            attracted += parts[place - 1].endswith("s") != parts[start].endswith("s")
    assert attracted > 100
