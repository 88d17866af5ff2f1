"""Tables of TensorFlow Datasets: a small one is prepared here as TFDS prepares its own."""

import numpy as np
import pytest

from kerasrecipes.data import tables
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

tfds = pytest.importorskip("tensorflow_datasets")
pytest.importorskip("tensorflow", reason="TFDS prepares sets with TensorFlow only")

KINDS = ["cat", "dog"]


class TinyPets(tfds.core.GeneratorBasedBuilder):
    """Pets by weight, two lengths and colour."""

    VERSION = tfds.core.Version("1.0.0")
    MODULE_PATH = __file__

    def _info(self):
        features = tfds.features.FeaturesDict(
            {
                "weight": np.float32,
                "lengths": tfds.features.Tensor(shape=(2,), dtype=np.float32),
                "more": {"color": tfds.features.Text()},
                "kind": tfds.features.ClassLabel(names=KINDS),
            }
        )
        return self.dataset_info_from_configs(
            features=features, supervised_keys=({"weight": "weight"}, "kind")
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(0), "test": self._generate_examples(20)}

    def _generate_examples(self, start):
        for number in range(start, start + 20):
            color = ["red", "", "black"][number % 3]
            lengths = np.array([number, 2 * number], np.float32)
            yield (
                number,
                {
                    "weight": number / 2,
                    "lengths": lengths,
                    "more": {"color": color},
                    "kind": number % 2,
                },
            )


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    TinyPets(data_dir=tmp_path).download_and_prepare()


def test_a_prepared_table_is_read_with_all_its_columns(prepared):
    source = tables.tfds("tiny_pets")
    assert source.reachable() is None
    splits = prepare_table(source.load(Request()), ("binary",))
    assert splits.info.classes == ("cat", "dog")
    names = {"lengths_1", "lengths_2", "weight", "color=black", "color=red", "color missing"}
    assert set(splits.info.preprocessor.features) == names
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == 40
    weight = splits.train.x[:, splits.info.preprocessor.features.index("weight")]
    np.testing.assert_array_equal(splits.train.y, (2 * weight).astype(int) % 2)


def test_another_column_may_be_the_target(prepared):
    splits = tables.tfds("tiny_pets").load(Request(options={"target": "color"}))
    assert list(splits.train.y) == ["color"]
    assert len(splits.train) < 28, "rows without a color are left out"


def test_a_table_that_cannot_be_had_is_told_within_seconds(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("kerasrecipes.data.tfds.online", lambda: False)
    with pytest.raises(UserError, match="titanic is not available: it is not prepared in"):
        tables.tfds("titanic").load(Request())
