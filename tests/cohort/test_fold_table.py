"""The map of folds on disk keeps its name and its number of folds, whoever leaves."""

import pandas as pd
import pytest

from msk_jax.cohort import fold_table
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables
from msk_jax.upkeep import purge_files
from msk_jax.upkeep.workdir_files import WorkdirFiles

_TABLE = pd.DataFrame({"eid": [str(9_000_001 + i) for i in range(4)], "fold": range(4)})


def test_an_empty_last_fold_changes_no_number(tmp_path):
  fold_table.write(tmp_path, FoldMap.drawn(_TABLE))
  before = fold_table.read(tmp_path)
  purge_files.take_out(WorkdirFiles(tmp_path), "cohort/folds.parquet", {"9000004"})
  after = fold_table.read(tmp_path)
  assert after.table["fold"].tolist() == [0, 1, 2]
  assert (after.name, after.num_folds) == (before.name, before.num_folds) and before.num_folds == 4


@pytest.mark.parametrize("num_people", [4, 3])
def test_a_map_of_an_earlier_version_has_as_many_folds_as_its_people_say(num_people, tmp_path):
  table = _TABLE[:num_people]
  tables.write(fold_table.path_of(tmp_path), table, cohort_tables.FOLDS, {"hash": FoldMap.drawn(table).name})
  assert fold_table.read(tmp_path).num_folds == num_people
