"""Somebody withdraws: scalar models stay, without their predictions. Anything else that changes makes them again."""

import dataclasses
import pathlib

import pytest

from msk_jax.cohort import fold_table, scalar_tables, source, withdrawal_memory
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import errors, locks, run_record, tables
from msk_jax.predictions import trained_with_withdrawn
from msk_jax.scalar_models import kept, run, set_importances, spec
from msk_jax.schemas import cohort_tables
from msk_jax.tabular import linear, nested
from msk_jax.upkeep import check_people
from msk_jax.upkeep.workdir_files import WorkdirFiles
from tests.tabular import scalar_cohort

_SPEC = spec.ScalarsSpec(algorithms=("elastic_net",), num_trials=1, permutation_repeats=0, threads=2)
_GONE = "9000005"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
  monkeypatch.setattr(linear.ElasticNet, "least_trials", 1)
  monkeypatch.setattr(
    set_importances.importance_figure,
    "draw",
    lambda path, *_: [path.with_suffix(end).touch() for end in (".png", ".svg")],
  )


@pytest.fixture
def workdir(tmp_path) -> pathlib.Path:
  scalar_cohort.write_workdir(tmp_path)
  source.write(tmp_path, {"kind": "table", "root": ""})  # whose search spaces suit the number of rows
  run.run(_SPEC, tmp_path, "table")
  return tmp_path


def _prepare_without(workdir: pathlib.Path, eid: str) -> None:
  """Takes somebody out of the cohort, as `prepare` does."""
  cohort = workdir / cohort_tables.FOLDER
  for name, schema in (("participants", cohort_tables.PARTICIPANTS), ("visits", cohort_tables.VISITS)):
    table = tables.read(path := cohort / f"{name}.parquet", schema)
    tables.write(path, table[table["eid"] != eid], schema)
  folds = fold_table.read(workdir)
  fold_table.write(workdir, FoldMap(folds.table[folds.table["eid"] != eid], folds.name))
  for name in scalar_tables.names(cohort):
    table = scalar_tables.read(cohort, name)
    scalar_tables.write(cohort, name, table[table["eid"] != eid])


def _fitted(workdir: pathlib.Path) -> dict[pathlib.Path, bytes]:
  return {path: path.read_bytes() for path in (workdir / "models").rglob("fold_*/*") if path.suffix != ".parquet"}


def _holding(workdir: pathlib.Path) -> list[str]:
  files = WorkdirFiles(workdir)
  return [
    name
    for name in files.under("models")
    if name.endswith("ns.parquet") and _GONE in check_people.read_people(files, name)
  ]


@pytest.mark.parametrize("is_prepared", [True, False], ids=["after prepare", "by --withdrawn"])
def test_a_withdrawal_fits_nothing_again(is_prepared, workdir, monkeypatch, caplog):
  caplog.set_level("INFO")
  fitted = _fitted(workdir)
  assert len(_holding(workdir)) == 3 * 2  # validation and test, in three sets
  withdrawal_memory.remember(workdir, [_GONE])
  if is_prepared:
    _prepare_without(workdir, _GONE)
  withdrawn = () if is_prepared else (_GONE,)
  with monkeypatch.context() as patch:
    patch.setattr(nested, "search", None)
    patch.setattr(nested, "refit", None)
    run.run(_SPEC, workdir, "table", withdrawn)
    assert caplog.text.count("is kept: it was fitted on the same samples and 1 of people who have withdrawn") == 3
    assert _fitted(workdir) == fitted and _holding(workdir) == []
    caplog.clear()
    run.run(_SPEC, workdir, "table", withdrawn)
  assert "kept" not in caplog.text and caplog.text.count("nothing to do: scalars/") == 3
  listed = trained_with_withdrawn.note(workdir, [])
  assert {row[0] for row in listed} == {f"scalars/{name}/elastic_net" for name in ("body", "grip", "all")}


def test_a_withdrawal_does_not_change_the_space_of_a_kept_model(workdir, monkeypatch):
  record = run_record.read(workdir / "models/scalars/body/elastic_net")
  monkeypatch.setattr(linear.ElasticNet, "sized_space", lambda self, num_rows: {**self.space, "alpha": num_rows})
  monkeypatch.setattr(nested.search_lib, "rules", lambda space: {"alpha": str(space["alpha"])})
  path = workdir / "models/scalars/body/elastic_net/run.json"
  settings = {**record["settings"], "search": {"alpha": str(record["results"]["smallest_fit_rows"]), "is_sized": True}}
  run_record.write(path.parent, "scalars", settings, record["inputs"], (), record["results"])
  withdrawal_memory.remember(workdir, [_GONE])
  _prepare_without(workdir, _GONE)
  monkeypatch.setattr(nested, "search", None)
  for _ in range(2):
    run.run(dataclasses.replace(_SPEC, sets=("body",)), workdir, "table")


def _change_a_value(workdir: pathlib.Path) -> None:
  cohort = workdir / cohort_tables.FOLDER
  table = scalar_tables.read(cohort, "body")
  table.loc[table["eid"] == "9000006", "waist_cm"] += 1
  scalar_tables.write(cohort, "body", table)


def _leave_without_withdrawing(workdir: pathlib.Path) -> None:
  _prepare_without(workdir, "9000006")


def _damage(workdir: pathlib.Path) -> None:
  (workdir / "models/scalars/body/elastic_net/fold_0/model_test.json").unlink()


@pytest.mark.parametrize("change", [_change_a_value, _leave_without_withdrawing, _damage])
def test_anything_else_makes_the_model_again(change, workdir, monkeypatch):
  withdrawal_memory.remember(workdir, [_GONE])
  _prepare_without(workdir, _GONE)
  change(workdir)
  monkeypatch.setattr(nested, "search", None)
  with pytest.raises(TypeError):
    run.run(dataclasses.replace(_SPEC, sets=("body",)), workdir, "table")


def test_other_settings_make_the_model_again(workdir, monkeypatch):
  withdrawal_memory.remember(workdir, [_GONE])
  _prepare_without(workdir, _GONE)
  monkeypatch.setattr(nested, "search", None)
  with pytest.raises(TypeError):
    run.run(dataclasses.replace(_SPEC, sets=("body",), seed=1), workdir, "table")


class _KilledError(BaseException):
  """A kill."""


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_a_kill_in_between_leaves_nobody_and_fits_nothing_again(after, workdir, monkeypatch):
  """The person is tested in a fold before that in which the person is validated on."""
  folder = workdir / "models/scalars/body/elastic_net"
  listed = run_record.read(folder)["results"]["files"].keys()
  withdrawal_memory.remember(workdir, [_GONE])
  _prepare_without(workdir, _GONE)
  left = [after]

  def write(*arguments, real=tables.write):
    left[0] -= 1
    if left[0] < 0:
      raise _KilledError
    real(*arguments)

  monkeypatch.setattr(nested, "search", None)
  with monkeypatch.context() as patch:
    patch.setattr(kept.tables, "write", write)
    with pytest.raises(_KilledError):
      run.run(_SPEC, workdir, "table")
  run.run(_SPEC, workdir, "table")
  results = run_record.read(folder)["results"]
  assert _holding(workdir) == [] and results["files"].keys() == listed and results["samples_withdrawn_since"] == 1


def test_a_model_that_another_process_makes_is_not_changed(workdir):
  withdrawal_memory.remember(workdir, [_GONE])
  _prepare_without(workdir, _GONE)
  held = _holding(workdir)
  lock = workdir / "models/scalars/body/.elastic_net.lock"
  with locks.alone(lock, ""), pytest.raises(errors.InputError, match="another process makes"):
    run.run(_SPEC, workdir, "table")
  assert _holding(workdir) == held
