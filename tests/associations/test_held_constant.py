"""Covariates and clusters of samples."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import held_constant
from msk_jax.io import errors

_IDS = ["9000001", "9000002", "9000003"]


def _cohort():
  participants = pd.DataFrame({"eid": _IDS, "sex": [0, 1, 1], "ethnicity": [1001, 1001, 3]})
  visits = pd.DataFrame(
    {
      "eid": ["9000001", "9000001", "9000002", "9000003"],
      "instance": [0, 2, 0, 0],
      "age_years": [50.0, 58.0, 60.0, 52.0],
      "centre": [11010, 11010, 11012, 11010],
    }
  )
  return participants.astype({"eid": "string"}), visits.astype({"eid": "string"})


def test_age_is_that_of_the_visit_and_the_commonest_level_is_the_reference():
  participants, visits = _cohort()
  samples = visits[["eid", "instance"]].iloc[::-1].reset_index(drop=True)
  got = held_constant.covariates(samples, participants, visits, ["age_squared", "age_x_sex", "centre"])
  assert got.names == ("age", "sex", "ethnicity_3", "age_squared", "age_x_sex", "centre_11012")
  np.testing.assert_allclose(got.values[:, 0], [52, 60, 58, 50])
  np.testing.assert_allclose(got.values[:, 2], [1, 0, 0, 0])
  np.testing.assert_allclose(got.values[:, 3], np.array([-3, 5, 3, -5]) ** 2)
  np.testing.assert_allclose(got.values[:, 5], [0, 1, 0, 0])


def test_a_visit_without_an_age_is_counted_and_a_stranger_refused():
  participants, visits = _cohort()
  samples = pd.DataFrame({"eid": pd.array(["9000002"], dtype="string"), "instance": [3]})
  got = held_constant.covariates(samples, participants, visits)
  assert got.num_without_age == 1 and np.isnan(got.values[0, 0])
  stranger = samples.assign(eid=pd.array(["9000009"], dtype="string"))
  with pytest.raises(errors.InputError, match="not in the cohort"):
    held_constant.covariates(stranger, participants, visits)


def test_relatives_and_visits_are_one_cluster(tmp_path):
  path = tmp_path / "rel.dat"
  path.write_text("ID1 ID2 HetHet IBS0 Kinship\n9000001 9000003 0.1 0.01 0.25\n")
  samples = _cohort()[1][["eid", "instance"]]
  groups = held_constant.groups(samples, [path], _IDS)
  assert groups.unit == "family" and groups.num_people == 3
  assert groups.cluster[0] == groups.cluster[1] == groups.cluster[3] != groups.cluster[2]
  alone = held_constant.groups(samples, [], _IDS)
  assert alone.unit == "participant" and len(set(alone.cluster.tolist())) == 3
