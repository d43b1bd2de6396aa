"""Trained folds on disk: which there are, and how their ages are corrected."""

import dataclasses
import pathlib

from absl import logging

from msk_jax.io import errors
from msk_jax.predictions import bias, split_folder, split_settings
from msk_jax.trained import model_card


@dataclasses.dataclass(frozen=True)
class Fold:
  """One trained fold: its folder and card."""

  folder: pathlib.Path
  card: model_card.ModelCard


def find(path: pathlib.Path) -> list[Fold]:
  """Returns the finished folds of a model, or the one fold whose folder it is, by number.

  Args:
    path: `<workdir>/models/<model>`, or `<workdir>/models/<model>/fold_<k>`.

  Raises:
    InputError: there is no such folder, no finished fold in it, or its folds are of different networks.
  """
  if _has_begun(path):
    folders = [path]
  else:
    folders = [folder for folder in split_folder.list_folders(path) if _has_begun(folder)]
  finished = [folder for folder in folders if split_folder.read_result(folder) is not None]
  if not finished:
    problem = "the training is not finished" if folders else "there is no trained fold"
    raise errors.InputError(
      f"--model: {problem} in {path}. Give <workdir>/models/<view>/<backbone> for all folds trained so far, or "
      ".../fold_<k> for one. python -m msk_jax.train trains a fold, and resumes one that was interrupted."
    )
  if len(finished) < len(folders):
    logging.warning("%d of %d folds are still in training and left out", len(folders) - len(finished), len(folders))
  folds = [Fold(folder, model_card.read(folder)) for folder in finished]
  if difference := split_settings.describe_difference("--model", finished):
    raise errors.InputError(
      f"{difference}, so their ages can't be averaged. Give one fold, or train all with the same settings."
    )
  return folds


def bias_correction(folds: list[Fold]) -> bias.BiasCorrection | None:
  """Returns the bias correction of the folds' mean; None where none is fitted.

  For several folds it is that of the model's folder, else the mean of the folds' own if each has one. For one fold it
  is its own, else the model's.
  """
  of_model = bias.read(folds[0].folder.parent)
  of_folds = [bias.read(fold.folder) for fold in folds]
  fitted = [correction for correction in of_folds if correction is not None]
  if len(folds) > 1 and of_model is not None:
    return of_model
  if len(fitted) == len(folds):
    return bias.mean_of(fitted)
  if fitted:
    logging.warning("%d of %d folds have a bias correction: none is applied", len(fitted), len(folds))
  return of_model if len(folds) == 1 else None


def _has_begun(folder: pathlib.Path) -> bool:
  if not folder.is_dir():
    return False
  return (folder / model_card.FILE_NAME).exists() or (folder / split_folder.RESULT_NAME).exists()
