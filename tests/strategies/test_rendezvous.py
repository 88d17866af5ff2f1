"""Workers meet, and tell each other apart."""

import socket

import pytest

from kerasrecipes.cli.launch import free_ports
from kerasrecipes.errors import UserError
from kerasrecipes.strategies.cluster import Cluster
from kerasrecipes.strategies.rendezvous import rendezvous
from tests.strategies.threads import at_once


def test_a_host_that_does_not_answer_is_named():
    here, there = (f"127.0.0.1:{port}" for port in free_ports(2))
    expected = pytest.raises(
        UserError, match=f"no answer from {there} \\(rank 1\\) within 0.3 seconds"
    )
    with expected:
        rendezvous(Cluster((here, there), 0), timeout=0.3)


def together(*cards):
    """Let workers meet, each by its list of hosts, its rank and its facts; give the line each of
    them ended with.
    """

    def one(card):
        hosts, rank, facts = card
        rendezvous(Cluster(tuple(hosts), rank), 5, facts)

    return at_once(one, cards)


def test_workers_meet_and_leave_their_addresses_free():
    hosts = [f"127.0.0.1:{port}" for port in free_ports(3)]
    for _ in range(2):
        assert together(*((hosts, rank, {"the backend": "jax"}) for rank in range(3))) == [None] * 3


def test_workers_of_other_software_are_told_on_both_sides():
    hosts = [f"127.0.0.1:{port}" for port in free_ports(2)]
    said = together((hosts, 0, {"the backend": "jax"}), (hosts, 1, {"the backend": "tensorflow"}))
    assert said == ["the backend differs between workers: jax (rank 0), tensorflow (rank 1)"] * 2


def test_workers_with_other_hosts_are_told():
    one, two, three = (f"127.0.0.1:{port}" for port in free_ports(3))
    said = together(([one, two], 0, {}), ([one, two, three], 1, {}))
    assert all("the list of hosts differs between workers" in line for line in said)


def test_a_rank_that_two_machines_have_is_noticed():
    # On another machine the second worker of rank 0 finds its own port free, and at the second
    # address itself.
    one, two = (f"127.0.0.1:{port}" for port in free_ports(2))
    said = together(([one, two], 0, {}), ([two, one], 0, {}))
    assert all(
        "says that it is rank 0: was the same rank given to two workers?" in line for line in said
    )


def test_a_stranger_at_an_address_is_told(monkeypatch):
    monkeypatch.setattr("kerasrecipes.strategies.rendezvous.HANDSHAKE_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        address = f"127.0.0.1:{stranger.getsockname()[1]}"
        (own,) = free_ports(1)
        with pytest.raises(
            UserError, match=f"what listens at {address} .rank 1. is not a worker of this job"
        ):
            rendezvous(Cluster((f"127.0.0.1:{own}", address), 0), timeout=0.5, fingerprint={})


def test_a_rank_that_is_taken_is_noticed():
    with socket.create_server(("", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        expected = pytest.raises(UserError, match="same rank given to two workers")
        with expected:
            rendezvous(Cluster((address, "127.0.0.1:1"), 0), timeout=0.3)
