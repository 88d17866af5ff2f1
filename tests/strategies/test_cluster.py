"""Finding the cluster in arguments and in the environment."""

import pytest

from kerasrecipes.cli.launch import cluster_variables
from kerasrecipes.errors import UserError
from kerasrecipes.strategies.cluster import Cluster, slurm_nodes, slurm_tasks


@pytest.mark.parametrize(
    ("env", "rank", "hosts"),
    [
        (cluster_variables(["a:1", "b:2"], 1), 1, ("a:1", "b:2")),
        (
            {
                "TF_CONFIG": '{"cluster": {"chief": ["c:1"], "worker": ["w:1"]}, '
                '"task": {"type": "worker", "index": 0}}'
            },
            1,
            ("c:1", "w:1"),
        ),
        (
            {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1,b:2,c:3",
                "KERAS_DISTRIBUTION_PROCESS_ID": "2",
            },
            2,
            ("a:1", "b:2", "c:3"),
        ),
        (
            {
                "SLURM_STEP_NODELIST": "n[09-10]",
                "SLURM_STEP_TASKS_PER_NODE": "2,1",
                "SLURM_PROCID": "1",
            },
            1,
            ("n09:47100", "n09:47101", "n10:47100"),
        ),
    ],
)
def test_a_cluster_is_found_in_the_environment(env, rank, hosts):
    assert Cluster.find(env=env) == Cluster(hosts, rank)


def test_no_cluster_and_a_cluster_of_one_are_none():
    assert Cluster.find(env={}) is None
    assert Cluster.find(["a:1"], 0) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hosts": ["a:1", "b"], "rank": 0}, "written address:port.* received 'b'"),
        ({"hosts": ["a:1", "a:1"], "rank": 0}, "a:1 occurs more than once"),
        ({"hosts": ["a:1", "b:1"], "rank": 2}, "from 0 to 1, received 2"),
        ({"hosts": ["a:1", "b:1"]}, "hosts and the rank"),
        ({"hosts": ["a:1", "b:99999"], "rank": 0}, "port from 1 to 65535, received 'b:99999'"),
        (
            {
                "env": {
                    "TF_CONFIG": '{"cluster": {"worker": ["a:1"]}, '
                    '"task": {"type": "evaluator", "index": 0}}'
                }
            },
            "TF_CONFIG must be JSON",
        ),
        ({"env": {"TF_CONFIG": "worker"}}, "TF_CONFIG must be JSON"),
    ],
)
def test_a_cluster_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        Cluster.find(**arguments)


def test_slurm_shorthand():
    assert slurm_nodes("n[01-03,07],gpu,x[8-11]") == [
        "n01",
        "n02",
        "n03",
        "n07",
        "gpu",
        "x8",
        "x9",
        "x10",
        "x11",
    ]
    assert slurm_nodes("n[1-2]-ib[0-1],x") == ["n1-ib0", "n1-ib1", "n2-ib0", "n2-ib1", "x"]
    assert slurm_tasks("2(x3),1") == [2, 2, 2, 1]
