import builtins
import importlib.util

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.metrics.cider import cider


def test_without_its_scorer_cider_is_one_line(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("pycocoevalcap"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"pip install 'kerasrecipes\[captions\]'"):
        cider(["a"], [("a",)])


@pytest.mark.skipif(
    importlib.util.find_spec("pycocoevalcap") is None, reason="pycocoevalcap is not installed"
)
def test_cider_prefers_what_people_agree_on():
    references = [
        ("a dog runs on the grass", "a dog is running on grass"),
        ("a red car on a road", "a red car"),
    ]
    good = cider(["a dog runs on grass", "a red car"], references)
    assert good > cider(["a red car", "a dog runs on grass"], references) >= 0
