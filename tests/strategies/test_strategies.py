"""Choosing a strategy, finding the cluster, and what one process can show of the rest."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from kerasrecipes import strategies
from kerasrecipes.cli.launch import cluster_variables, free_ports
from kerasrecipes.errors import UserError
from kerasrecipes.strategies import Cluster, Strategy, global_batches
from kerasrecipes.strategies.base import decode, encode
from kerasrecipes.strategies.cluster import slurm_nodes, slurm_tasks
from kerasrecipes.strategies.rendezvous import meet

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="needs the backend tensorflow"
)


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    for name in ("TF_CONFIG", "KERAS_DISTRIBUTION_JOB_ADDRESSES", "SLURM_STEP_NODELIST"):
        monkeypatch.delenv(name, raising=False)


def small(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


@pytest.mark.parametrize(
    ("env", "rank", "hosts"),
    [
        (cluster_variables(["a:1", "b:2"], 1), 1, ("a:1", "b:2")),
        (
            {
                "TF_CONFIG": '{"cluster": {"chief": ["c:1"], "worker": ["w:1"]}, "task": {"type": "worker", "index": 0}}'
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
                    "TF_CONFIG": '{"cluster": {"worker": ["a:1"]}, "task": {"type": "evaluator", "index": 0}}'
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


def test_a_host_that_does_not_answer_is_named():
    here, there = (f"127.0.0.1:{port}" for port in free_ports(2))
    expected = pytest.raises(
        UserError, match=f"no answer from {there} \\(rank 1\\) within 0.3 seconds"
    )
    with expected:
        meet(Cluster((here, there), 0), timeout=0.3)


def at_once(one, each):
    """Let threads do one thing at once, each with its own; give what they returned, or the line
    they ended with.
    """

    def heard(own):
        try:
            return one(own)
        except UserError as error:
            return str(error)

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(heard, each))


def together(*cards):
    """Let workers meet, each by its list of hosts, its rank and its facts; give the line each of
    them ended with.
    """

    def one(card):
        hosts, rank, facts = card
        meet(Cluster(tuple(hosts), rank), 5, facts)

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
    monkeypatch.setattr("kerasrecipes.strategies.rendezvous.PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        address = f"127.0.0.1:{stranger.getsockname()[1]}"
        (own,) = free_ports(1)
        with pytest.raises(
            UserError, match=f"what listens at {address} .rank 1. is no worker of this job"
        ):
            meet(Cluster((f"127.0.0.1:{own}", address), 0), timeout=0.5, facts={})


def test_a_rank_that_is_taken_is_noticed():
    with socket.create_server(("", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        expected = pytest.raises(UserError, match="same rank given to two workers")
        with expected:
            meet(Cluster((address, "127.0.0.1:1"), 0), timeout=0.3)


def test_unknown_names_get_the_nearest():
    with pytest.raises(UserError, match="did you mean 'mirrored'"):
        strategies.select("miror")


def test_devices_that_are_not_there_are_told():
    with pytest.raises(UserError, match="no TPU"):
        strategies.select("tpu")
    with pytest.raises(UserError, match="no cluster of two workers"):
        strategies.select("multiworker")


def test_one_device_wraps_nothing():
    strategy = Strategy("cpu", "the processor")
    fit, model = strategy.prepare(small, lambda model: None)
    assert fit is model
    assert strategy.is_chief and strategy.broadcast({"stop": True}) == {"stop": True}
    x = np.arange(15.0).reshape(5, 3)

    def batches():
        return ((x[start : start + 2], x[start : start + 2, :1], None) for start in (0, 2, 4))

    assert fit.fit(strategy.feed(batches), steps_per_epoch=3, verbose=0).history["loss"]
    assert fit.predict(strategy.feed(batches, "predict"), steps=3, verbose=0).shape == (5, 1)
    assert fit.predict(strategy.feed(batches()), steps=3, verbose=0).shape == (5, 1)


def test_batches_begin_anew_and_keep_their_order():
    stream = global_batches.restartable(lambda: iter([(1, None), (2,)]))
    assert [stream[number] for number in range(5)] == [(1,), (2,), (1,), (2,), (1,)]
    assert stream[0] == (1,)
    with pytest.raises(IndexError, match="expected 1, received 3"):
        stream[3]


def test_batches_by_number_begin_anew():
    class Numbered(keras.utils.PyDataset):
        num_batches = 2

        def __getitem__(self, number):
            return (np.full((1, 1), number),)

    begin = global_batches.function_of(Numbered())
    assert [x.item() for (x,) in (*begin(), *begin())] == [0, 1, 0, 1]
    assert global_batches.function_of(len) is len


def test_hosts_and_a_strategy_of_one_machine_exclude_each_other():
    with pytest.raises(
        UserError, match="the strategy cpu is of one machine: leave out hosts and rank"
    ):
        strategies.select("cpu", hosts=["a:1", "b:1"], rank=0)


class Pair(Strategy):
    """Two workers, of which the other one is given."""

    def __init__(self, other, rank=0):
        super().__init__("pair", "", num_workers=2, rank=rank)
        self.other = other

    def gather(self, value):
        values = [value, self.other]
        return [
            decode(encode(value, 300)) for value in (values if self.rank == 0 else values[::-1])
        ]


def told_by(*facts):
    """Let workers compare facts, each in a thread; give the line each ended with, and the size of
    every message.
    """
    barrier, sent, sizes = threading.Barrier(len(facts), timeout=5), [None] * len(facts), []

    class Member(Strategy):
        def gather(self, value):
            sent[self.rank] = value
            sizes.append(len(json.dumps(value)))
            barrier.wait()
            everyone = list(sent)
            barrier.wait()
            return everyone

    def one(rank):
        Member("member", "", num_workers=len(facts), rank=rank).require_same(facts[rank])

    return at_once(one, range(len(facts))), sizes


def test_workers_that_differ_are_told():
    facts = {f"the setting {number}": "x" * 300 for number in range(60)}
    one, same, other = ({**facts, "the seed": seed} for seed in (1, 1, 2))
    assert told_by(one, same)[0] == [None, None]
    said, sizes = told_by(one, other)
    assert said == ["the seed differs between workers: 1 (rank 0), 2 (rank 1)"] * 2
    assert max(sizes) < 4096
    assert all("the seed differs" in line for line in told_by(one, facts)[0])


def test_a_chief_that_cannot_save_is_heard_of():
    with pytest.raises(OSError, match="full"), Pair(False).saving():
        raise OSError("the disk is full")
    with (
        pytest.raises(UserError, match="first worker could not write"),
        Pair(True, rank=1).saving(),
    ):
        pass
    with Pair(False, rank=1).saving() as here:
        assert not here


@on_tensorflow
class TestTensorFlow:
    """What the TensorFlow backend adds."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"optimizer": {"gradient_accumulation_steps": 2}}, "gradient accumulation"),
            (
                {"optimizer": {"use_ema": True, "ema_overwrite_frequency": 3}},
                "ema_overwrite_frequency",
            ),
            ({"jit_compile": True}, "jit_compile=True"),
            ({"steps_per_execution": 4}, "steps_per_execution=4"),
        ],
    )
    def test_what_cannot_work_is_refused(self, options, message):
        from kerasrecipes.strategies.tf_distribute import refuse

        if "optimizer" in options:
            options = {"optimizer": keras.optimizers.SGD(**options["optimizer"])}
        with pytest.raises(UserError, match=f"^{message} does not work on several devices"):
            refuse(small(**options))

    def test_a_model_with_a_step_of_its_own_is_refused(self):
        from kerasrecipes.strategies.tf_distribute import refuse

        class Own(keras.Model):
            def train_step(self, data):
                return {}

        model = Own()
        model.compile("sgd", "mse")
        with pytest.raises(UserError, match="a model with a train_step of its own"):
            refuse(model)
        refuse(small())

    def test_losses_without_one_reduction_are_refused(self):
        from kerasrecipes.strategies.tf_replica_model import reduction_of

        assert reduction_of(small()) == "rows"
        assert reduction_of(small(loss=keras.losses.MeanSquaredError(reduction="sum"))) == "sum"
        with pytest.raises(UserError, match="or none"):
            reduction_of(small(loss=keras.losses.MeanSquaredError(reduction=None)))

    @pytest.mark.parametrize("replicas", [1, 2, 3, 5])
    def test_slices_cover_a_batch_once(self, replicas):
        import tensorflow as tf

        from kerasrecipes.strategies.tf_distribute import cut

        for rows in range(1, 12):
            x = tf.range(rows)
            pieces = [
                cut((x, {"y": x}), tf.constant(replica), replicas) for replica in range(replicas)
            ]
            owned = [int(row) for piece in pieces for row in piece["batch"][0][: piece["own"]]]
            assert owned == list(range(rows))
            assert all(len(piece["batch"][1]["y"]) for piece in pieces)

    def test_every_batch_normalization_is_found(self):
        from kerasrecipes.strategies.tf_distribute import layers_of

        normalize = [keras.layers.BatchNormalization() for _ in range(3)]
        inside = keras.Sequential(
            [keras.Input((4, 2)), keras.layers.TimeDistributed(normalize[0]), normalize[1]]
        )
        model = keras.Sequential([keras.Input((4, 2)), inside, normalize[2]])
        found = [
            layer
            for layer in layers_of(model)
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        assert {id(layer) for layer in found} == {id(layer) for layer in normalize}

    def test_data_parallelism_of_keras_is_refused(self):
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0"]))
        try:
            with pytest.raises(UserError, match="does nothing on TensorFlow"):
                strategies.select("auto")
        finally:
            keras.distribution.set_distribution(None)
