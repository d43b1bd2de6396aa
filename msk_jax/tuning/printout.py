"""What a person sees of a search: the table of trials, what it says, and the command to train with."""

import pandas as pd

from msk_jax.io import printing
from msk_jax.tuning import advice, comparison, trial, trial_table
from msk_jax.tuning.search import FOLD, Search

_WIDTH = 150
_NUMBERS = ("RMSE, years", "R2", "minus default (95%)", "best in", "epochs", "best", "minutes")
_OPTIMISTIC = (
  "The best score is optimistic: these samples chose the trial, and the epoch of each. Intervals hold for all trials\n"
  "at once. They know the noise of people, not that of another seed. The test samples had no part in the choice."
)


def print_search(search: Search, table: trial_table.Table, *, is_complete: bool) -> None:
  """Prints the trials, best first, and, once all are done, the choice.

  Args:
    search: what was searched.
    table: of its trials.
    is_complete: whether no trial is left that could be trained.
  """
  compared = table.comparison
  people = f", {compared.num_people:,} people" if compared is not None else ""
  so_far = "" if is_complete else ", SO FAR"
  title = (
    f"{search.default.model_name}, {search.call.data_kind} data, validation samples of split {FOLD}{people}{so_far}"
  )
  shown = printing.make_table(title, ["trial"], _NUMBERS, ["settings", "ending"])
  for _, row in table.rows.iterrows():
    one = search.trials[row["trial"]]
    settings = f"{one.describe()}{' [default]' if one.number == comparison.DEFAULT else ''}"
    shown.add_row(str(one.number), *_cells(row), settings.replace("[", "\\["), _ending(row))
  printer = printing.printer(_WIDTH)
  printer.print(shown)
  printing.print_text(printer, "\n".join(_describe(search, table, is_complete)), wraps=False)


def _cells(row: pd.Series) -> list[str]:
  bounds = [printing.number(row[f"difference{name}_years"], 2, signed=True) for name in ("", "_low", "_high")]
  has_none = row["trial"] == comparison.DEFAULT or printing.MISSING in bounds
  difference = printing.MISSING if has_none else f"{bounds[0]} ({bounds[1]} to {bounds[2]})"
  share = row["share_best"]
  return [
    printing.number(row["validation_rmse_years"], 2),
    printing.number(row["validation_r2"], 3),
    difference,
    printing.MISSING if share != share else f"{share:.0%}",
    printing.count(row["epochs"]),
    printing.count(row["best_epoch"]),
    printing.number(row["minutes"], 1),
  ]


def _ending(row: pd.Series) -> str:
  if row["state"] == trial.FINISHED:
    return row["ending"]
  return f"{row['state'].upper()}: {row['reason']}" if row["reason"] else row["state"]


def _describe(search: Search, table: trial_table.Table, is_complete: bool) -> list[str]:
  """Returns the lines below the table."""
  files = [f"table        {search.folder / trial_table.NAME}.parquet and .csv"]
  compared = table.comparison
  if not is_complete or compared is None:
    return [f"{table.num_unfinished} trials are left.", *files]
  best = search.trials[compared.best]
  lines = [_say(best, compared)]
  if compared.num_left_out:
    lines.append(f"{compared.num_left_out} validation samples that only some trials have are left out.")
  if table.num_unfinished:
    lines.append(f"{table.num_unfinished} trials FAILED and are not in the choice; the same command tries them again.")
  lines += [_OPTIMISTIC, *files, f"train        {advice.training_command(best)}"]
  if compared.judge() in (comparison.NOT_BETTER, comparison.TOO_FEW):
    lines.append(f"the default  {advice.training_command(search.trials[comparison.DEFAULT])}")
  return lines


def _say(best: trial.Trial, compared: comparison.Comparison) -> str:
  """Returns a sentence on the best trial beside the default."""
  says, row = compared.judge(), compared.rows.iloc[0]
  lowest = f"Trial {best.number} ({best.describe()}) has the lowest validation RMSE"
  if says in (comparison.DEFAULT_IS_BEST, comparison.NO_DEFAULT):
    return f"{lowest}: {says}."
  difference = f"{row['difference']:+.2f} years (95% from {row['low']:+.2f} to {row['high']:+.2f})"
  shown = says if says == comparison.BETTER else says.upper()
  return f"{lowest}, {difference} beside the default: {shown}. It is the best in {row['share_best']:.0%} of draws."
