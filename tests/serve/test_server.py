"""The server under connections that say nothing, speak slowly or are cut off, and at its end."""

import asyncio
import http.client
import socket
import threading
import time
from functools import partial

import pytest

pytest.importorskip("uvicorn", reason="needs the extra 'serve'")

from kerasrecipes.errors import UserError
from kerasrecipes.serve import application, server
from tests.serve.test_application import Echo


class Slow(Echo):
    """A model that takes its time."""

    def answer(self, items, options, *, shown=False):
        time.sleep(0.3)
        return super().answer(items, options, shown=shown)


@pytest.fixture
def running(monkeypatch):
    """A server of a slow model, and its port."""
    monkeypatch.setattr(server, "SILENCE", 0.4)
    monkeypatch.setattr(application, "LONGEST_BODY", 0.4)
    begun = threading.Event()
    one, listener = server.create(
        partial(application.application, [Slow()]), port=0, started=lambda address: begun.set()
    )
    port = listener.getsockname()[1]
    thread = threading.Thread(target=lambda: asyncio.run(one.serve(sockets=[listener])))
    thread.start()
    assert begun.wait(10)
    yield one, port
    one.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def ask(port, text="a"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/predict", text, {"content-type": "text/plain"})
    response = connection.getresponse()
    return response.status, response.read().decode()


def closed_after(connection):
    began = time.monotonic()
    while connection.recv(1000):
        pass
    return time.monotonic() - began


def test_silent_and_slow_connections_are_closed_and_others_served(running):
    _, port = running
    silent = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(50)]
    slow = socket.create_connection(("127.0.0.1", port), 10)
    slow.sendall(b"POST /predict HT")
    cut = socket.create_connection(("127.0.0.1", port), 10)
    cut.sendall(b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nabc")
    assert ask(port)[0] == 200
    assert closed_after(slow) < 3
    assert all(closed_after(one) < 3 for one in silent)
    answer = http.client.HTTPResponse(cut)
    answer.begin()
    assert answer.status == 408 and b"not complete within" in answer.read()
    gone = socket.create_connection(("127.0.0.1", port), 10)
    gone.sendall(b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nabc")
    gone.close()
    assert ask(port)[0] == 200


def test_what_was_accepted_is_answered_before_the_end(running):
    one, port = running
    found = []
    threads = [threading.Thread(target=lambda: found.append(ask(port))) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.15)
    one.should_exit = True
    for thread in threads:
        thread.join(10)
    assert [status for status, _ in found] == [200] * 3
    with pytest.raises(OSError):
        ask(port)


def test_a_taken_port_is_refused_in_a_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="cannot listen at 127"):
            server.create(partial(application.application, [Echo()]), port=taken.getsockname()[1])
    with pytest.raises(UserError, match="cannot listen at 203"):
        server.create(partial(application.application, [Echo()]), host="203.0.113.7", port=0)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.3.2.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("example.org", False),
    ],
)
def test_only_this_machine_needs_no_token(host, local):
    assert server.is_local(host) == local


def test_a_token_is_made_where_others_can_ask():
    said = []
    one, listener = server.create(
        partial(application.application, [Echo()]), host="0.0.0.0", port=0, started=said.append
    )
    listener.close()
    one._tell()
    assert "?token=" in said[0] and len(said[0].partition("=")[2]) >= 32
