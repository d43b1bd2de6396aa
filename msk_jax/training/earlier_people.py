"""Whether weights that a training starts from have seen its test people."""

import dataclasses
from collections.abc import Sequence

from absl import logging

from msk_jax.io import errors
from msk_jax.predictions import split_folder
from msk_jax.weights import origins


def judge(earlier: Sequence[origins.Origin], fold_map_hash: str, fold: int) -> tuple[origins.Origin, ...]:
  """Returns origins with what is known of their people beside those of a training; logs what is doubtful.

  Args:
    earlier: what the weights came from, the latest first.
    fold_map_hash: of the training that starts.
    fold: k of its split.

  Raises:
    InputError: one was trained on another split of the same folds, that is on people whom this training tests on.
  """
  judged: list[origins.Origin] = []
  for origin in reversed(earlier):
    if origin.fold_map_hash == fold_map_hash and origin.fold != fold:
      raise errors.InputError(
        f"config.model.pretrained: {origin.name} was trained on split {origin.fold} of the same folds, so on the test "
        f"people of split {fold}, and the scores would be too good. Take its {split_folder.name_of(fold)}, or weights "
        "from other people."
      )
    before = judged[-1].people if judged else origins.UNKNOWN
    judged.append(dataclasses.replace(origin, people=_people(origin, fold_map_hash, before)))
  for origin in reversed(judged):
    _warn(origin, is_first=origin is judged[0])
  return tuple(reversed(judged))


def _people(origin: origins.Origin, fold_map_hash: str, before: str) -> str:
  """Returns what is known of an origin's people; a file that came from another origin has that one's."""
  if origin.data == origins.IMAGENET:
    return origins.NOBODY
  if not origin.fold_map_hash:
    return before
  return origins.SAME_SPLIT if origin.fold_map_hash == fold_map_hash else origins.OTHER_FOLD_MAP


def _warn(origin: origins.Origin, *, is_first: bool) -> None:
  if origin.fold_map_hash and origin.people == origins.OTHER_FOLD_MAP:
    logging.warning(
      "%s was trained on %s data with another map of folds. If some of its people are in this cohort too, it may have "
      "seen test people of this split, and the scores are too good. The model card says so.",
      origin.name,
      origin.data,
    )
  elif is_first and origin.people == origins.UNKNOWN:
    logging.info("%s does not say on whose pictures it was trained; the model card says so", origin.name)
