"""The table of trials, best first, and the record of the search beside it."""

import dataclasses
from typing import Any

import pandas as pd

from msk_jax.io import outputs, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import tuning_tables
from msk_jax.training import job
from msk_jax.tuning import advice, comparison, search, spec, trial, validation

NAME = "trials"
_FILES = (f"{NAME}.parquet", f"{NAME}.csv")
_SCORES = {
  "validation_rmse_years": "rmse",
  "validation_r2": "r2",
  "difference_years": "difference",
  "difference_low_years": "low",
  "difference_high_years": "high",
  "share_best": "share_best",
}


@dataclasses.dataclass(frozen=True)
class Table:
  """The trials of a search.

  Attributes:
    rows: schema tuning_trials.
    comparison: of the finished ones; None if there is none.
  """

  rows: pd.DataFrame
  comparison: comparison.Comparison | None

  @property
  def num_unfinished(self) -> int:
    """Trials that could still be trained."""
    return int(self.rows["state"].isin([trial.PAUSED, trial.NOT_BEGUN, trial.FAILED]).sum())


def settings_of(settings: spec.TuneSpec) -> dict[str, Any]:
  """Returns the settings of a search, as its run record has them."""
  return dataclasses.asdict(settings)


def make(of: search.Search) -> Table:
  """Returns the table as things stand; reads validation samples alone (`validation.py`)."""
  seen = {each.number: _look(of, each) for each in of.trials}
  finished = {number: one for number, one in seen.items() if one is not None}
  compared = comparison.compare({number: one.predicted for number, one in finished.items()}, of.settings)
  rows = [_row(of, each, finished.get(each.number), compared) for each in of.trials]
  table = pd.DataFrame(rows).sort_values("validation_rmse_years", kind="stable", na_position="last")
  return Table(table.reset_index(drop=True), compared)


def _look(of: search.Search, one: trial.Trial) -> validation.Seen | None:
  """Returns what the choice sees of a trial; None if it has not finished on this call's data, under its limits."""
  note = trial.read_note(one.folder)
  if one.too_large or note.state != trial.FINISHED or note.data != of.data:
    return None
  seen = validation.look(one.training_folder)
  limits = one.settled.experiment.train.limits
  if seen is None or limits.ending(seen.ended["epochs"], seen.ended["best_epoch"]) is None:
    return None
  return seen


def write(of: search.Search, table: Table, *, is_complete: bool) -> None:
  """Writes the table and, once all trials are done, the run record; does nothing if they are up to date.

  Args:
    of: the search.
    table: from `make`.
    is_complete: whether no trial is left that this call could have trained.
  """
  if not is_complete:
    run_record.remove(of.folder)
    tables.write_with_csv(of.folder, NAME, table.rows, tuning_tables.TRIALS)
    return
  experiment = job.settings_of(of.default, of.call.view, of.call.data_kind)
  limits = of.default.train.limits.to_json()
  settings = {"tune": settings_of(of.settings), "training": experiment, "limits": limits}
  output = outputs.Output("tune", of.folder, settings, of.hashes | _hash_trials(of))
  if outputs.is_up_to_date(output, lambda: outputs.list_damage(of.folder)):
    return
  run_record.remove(of.folder)
  tables.write_with_csv(of.folder, NAME, table.rows, tuning_tables.TRIALS)
  outputs.finish(output, {**_results(of, table), outputs.FILES: run_record.describe_files(of.folder, _FILES)})


def _hash_trials(of: search.Search) -> dict[str, str]:
  paths = [each.folder / trial.NOTE_NAME for each in of.trials]
  files = (split_folder.RESULT_NAME, split_table.FILE_NAME)
  paths += [each.training_folder / name for each in of.trials for name in files]
  return outputs.hash_files(of.call.workdir, paths)


def _results(of: search.Search, table: Table) -> dict[str, Any]:
  facts: dict[str, Any] = {"states": table.rows["state"].value_counts().to_dict()}
  if table.comparison is not None:
    best = of.trials[table.comparison.best]
    facts |= {"chosen": best.number, "changes": dict(best.changes), "says": table.comparison.judge()}
    facts["command"] = advice.training_command(best)
  return facts


def _row(
  of: search.Search, one: trial.Trial, seen: validation.Seen | None, compared: comparison.Comparison | None
) -> dict[str, Any]:
  note = trial.read_note(one.folder)
  has_scores = seen is not None and compared is not None
  ended = seen.ended if seen is not None else {}
  scores = compared.rows.loc[one.number] if has_scores else {}
  values = {name.partition(".")[2]: value for name, value in search.values_of(one.settled.experiment).items()}
  state, reason = _state(of, one, note, seen)
  return {
    "trial": one.number,
    "role": _role(one, compared),
    "state": state,
    "reason": reason,
    **{name: float(scores.get(key, float("nan"))) for name, key in _SCORES.items()},
    "num_people": compared.num_people if has_scores else pd.NA,
    "num_samples": compared.num_samples if has_scores else pd.NA,
    "epochs": ended.get("epochs", pd.NA),
    "best_epoch": ended.get("best_epoch", pd.NA),
    "ending": _ending(ended),
    "minutes": note.minutes,
    **{**values, "augment": str(values["augment"]).lower()},
    "folder": one.folder.relative_to(of.folder).as_posix(),
  }


def _state(
  of: search.Search, one: trial.Trial, note: trial.Note, seen: validation.Seen | None
) -> tuple[trial.State, str]:
  """Returns how a trial stands, and why it is not finished."""
  if one.too_large:
    return trial.TOO_LARGE, one.too_large
  if note.state == trial.FINISHED and note.data != of.data:
    return trial.NOT_BEGUN, "the data have changed since it finished: it is looked at in its turn"
  if note.state == trial.FINISHED and seen is None:
    return trial.PAUSED, "it continues with this call's limits on epochs and patience"
  if note.state == trial.DIVERGED and note.data != of.data:
    return trial.NOT_BEGUN, "it diverged on other data"
  return note.state, note.reason


def _role(one: trial.Trial, compared: comparison.Comparison | None) -> str:
  roles = (
    ("default", one.number == comparison.DEFAULT),
    ("best", compared is not None and compared.best == one.number),
  )
  return ", ".join(name for name, holds in roles if holds)


def _ending(ended: dict[str, Any]) -> str:
  return f"{ended.get('ending', '')}{' (still improving)' if ended.get('still_improving') else ''}"
