"""What the stage `xwas` reads: the cohort's measurements, and tables as people have them."""

import logging

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import files, run, spec, variables
from msk_jax.cohort import scalar_fields, scalar_tables
from msk_jax.io import errors
from tests.associations import small_study


def _settings(**changes):
  return spec.XwasSpec(**{"has_figures": False, "sensitivity": (), **changes})


def test_measurements_of_the_cohort_are_variables(tmp_path):
  paths = small_study.make(tmp_path)
  keys = pd.read_csv(paths["accelerations"], dtype={"eid": "string"})[["eid", "instance"]].astype({"instance": "int8"})
  rng = np.random.default_rng(0)
  names = [feature.name for feature in scalar_fields.FEATURES["hand_grip"]]
  measured = keys.assign(**{name: rng.normal(30, 5, len(keys)) for name in names})
  scalar_tables.write(tmp_path / "cohort", "hand_grip", measured)
  table = tmp_path / "ukb1.csv"
  first = keys[keys["instance"] == 0]
  pd.DataFrame({"eid": first["eid"], "1558-0.0": rng.integers(1, 7, len(first))}).to_csv(table, index=False)
  run.make_xwas(files.Places(tmp_path, tables=(table,), accelerations=paths["accelerations"]), _settings())
  made = variables.load(tmp_path / "xwas" / "variables")
  assert {"1558", "46", "47"} <= set(made.names())


def test_one_large_family_gives_no_result_but_a_reason(tmp_path):
  paths = small_study.make(tmp_path)
  eids = pd.read_csv(paths["accelerations"], dtype=str)["eid"].unique()
  pairs = [f"{eids[0]} {other} 0.1 0.01 0.25" for other in eids[1:-10]]
  paths["relatedness"].write_text("ID1 ID2 HetHet IBS0 Kinship\n" + "\n".join(pairs) + "\n")
  places = files.Places(
    tmp_path,
    relatedness=(paths["relatedness"],),
    own_table=paths["own_table"],
    accelerations=paths["accelerations"],
  )
  run.make_xwas(places, _settings())
  table = run.read_associations(tmp_path)
  assert (table["reason"] != "").all() and table["neg_log10_p"].isna().all()
  assert "families" in table["reason"].iloc[0]


@pytest.mark.parametrize(
  ("before", "after", "said"),
  [
    ("v1,continuous", "v1,continous", "kind must be one of .*, skip, got `continous`"),
    ("v1,continuous", "v1,diagnosis", "kind must be one of"),
    ("v1,continuous", "v2,continuous", "names the column v2 twice"),
    ("column,kind", "column,type", "unknown columns: `type`"),
    (",", ";", "separated by commas"),
  ],
)
def test_a_table_of_kinds_with_slips_is_refused(tmp_path, before, after, said):
  paths = small_study.make(tmp_path)
  paths["kinds"].write_text(paths["kinds"].read_text().replace(before, after))
  places = files.Places(
    tmp_path, own_table=paths["own_table"], kinds=paths["kinds"], accelerations=paths["accelerations"]
  )
  with pytest.raises(errors.InputError, match=said):
    run.make_xwas(places, _settings())


def test_the_column_of_visits_may_have_capitals(tmp_path):
  paths = small_study.make(tmp_path)
  for name in ("own_table", "accelerations"):
    pd.read_csv(paths[name]).rename(columns={"instance": "Instance"}).to_csv(paths[name], index=False)
  run.make_xwas(files.Places(tmp_path, own_table=paths["own_table"], accelerations=paths["accelerations"]), _settings())
  table = run.read_associations(tmp_path)
  assert "Instance" not in set(table["variable"]) and set(table["dimension"]) == {"hip", "knee"}


def test_accelerations_without_visits_are_of_the_first_and_said_so(tmp_path, caplog):
  paths = small_study.make(tmp_path)
  own = pd.read_csv(paths["accelerations"])
  own[own["instance"] == 0].drop(columns="instance").to_csv(paths["accelerations"], index=False)
  with caplog.at_level(logging.WARNING):
    run.make_xwas(
      files.Places(tmp_path, own_table=paths["own_table"], accelerations=paths["accelerations"]), _settings()
    )
  assert "HAS NO COLUMN `instance`" in caplog.text


@pytest.mark.parametrize("absent", ["41280", "53"])
def test_diagnoses_that_cannot_be_dated_say_so(tmp_path, capsys, absent):
  paths = small_study.make(tmp_path)
  visits = pd.read_parquet(tmp_path / "cohort" / "visits.parquet")
  eid = visits.loc[visits["instance"] == 0, "eid"].astype(str).to_numpy()
  has_it = np.arange(len(eid)) % 4 == 0
  cells = {"41270-0.0": "A001", "41280-0.0": "2005-01-01"}
  table = pd.DataFrame({"eid": eid, **{name: np.where(has_it, cell, "") for name, cell in cells.items()}})
  table = table.assign(**{"53-0.0": "2010-01-01", "1558-0.0": np.arange(len(eid)) % 6 + 1})
  kept = [name for name in table if not name.startswith(absent)]
  table[kept].to_csv(tmp_path / "ukb1.csv", index=False)
  places = files.Places(tmp_path, tables=(tmp_path / "ukb1.csv",), accelerations=paths["accelerations"])
  run.make_xwas(places, _settings())
  index = pd.read_parquet(tmp_path / "xwas" / "variables" / "index.parquet").set_index("variable")
  assert f"no dates in field {absent}" in index.loc["icd10_A00", "reason"]
  assert f"no dates in field {absent}" in capsys.readouterr().out


def test_cells_that_differ_between_tables_are_said(tmp_path, capsys):
  paths = small_study.make(tmp_path)
  eid = pd.read_csv(paths["accelerations"], dtype=str)["eid"].unique()
  for k in (1, 2):
    answers = np.arange(len(eid)) % 6 + 1 if k == 1 else np.full(len(eid), 4)
    pd.DataFrame({"eid": eid, "1558-0.0": answers}).to_csv(tmp_path / f"ukb{k}.csv", index=False)
  tables = (tmp_path / "ukb1.csv", tmp_path / "ukb2.csv")
  run.make_xwas(files.Places(tmp_path, tables=tables, accelerations=paths["accelerations"]), _settings())
  assert "cells differing between tables" in capsys.readouterr().out
