"""The figure of a split, which has a point for each sample."""

from msk_jax.cohort import split_parts
from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.training import prediction_figure
from msk_jax.upkeep.workdir_files import WorkdirFiles


def names_beside(name: str) -> list[str]:
  """Returns the figures that are drawn of a table of predictions."""
  folder, _, file = name.rpartition("/")
  return [f"{folder}/{figure}" for figure in split_table.FIGURES] if file == split_table.FILE_NAME else []


def draw_again(files: WorkdirFiles, name: str) -> None:
  """Draws the figure of a table of predictions again, if it has an older one; the scores stay those of the training."""
  paths = [files.root / each for each in names_beside(name) if files.has(each)]
  written = (files.root / name).stat().st_mtime_ns if paths else 0
  if all(path.stat().st_mtime_ns >= written for path in paths):
    return
  folder = (files.root / name).parent
  try:
    result = split_folder.read_result(folder)
  except errors.InputError:
    result = None
  if result is None or not all(part in result for part in split_parts.PARTS):
    for figure in names_beside(name):
      (files.root / figure).unlink(missing_ok=True)
    return
  table = split_table.read(folder)
  ages = {
    part: (rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy())
    for part, rows in ((part, table[table["part"] == part]) for part in split_parts.PARTS)
  }
  title = f"{result['model']}, split {result['fold']} ({result['data']})"
  scores = {part: result[part] for part in split_parts.PARTS}
  prediction_figure.draw(folder / split_table.FIGURES[0], title, ages, scores, result["training_age_mean_years"])
