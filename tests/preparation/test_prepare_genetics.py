"""The table of genetic fields: written where the tables have principal components, absent elsewhere."""

import pytest

from msk_jax.imaging import dxa_ingest
from msk_jax.io import run_record, tables
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables
from tests.preparation import raw_data


def _spec(root) -> DataSpec:
  return DataSpec(kind="ukb", root=str(root), workers=0, scalars_only=True)


@pytest.fixture
def root(tmp_path):
  made = raw_data.make_ukb(tmp_path / "ukb")
  rows = [f"{eid},30,31" for eid in raw_data.EIDS]
  (made / "tables" / "grip.csv").write_text("\n".join(["eid,46-0.0,47-0.0", *rows]) + "\n")
  return made


def _add_components(root, eids) -> None:
  rows = [f"{eid},-3,0.01,{i / 10},{i / 20}" for i, eid in enumerate(eids)]
  header = "eid,p22000,p22005,p22009_a1,p22009_a2"
  (root / "tables" / "genetics.csv").write_text("\n".join([header, *rows]) + "\n")


def test_without_components_nothing_is_written_or_recorded(root, tmp_path):
  prepare.prepare(_spec(root), tmp_path / "work")
  record = run_record.read(tmp_path / "work" / "cohort")
  assert not (tmp_path / "work" / "cohort" / "genetics.parquet").exists()
  assert "genetics" not in record["inputs"] and "genetics" not in record["results"]


def test_components_of_the_cohort_are_written_without_the_withdrawn(root, tmp_path, capfd):
  _add_components(root, [*raw_data.EIDS[:10], "9000900"])
  prepare.prepare(_spec(root), tmp_path / "work")
  path = tmp_path / "work" / "cohort" / "genetics.parquet"
  table = tables.read(path, cohort_tables.GENETICS)
  assert table["eid"].tolist() == [eid for eid in raw_data.EIDS[:10] if eid not in raw_data.WITHDRAWN]
  assert tables.read_extra(path, cohort_tables.GENETICS) == {"num_pcs": 2}
  record = run_record.read(tmp_path / "work" / "cohort")
  assert record["results"]["genetics"]["people"] == 9
  assert "genotyped" in capfd.readouterr().err
  assert "cohort/genetics.parquet" in record["results"]["files"]


def test_a_rerun_does_nothing_and_a_later_table_is_read_and_taken_away_again(root, tmp_path, caplog, monkeypatch):
  workdir = tmp_path / "work"
  prepare.prepare(_spec(root), workdir)
  _add_components(root, raw_data.EIDS)
  prepare.prepare(_spec(root), workdir)
  assert (workdir / "cohort" / "genetics.parquet").exists()
  monkeypatch.setattr(dxa_ingest, "ingest_zips", None)
  with caplog.at_level("INFO"):
    prepare.prepare(_spec(root), workdir)
  assert "nothing to do" in caplog.text
  (root / "tables" / "genetics.csv").unlink()
  prepare.prepare(_spec(root), workdir)
  assert not (workdir / "cohort" / "genetics.parquet").exists()


def test_a_cohort_of_before_is_made_again_where_its_tables_have_components(root, tmp_path):
  _add_components(root, raw_data.EIDS)
  workdir = tmp_path / "work"
  prepare.prepare(_spec(root), workdir)
  record = run_record.read(workdir / "cohort")
  (workdir / "cohort" / "genetics.parquet").unlink()
  results = record["results"]
  del results["files"]["cohort/genetics.parquet"]
  inputs = {name: value for name, value in record["inputs"].items() if name != "genetics"}
  run_record.write(workdir / "cohort", "prepare", record["settings"], inputs, results=results)
  prepare.prepare(_spec(root), workdir)
  assert (workdir / "cohort" / "genetics.parquet").exists()
