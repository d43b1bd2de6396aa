"""A trained fold's parameters at its best epoch, read for predicting."""

import pathlib
from typing import Any

import jax

from msk_jax.io import errors
from msk_jax.trained import checkpoints, file_hashes, model_card, network, predictor, sharding

FOLDER = "best"  # of the checkpoint, in the fold's folder


def abstract(card: model_card.ModelCard, placement: jax.sharding.Sharding) -> dict[str, Any]:
  """Returns shapes, dtypes and placement of the parameters of a card's network, for `read`.

  Args:
    card: of any fold of the model.
    placement: of all arrays.

  Raises:
    InputError: there is no such backbone.
  """
  model = network.build_model(card.network)
  return sharding.abstract(network.variable_shapes(model, card.image_shape, card.num_side_inputs), placement)


def check_whole(fold: pathlib.Path) -> None:
  """Refuses a fold whose checkpoint of the best epoch is absent or damaged, without reading its arrays.

  A training that was interrupted may have the one before, too: it does not count.

  Raises:
    InputError: see above.
  """
  _check_exists(fold)
  steps = sorted((folder for folder in (fold / FOLDER).iterdir() if folder.name.isdecimal()), key=lambda f: int(f.name))
  if not steps or file_hashes.check(steps[-1]) is False:
    raise errors.InputError(f"the best parameters in {fold / FOLDER} are missing or damaged: train that fold again.")


def read(fold: pathlib.Path, expected: dict[str, Any]) -> predictor.Variables:
  """Returns the {'params', 'batch_stats'} of a fold's best epoch.

  Args:
    fold: the fold's folder, `<workdir>/models/<view>/<backbone>/fold_<k>`.
    expected: from `abstract`.

  Raises:
    InputError: the fold has no finished epoch, the best one's checkpoint is damaged, or it is of another architecture.
  """
  check_whole(fold)
  with checkpoints.Checkpoints(fold / FOLDER, kept=1, is_writable=False) as best:
    return best.load(expected)


def _check_exists(fold: pathlib.Path) -> None:
  if not (fold / FOLDER).is_dir():
    raise errors.InputError(
      f"{fold} has no finished epoch, or its folder best/ was removed: train it first (python -m msk_jax.train, same "
      "--workdir)."
    )
