"""Variables that fed a dimension's own models are recognised from these models' inputs."""

import pandas as pd

from msk_jax.associations import circular
from msk_jax.cohort import scalar_tables
from msk_jax.ensembling import ensemble_record
from msk_jax.io import atomic


def _write(folder, name, features):
  table = pd.DataFrame({"eid": pd.array(["9000001"], dtype="string"), "instance": [0]})
  scalar_tables.write(folder, name, table.assign(**dict.fromkeys(features, 1.0)))


def _record(workdir, node, inputs):
  record = {"schema": ensemble_record.SCHEMA, "version": ensemble_record.VERSION, "inputs": inputs, "members": []}
  atomic.write_json(ensemble_record.path_of(workdir, "sample", node), record)


def test_features_of_the_sets_below_a_model(tmp_path):
  _write(tmp_path / "cohort", "hand_grip", ["left_hand_grip_kg", "right_hand_grip_kg"])
  _write(tmp_path / "cohort", "anthropometry", ["weight_kg"])
  _write(tmp_path / "cohort", "own_set", ["own_measure"])
  _record(tmp_path, "scalars/ensemble", ["scalars/hand_grip/elastic_net", "scalars/own_set/mlp"])
  _record(tmp_path, "general", ["scalars/ensemble", "knee/inception_v3"])
  index = pd.DataFrame(
    {
      "variable": ["46", "grip", "21002", "own_measure", "31", "21000_1001", "30600"],
      "field": ["46", "", "21002", "", "31", "21000", "30600"],
      "feature": ["left_hand_grip_kg", "right_hand_grip_kg", "weight_kg", "", "", "", ""],
    }
  )
  models = {"general": "general", "scalars": "scalars/ensemble", "knee": "knee/inception_v3"}
  flags = circular.flag(tmp_path, models, "sample", index)
  own = {"46", "grip", "own_measure", "31", "21000_1001"}
  assert set(flags["scalars"]) == set(flags["general"]) == own
  assert flags["scalars"]["46"] == "a feature of the scalar set hand_grip"
  assert set(flags["knee"]) == {"31", "21000_1001"}


def test_a_field_is_recognised_without_a_feature_name(tmp_path):
  _write(tmp_path / "cohort", "anthropometry", ["weight_kg"])
  index = pd.DataFrame({"variable": ["w", "x"], "field": ["21002", "21001"], "feature": ["", ""]})
  flags = circular.flag(tmp_path, {"scalars": "scalars/all/lightgbm"}, "sample", index)
  assert set(flags["scalars"]) == {"w"}
