"""The backbone of a trained fold, to start other trainings from or to pass on."""

import pathlib

import jax

from msk_jax.io import errors
from msk_jax.models import age_model
from msk_jax.predictions import split_folder
from msk_jax.trained import best_parameters, model_card, network, sharding, tree_hash
from msk_jax.weights import origins, pretrained

_SETTING = "config.model.pretrained"


def choose_fold(path: pathlib.Path, k: int) -> pathlib.Path:
  """Returns the folder of the trained fold that a training of split k starts from.

  Args:
    path: a fold's folder, or a model's: then its fold k is taken.
    k: number of the split that starts.

  Raises:
    InputError: there is no such fold, it is not an image model's, or its training is not finished.
  """
  folder = path if _is_fold(path) else _fold_of_model(path, k)
  result = split_folder.read_result(folder)
  if not (folder / model_card.FILE_NAME).exists():
    raise errors.InputError(
      f"{_SETTING}: {folder} is not a trained image model ({model_card.FILE_NAME} is missing): it has no backbone."
    )
  if result is None:
    raise errors.InputError(
      f"{_SETTING}: the training in {folder} is not finished. Run its own command again until it is, or name another "
      "fold."
    )
  return folder


def inspect(fold: pathlib.Path) -> tuple[model_card.ModelCard, pretrained.Source]:
  """Returns a finished fold's card and what its backbone is, without reading the weights.

  Args:
    fold: the fold's folder, `<workdir>/models/<view>/<backbone>/fold_<k>`.

  Raises:
    InputError: card or result is missing or damaged, or the checkpoint of the best epoch is.
  """
  card, result = model_card.read(fold), split_folder.read_result(fold)
  best_parameters.check_whole(fold)
  sha256 = (result or {}).get("params_sha256", {}).get("best", "")
  if not sha256:
    raise errors.InputError(
      f"{fold / split_folder.RESULT_NAME} does not say which parameters are best: train it again."
    )
  return card, _source(fold, card, sha256)


def read(fold: pathlib.Path) -> tuple[str, pretrained.Pretrained]:
  """Returns the backbone's name and its weights at the best epoch, without side network and head.

  Args:
    fold: the fold's folder, `<workdir>/models/<view>/<backbone>/fold_<k>`.

  Raises:
    InputError: it is not a trained fold, or one of another program version; or the parameters are not those of its
      result.
  """
  card, result = model_card.read(fold), split_folder.read_result(fold)
  tree = best_parameters.read(fold, best_parameters.abstract(card, sharding.make().replicated))
  tree = jax.device_get(tree)
  sha256 = tree_hash.tree_sha256(tree)
  if result is not None and result.get("params_sha256", {}).get("best", sha256) != sha256:
    raise errors.InputError(
      f"the parameters in {fold / best_parameters.FOLDER} are not those of {split_folder.RESULT_NAME}: the training "
      "continues, or files were mixed. Run its own command again until it is finished."
    )
  variables = {name: dict(part.get(age_model.BACKBONE, {})) for name, part in tree.items()}
  source = _source(fold, card, sha256)
  return card.network.backbone, pretrained.Pretrained(variables, source.input_scale, source)


def _source(fold: pathlib.Path, card: model_card.ModelCard, sha256: str) -> pretrained.Source:
  itself = origins.Origin(
    f"{card.model}/{split_folder.name_of(card.fold)}", sha256, card.data, card.fold, card.fold_map_hash
  )
  return pretrained.Source(fold, network.build_model(card.network).input_scale, (itself, *card.started_from))


def _is_fold(path: pathlib.Path) -> bool:
  return any((path / name).exists() for name in (model_card.FILE_NAME, split_folder.RESULT_NAME))


def _fold_of_model(path: pathlib.Path, k: int) -> pathlib.Path:
  folders = [folder for folder in split_folder.list_folders(path) if _is_fold(folder)]
  if not folders:
    raise errors.InputError(
      f"{_SETTING}: {path} is a folder, but neither a trained fold nor a model of images. Give "
      "<workdir>/models/<view>/<backbone>/fold_<k>, or a file of weights."
    )
  folder = path / split_folder.name_of(k)
  if folder not in folders:
    listed = ", ".join(each.name for each in folders)
    raise errors.InputError(
      f"{_SETTING}: {path} has {listed}, but not {folder.name}, which a training of split {k} takes. Name one of them: "
      f"{folders[0]}."
    )
  return folder
