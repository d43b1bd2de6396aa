"""UK Biobank's tables, lists of withdrawals and the relatedness file, found and read as `prepare` does."""

import datetime
import gzip
import pathlib

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from msk_jax.cohort import demographics, families, withdrawals
from msk_jax.preparation import layout
from msk_jax.preparation.spec import DataSpec
from tests.mutants import table_changes
from tests.mutants.form import Form, Reading, digest
from tests.preparation import raw_data

_SPEC = DataSpec(kind="ukb", scalars_only=True, workers=0)
_TODAY = datetime.date(2026, 1, 1)


def _make(folder: pathlib.Path) -> None:
  (folder / "tables").mkdir()
  rows = [raw_data.HEADER, *raw_data.table_rows()]
  (folder / "tables" / "ukb1.csv").write_text("\n".join(rows) + "\n")
  (folder / "w1_20240101.csv").write_text("\n".join(raw_data.WITHDRAWN) + "\n")
  lines = ["ID1 ID2 HetHet IBS0 Kinship", *(f"{a} {b} 0.08 0.01 0.25" for a, b in raw_data.RELATIVES)]
  (folder / "ukb_rel.dat").write_text("\n".join(lines) + "\n")


def _make_tab(folder: pathlib.Path) -> None:
  _make(folder)
  path = folder / "tables" / "ukb1.csv"
  path.with_suffix(".tab").write_text(path.read_text().replace(",", "\t").replace("eid", "f.eid"))
  path.unlink()


def _make_gzip(folder: pathlib.Path) -> None:
  _make(folder)
  path = folder / "tables" / "ukb1.csv"
  (folder / "tables" / "ukb1.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
  path.unlink()


def _make_parquet(folder: pathlib.Path) -> None:
  _make(folder)
  path = folder / "tables" / "ukb1.csv"
  table = pa.Table.from_pandas(pd.read_csv(path), preserve_index=False)
  pq.write_table(table, folder / "tables" / "ukb1.parquet", write_page_checksum=True)
  path.unlink()


def _read(folder: pathlib.Path) -> Reading:
  files = layout.find(_SPEC, folder, folder / "tmp")
  files.hashes()
  people = demographics.read(files.tables, {0, 2}, today=_TODAY)
  lists = withdrawals.read(files.withdrawals)
  withdrawals.check_size(lists, people.participants["eid"].tolist(), confirmed=False)
  related = families.read(files.kinship)
  counted = {**people.counts, **related.counts, **files.passed_over}
  for of_file in people.file_counts.values():
    counted |= of_file
  counted["withdrawn"] = len(withdrawals.union(lists))
  counted["participants"], counted["visits"] = len(people.participants), len(people.visits)
  gone = sorted(withdrawals.union(lists))
  return Reading(digest(people.participants, people.visits, gone, related.pairs), counted)


FORMS = (
  Form("table.csv", _make, _read, ("tables/ukb1.csv",), is_text=True, share=2.0),
  Form("table.tab", _make_tab, _read, ("tables/ukb1.tab",), is_text=True),
  Form("table.csv.gz", _make_gzip, _read, ("tables/ukb1.csv.gz",), table_changes.OF_GZIP, is_checked=True, share=0.6),
  Form("table.parquet", _make_parquet, _read, ("tables/ukb1.parquet",), table_changes.OF_PARQUET),
  Form("withdrawals", _make, _read, ("w1_20240101.csv",), is_text=True),
  Form("relatives", _make, _read, ("ukb_rel.dat",), is_text=True),
)
