"""The hosts of a cluster, and which of them this process is."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kerasrecipes.errors import UserError

# Where SLURM names hosts but no ports: one port per task of a host, from here on.
SLURM_PORT = 47_100


@dataclass(frozen=True)
class Cluster:
    """The workers of a job.

    Args:
        hosts: address `host:port` of every worker; the first one is the chief.
        rank: which of them this process is.

    Raises:
        UserError: if an address is malformed or occurs twice, or the rank is out of range.
    """

    hosts: tuple[str, ...]
    rank: int

    def __post_init__(self) -> None:
        """Check the addresses and the rank."""
        for host in self.hosts:
            port = re.fullmatch(r"\S+:(\d{1,5})", host)
            if not port or not 0 < int(port[1]) < 2**16:
                raise UserError(
                    "a host is written address:port, with a port from 1 to 65535, "
                    f"received '{host}'"
                )
        twice = sorted({host for host in self.hosts if self.hosts.count(host) > 1})
        if twice:
            raise UserError(
                f"every worker needs an address of its own, but {twice[0]} occurs more than once"
            )
        if not 0 <= self.rank < len(self.hosts):
            raise UserError(
                f"the rank must be from 0 to {len(self.hosts) - 1}, received {self.rank}"
            )

    @classmethod
    def find(
        cls,
        hosts: Sequence[str] | None = None,
        rank: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Cluster | None:
        """Find the cluster that this process is a part of.

        Args:
            hosts: the addresses, if they are known; then `rank` must be, too.
            rank: number of this worker.
            env: environment variables; by default this process's. `TF_CONFIG`, Keras's
                `KERAS_DISTRIBUTION_JOB_ADDRESSES` and SLURM's variables are looked for in this
                order.

        Returns:
            The cluster, or None where there is none or it has one worker only.

        Raises:
            UserError: if the description is malformed or incomplete.
        """
        if hosts is not None or rank is not None:
            if hosts is None or rank is None:
                raise UserError(
                    "a cluster needs hosts and the rank of this worker, received one of the two"
                )
            found: Cluster | None = cls(tuple(hosts), rank)
        else:
            env = os.environ if env is None else env
            # What was set for this job goes before what the scheduler sets for every job.
            found = _from_tf_config(env) or _from_keras(env) or _from_slurm(env)
        return found if found is not None and len(found.hosts) > 1 else None


def _from_tf_config(env: Mapping[str, str]) -> Cluster | None:
    if not env.get("TF_CONFIG"):
        return None
    try:
        config = json.loads(env["TF_CONFIG"])
        chiefs = list(config["cluster"].get("chief", []))
        hosts = chiefs + list(config["cluster"].get("worker", []))
        task = config["task"]
        # TensorFlow counts chief and workers apart; the chief comes first.
        rank = int(task["index"]) + {"chief": 0, "worker": len(chiefs)}[task["type"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            "TF_CONFIG must be JSON such as "
            '{"cluster": {"worker": ["a:2222", "b:2222"]}, '
            '"task": {"type": "worker", "index": 0}}, '
            f"received {env['TF_CONFIG']!r}"
        ) from error
    return Cluster(tuple(hosts), rank) if hosts else None


def _from_keras(env: Mapping[str, str]) -> Cluster | None:
    hosts = env.get("KERAS_DISTRIBUTION_JOB_ADDRESSES", "").split(",")
    rank = env.get("KERAS_DISTRIBUTION_PROCESS_ID")
    if len(hosts) < 2 or rank is None:
        return None
    return Cluster(tuple(hosts), _number("KERAS_DISTRIBUTION_PROCESS_ID", rank))


def _from_slurm(env: Mapping[str, str]) -> Cluster | None:
    # The step's variables: a job may have more nodes than the step that runs here.
    nodes = env.get("SLURM_STEP_NODELIST")
    if not nodes or "SLURM_PROCID" not in env:
        return None
    names = slurm_nodes(nodes)
    tasks = slurm_tasks(env.get("SLURM_STEP_TASKS_PER_NODE", "1"))
    if len(tasks) != len(names):
        raise UserError(
            f"SLURM names {len(names)} nodes ({nodes}) but tasks for {len(tasks)} of them"
        )
    places = [
        (name, task) for name, count in zip(names, tasks, strict=True) for task in range(count)
    ]
    hosts = [f"{name}:{SLURM_PORT + task}" for name, task in places]
    return Cluster(tuple(hosts), _number("SLURM_PROCID", env["SLURM_PROCID"]))


def slurm_nodes(text: str) -> list[str]:
    """Expand SLURM's short form of node names: `"n[01-03,07],gpu"` is n01, n02, n03, n07, gpu."""
    names: list[str] = []
    for pattern in re.findall(r"(?:[^,\[]|\[[^\]]*\])+", text):
        # Every name that a pattern such as "rack[1-2]-n[01-03]" stands for.
        parts = [
            _numbers(part[1:-1]) if part[0] == "[" else [part]
            for part in re.findall(r"\[[^\]]*\]|[^\[]+", pattern)
        ]
        names += map("".join, itertools.product(*parts))
    return names


def _numbers(ranges: str) -> list[str]:
    numbers = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        numbers += [
            # Leading zeros are part of a node's name.
            f"{number:0{len(first)}d}"
            for number in range(int(first), int(last or first) + 1)
        ]
    return numbers


def slurm_tasks(text: str) -> list[int]:
    """Expand SLURM's short form of counts: `"2(x3),1"` is 2, 2, 2, 1."""
    counts = []
    for count, times in re.findall(r"(\d+)(?:\(x(\d+)\))?", text):
        counts += [int(count)] * int(times or 1)
    return counts


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UserError(f"{name} must be a whole number, received {text!r}") from None
