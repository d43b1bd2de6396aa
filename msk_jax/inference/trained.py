"""Trained folds on the disk: which there are, what they take, and how their ages are corrected."""

import dataclasses
import pathlib

from absl import logging

from msk_jax.inference import reading
from msk_jax.io import errors
from msk_jax.predictions import alike, bias
from msk_jax.training import model_card, results

BEST = "best"  # the folder of the best checkpoint


@dataclasses.dataclass(frozen=True)
class Fold:
  """One trained fold: its folder and card."""

  folder: pathlib.Path
  card: model_card.ModelCard


def find(path: pathlib.Path) -> list[Fold]:
  """Returns the finished folds in a model's folder, or the one whose folder is given, by number.

  Args:
    path: `<workdir>/models/<model>`, or `<workdir>/models/<model>/fold_<k>`.

  Raises:
    InputError: no such folder, no finished fold in it, or folds of different networks.
  """
  if _is_begun(path):
    folders = [path]
  else:
    numbered = {f.name.removeprefix("fold_"): f for f in path.glob("fold_*") if _is_begun(f)}
    folders = [numbered[number] for number in sorted(filter(str.isdecimal, numbered), key=int)]
  finished = [folder for folder in folders if results.read(folder) is not None]
  if not finished:
    raise errors.InputError(
      f"--model: {'the training is not finished' if folders else 'no trained fold'} in {path}. Give "
      "<workdir>/models/<view>/<backbone> for all folds trained so far or .../fold_<k> for one; "
      "python -m msk_jax.train trains, and goes on where it stopped."
    )
  if len(finished) < len(folders):
    logging.warning("%d of %d folds are still in training and left out", len(folders) - len(finished), len(folders))
  folds = [Fold(folder, model_card.read(folder)) for folder in finished]
  if difference := alike.describe_difference("--model", finished):
    raise errors.InputError(
      f"{difference}, so their ages can't be averaged. Give one fold, or train all with the same settings."
    )
  return folds


def wanted(fold: Fold) -> reading.Wanted:
  """Returns what images a fold's network takes."""
  return reading.Wanted(fold.card.view, fold.card.is_padded, fold.card.image_shape)


def correction(folds: list[Fold]) -> bias.BiasCorrection | None:
  """Returns the bias correction of the folds' mean, None where none is fitted.

  For several folds that of the model's folder counts, else the mean of the folds' own, if each has one; for one fold
  its own, else the model's.
  """
  of_model = bias.read(folds[0].folder.parent)
  of_folds = [bias.read(fold.folder) for fold in folds]
  fitted = [one for one in of_folds if one is not None]
  if len(folds) > 1 and of_model is not None:
    return of_model
  if len(fitted) == len(folds):
    return bias.mean_of(fitted)
  if fitted:
    logging.warning("%d of %d folds have a bias correction: none is applied", len(fitted), len(folds))
  return of_model if len(folds) == 1 else None


def _is_begun(folder: pathlib.Path) -> bool:
  return folder.is_dir() and ((folder / model_card.FILE_NAME).exists() or (folder / results.FILE_NAME).exists())
