"""What a process is in a search on several machines: the chief that hands trials out, or one that
joins it.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from kerasrecipes.errors import UserError
from kerasrecipes.strategies.cluster import Cluster

PATIENCE = 60.0  # seconds to wait for a chief that is not there yet
_VARIABLES = ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")


@dataclass(frozen=True)
class Role:
    """What this process is in a search on several machines.

    Args:
        chief: whether it hands trials out; else it joins.
        address: `host:port` of the chief.
        trains: whether a chief trains as well.
    """

    chief: bool
    address: str
    trains: bool = True


def role(chief: str | None, join: str | None, env: Mapping[str, str] | None = None) -> Role | None:
    """Return what this process is: by the address given, else by keras-tuner's variables, else by
    SLURM's.

    Args:
        chief: the address that was given as `--chief`.
        join: the address that was given as `--join`.
        env: environment variables; by default this process's.

    Returns:
        The role; `None` for a search on this machine alone.

    Raises:
        UserError: if an address is malformed, or the variables make no sense.
    """
    env = os.environ if env is None else env
    if chief and join:
        raise UserError("a process is the chief or joins one; give --chief or --join, not both")
    if chief:
        return Role(True, _address(chief, "--chief"))
    if join:
        return Role(False, _address(join, "--join"))
    if "KERASTUNER_ORACLE_IP" in env:
        missing = [name for name in _VARIABLES if not env.get(name)]
        if missing:
            raise UserError(f"KERASTUNER_ORACLE_IP is set but {missing[0]} is not")
        tuner, host, port = (env[name] for name in _VARIABLES)
        address = _address(f"{host}:{port}", "KERASTUNER_ORACLE_IP and _PORT")
        return Role("chief" in tuner, address, trains=False)
    if "SLURM_PROCID" in env:
        slurm = {name: value for name, value in env.items() if name.startswith("SLURM_")}
        cluster = Cluster.find(env=slurm)
        return Role(cluster.rank == 0, cluster.hosts[0]) if cluster else None
    return None


def _address(text: str, what: str) -> str:
    match = re.fullmatch(r"(\S+):(\d{1,5})", text)
    if not match or not 0 < int(match.group(2)) < 65536:
        raise UserError(f"{what} {text}: expected host:port, such as node1:8000")
    return text


def refuse_taken(address: str) -> None:
    """Refuse an address at which this machine cannot listen, before anything is prepared.

    Raises:
        UserError: if the port is taken, or the host is not this machine.
    """
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        with socket.create_server((host.strip("[]"), int(port)), family=family):
            pass
    except OSError as error:
        raise UserError(f"cannot listen at {address}: {error.strerror or error}") from error
