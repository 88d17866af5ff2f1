"""The secret of a search: who knows it may join, and signs what it says with it.

It lies in the search's folder, readable by its owner alone, or is given to all as `--token`. It
never travels: each message carries a digest of itself and the secret, each answer one of itself,
the message and the secret, so that neither side believes a stranger.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from pathlib import Path

from kerasrecipes import files
from kerasrecipes.data.files import utf8_text
from kerasrecipes.errors import UserError
from kerasrecipes.tuning.messages import Refused

VARIABLE = "KERASRECIPES_TOKEN"
FILE = "secret"  # in the folder of the search
DIGEST = 32  # bytes of a signature
_SHORTEST = 16  # characters: a shorter one could be guessed from what was overheard
_LONGEST = 1000


def given(token: str | None, *, several: bool = True) -> str | None:
    """Return the secret that the user gave, as `--token` or in `KERASRECIPES_TOKEN`.

    Args:
        token: as `--token`.
        several: whether several machines search, which alone need one.

    Returns:
        The secret; `None` if there is none.

    Raises:
        UserError: if it is too short to be one, or of no use.
    """
    if token is not None and not several:
        raise UserError("a secret is for several machines; give --chief or --join with it")
    source = "--token" if token is not None else VARIABLE
    token = token if token is not None else os.environ.get(VARIABLE) or None
    if token is not None and not _SHORTEST <= len(token) <= _LONGEST:
        raise UserError(
            f"{source}: a secret has {_SHORTEST} to {_LONGEST} characters, received {len(token)}"
        )
    return token


def of_chief(folder: Path) -> str:
    """Return the secret in a search's folder; it is made where there is none that only the owner
    can read.

    Args:
        folder: of the search.
    """
    path = folder / FILE
    try:
        closed = os.name != "posix" or not stat.S_IMODE(path.lstat().st_mode) & 0o077
        known = utf8_text(path).strip() if closed else ""
        if _SHORTEST <= len(known) <= _LONGEST:
            return known
    except (OSError, ValueError):
        pass  # there is none so far, or one that is no use
    made = secrets.token_hex(32)
    with files.replacing(path, private=True) as file:
        file.write(f"{made}\n".encode())
    return made


def of_folder(folder: Path) -> str | None:
    """Return the secret that a chief left in a search's folder; `None` if there is none.

    Raises:
        UserError: if this user may not read it.
    """
    path = folder / FILE
    try:
        return utf8_text(path).strip() or None
    except PermissionError as error:
        raise UserError(
            f"{path} is closed to you; ask who began the search for its content, "
            "and give it as --token"
        ) from error
    except (OSError, ValueError):
        return None


def sign(secret: str, *parts: bytes) -> bytes:
    """Return the signature of bytes, `DIGEST` bytes.

    Args:
        secret: of the search.
        parts: what is signed; the first says what it is.
    """
    return hmac.digest(secret.encode(), b"\0".join(parts), "sha256")


def seal(secret: str, body: bytes) -> bytes:
    """Return a message with its signature before it.

    Args:
        secret: of the search.
        body: of the message.
    """
    return sign(secret, b"message", body) + body


def opened(secret: str, sealed: bytes) -> bytes:
    """Return the message that was sealed.

    Args:
        secret: of the search.
        sealed: what was received, of any length.

    Raises:
        Refused: if it was not sealed with this secret.
    """
    signature, body = sealed[:DIGEST], sealed[DIGEST:]
    if not hmac.compare_digest(signature, sign(secret, b"message", body)):
        raise Refused("it is not signed with the secret of this search")
    return body


def seal_answer(secret: str, message: bytes, body: bytes) -> bytes:
    """Return an answer with its signature before it.

    Args:
        secret: of the search.
        message: that is answered, with its signature.
        body: of the answer.
    """
    return sign(secret, b"answer", message[:DIGEST], body) + body


def opened_answer(secret: str, message: bytes, sealed: bytes) -> bytes:
    """Return the answer that was sealed.

    Args:
        secret: of the search.
        message: that was sent, with its signature.
        sealed: what was received, of any length.

    Raises:
        Refused: if it was not sealed with this secret, or answers another message.
    """
    signature, body = sealed[:DIGEST], sealed[DIGEST:]
    expected = sign(secret, b"answer", message[:DIGEST], body)
    if not hmac.compare_digest(signature, expected):
        raise Refused("the answer is not signed with the secret of this search")
    return body
