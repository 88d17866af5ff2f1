"""Who may ask, by the headers that browsers and programs send."""

import pytest

pytest.importorskip("starlette", reason="needs the extra 'serve'")

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kerasrecipes.serve.admission import Gate, headers


def request(**sent):
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
    return Request({"type": "http", "headers": fields, "query_string": b""})


LOCAL = Gate(hosts=["localhost", "127.0.0.1", "::1"])


@pytest.mark.parametrize(
    "sent",
    [
        {"host": "localhost:8000"},
        {"host": "[::1]:8000", "origin": "http://[::1]:8000"},
        {"host": "LOCALHOST:8000", "origin": "http://localhost:8000"},
        {"host": "localhost", "sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"},
        # A link that somebody follows, or an address that is typed.
        {"host": "localhost", "sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        {"host": "localhost", "sec_fetch_site": "none", "sec_fetch_mode": "navigate"},
    ],
)
def test_own_pages_and_programs_are_admitted(sent):
    LOCAL.admit(request(**sent))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 421),
        ({"host": "[::1"}, 421),
        ({"host": "a.example"}, 421),
        ({"host": "localhost.example"}, 421),
        ({"host": "localhost:8000", "origin": "http://localhost:8001"}, 403),
        ({"host": "localhost:8000", "origin": "null"}, 403),
        ({"host": "localhost:8000", "origin": "localhost:8000"}, 403),
        ({"host": "localhost", "sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
        ({"host": "localhost", "sec_fetch_site": "same-site", "sec_fetch_mode": "cors"}, 403),
    ],
)
def test_pages_of_other_sites_and_ports_are_refused(sent, status):
    with pytest.raises(HTTPException) as error:
        LOCAL.admit(request(**sent))
    assert error.value.status_code == status


def test_only_pages_that_ask_for_it_can_be_framed():
    assert "frame-ancestors 'none'" in headers()["content-security-policy"]
    assert "frame-ancestors 'self'" in headers(framed=True)["content-security-policy"]
