"""Fixtures of the tests of data."""

import pytest


@pytest.fixture
def written(tmp_path):
    """Write a file of some content, and return its path."""

    def write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return str(path)

    return write
