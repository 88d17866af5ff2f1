"""The secret of a search: a file for its owner alone, and what is signed with it."""

import os
import random
import stat

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.tuning import secret
from kerasrecipes.tuning.messages import Refused
from kerasrecipes.tuning.search import tune


def test_the_file_is_its_owners_alone_and_stays_the_same(tmp_path):
    made = secret.of_chief(tmp_path)
    assert len(made) == 64 and secret.of_folder(tmp_path) == made == secret.of_chief(tmp_path)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
@pytest.mark.parametrize("content", ["", "short", "\xff" * 40, "x" * 5000])
def test_what_others_could_read_or_is_no_secret_is_made_anew(tmp_path, content):
    (tmp_path / "secret").write_text(content, encoding="latin-1")
    os.chmod(tmp_path / "secret", 0o600)
    made = secret.of_chief(tmp_path)
    assert len(made) == 64
    os.chmod(tmp_path / "secret", 0o640)
    assert secret.of_chief(tmp_path) != made


def test_where_there_is_none_there_is_none(tmp_path):
    assert secret.of_folder(tmp_path) is None


def test_a_secret_that_was_given_is_long_enough(monkeypatch):
    assert secret.given(None) is None and secret.given("sixteen letters!") == "sixteen letters!"
    monkeypatch.setenv(secret.VARIABLE, "another that lies in the environment")
    assert secret.given(None).startswith("another")
    with pytest.raises(UserError, match="--token: a secret has 16 to 1000 characters, received 5"):
        secret.given("short")
    monkeypatch.setenv(secret.VARIABLE, "short")
    with pytest.raises(UserError, match="KERASRECIPES_TOKEN: a secret has 16"):
        secret.given(None)


def test_a_search_on_one_machine_needs_none():
    with pytest.raises(UserError, match="give --chief or --join with it"):
        tune("mlp", token="x" * 16)


def test_a_bit_that_differs_is_refused():
    draw = random.Random(0)
    for _ in range(300):
        body = draw.randbytes(draw.randrange(100))
        sealed = secret.seal("x" * 16, body)
        assert secret.opened("x" * 16, sealed) == body
        place = draw.randrange(8 * len(sealed))
        flipped = bytearray(sealed)
        flipped[place // 8] ^= 1 << place % 8
        for wrong, key in ((bytes(flipped), "x" * 16), (sealed, "y" * 16), (sealed[:9], "x" * 16)):
            with pytest.raises(Refused, match="not signed with the secret"):
                secret.opened(key, wrong)


def test_an_answer_counts_for_its_message_alone():
    one, other = (secret.seal("x" * 16, body) for body in (b"1", b"2"))
    answer = secret.seal_answer("x" * 16, one, b"{}")
    assert secret.opened_answer("x" * 16, one, answer) == b"{}"
    with pytest.raises(Refused):
        secret.opened_answer("x" * 16, other, answer)
    with pytest.raises(Refused):
        secret.opened("x" * 16, answer)
