"""Texts and their token ids are kept on disk."""

import numpy as np

from kerasrecipes.data.text.store import TextExamples, TextStore, store_token_ids


def test_texts_are_stored_and_chosen_without_copies():
    store = TextStore.of(iter(["good", "", "电影 🎬", "half \ud83d sign"]))
    assert list(store) == ["good", "", "电影 🎬", "half ? sign"]
    assert (
        list(store.select(np.array([2, 0]))) == ["电影 🎬", "good"]
        and store.select(np.array([2, 0])).size == 15
    )
    texts = TextExamples.of(iter([("a", 1), ("b", 0), ("c", 1)])).select(np.array([2, 1]))
    assert list(texts.x) == ["c", "b"] and texts.y.tolist() == [1, 0]
    assert texts.take(np.array([1]))[0].tolist() == ["b"]


def test_large_token_rows_lie_on_disk():
    rows = [np.arange(n) for n in (3, 0, 2)]
    small, large = store_token_ids(iter(rows), 10), store_token_ids(iter(rows), 2**30)
    assert isinstance(large.values, np.memmap) and not isinstance(small.values, np.memmap)
    assert (
        [row.tolist() for row in large]
        == [row.tolist() for row in small]
        == [row.tolist() for row in rows]
    )
