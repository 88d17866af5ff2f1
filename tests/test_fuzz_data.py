"""Files that nobody would write are read or refused in one line: the short form of
`python -m benchmarks.fuzz_data`.
"""

from collections import Counter

import pytest

from benchmarks import fuzz_data


@pytest.mark.parametrize("kind", fuzz_data.KINDS)
def test_every_file_is_read_or_refused_in_one_line(kind):
    done = list(fuzz_data.tries(60, seed=10_000, kinds=[kind]))
    assert [one for one in done if one.outcome == "mishandled"] == []
    # A reader that refuses whatever it is given would pass otherwise.
    assert Counter(one.outcome for one in done)["read"] > 3


def test_what_goes_wrong_is_found(monkeypatch):
    def broken(path, draw):
        raise KeyError("x")

    monkeypatch.setitem(fuzz_data.KINDS, "csv", (fuzz_data.csv_file, broken))
    (one,) = fuzz_data.tries(1, kinds=["csv"])
    assert one.outcome == "mishandled" and "KeyError" in one.detail
