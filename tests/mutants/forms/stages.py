"""A sample of mutants through a whole stage: `prepare`, from raw files to a cohort."""

import pathlib
import tempfile

from msk_jax.io import atomic, run_record, tables
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables
from tests.mutants.form import Form, Reading, digest
from tests.preparation import raw_data


def _make(folder: pathlib.Path) -> None:
  raw_data.make_ukb(folder / "raw")


def _read(folder: pathlib.Path) -> Reading:
  with tempfile.TemporaryDirectory(dir=folder.parent) as name:
    workdir = pathlib.Path(name)
    try:
      prepare.prepare(DataSpec(kind="ukb", root=str(folder / "raw"), workers=0), workdir)
      return _result(workdir)
    finally:
      assert not [path for path in workdir.rglob("*") if atomic.is_partial(path.name)], "left unfinished files"


def _result(workdir: pathlib.Path) -> Reading:
  record = run_record.read(workdir / cohort_tables.FOLDER)
  assert record is not None
  counted = {name: value for name, value in run_record.flatten(record["results"]).items() if isinstance(value, int)}
  visits = tables.read(workdir / "cohort" / "visits.parquet", cohort_tables.VISITS)
  people = tables.read(workdir / "cohort" / "participants.parquet", cohort_tables.PARTICIPANTS)
  return Reading(
    digest(people, visits), {name: value for name, value in counted.items() if not name.startswith("files.")}
  )


FORMS = (Form("stage.prepare", _make, _read, ("raw/**/*.*",), share=0.2),)
