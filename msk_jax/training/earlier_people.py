"""Whether weights that a training starts from have seen its test people.

Folds of the same map say it. Of another map, the tables of the source's workdir say it if they are still those that it
was trained with, as ids then show whether anybody is in both. Else nobody knows, and the training is refused unless the
user vouches that the people are others. In UK Biobank equal ids are the same people, whatever the user vouches. In
other data they may be other people of the same ids.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
from absl import logging

from msk_jax.cohort import fold_memory, fold_table
from msk_jax.io import errors
from msk_jax.predictions import split_folder
from msk_jax.weights import origins

_SETTING = "config.model.pretrained"
_PHANTOM = "phantom"
_LASTING_IDS = ("ukb",)  # kinds of data in which an id is one person's alone


@dataclasses.dataclass(frozen=True)
class Tested:
  """The training that starts.

  Attributes:
    fold_map_hash: of its folds.
    fold: k of its split.
    data: kind of its data.
    test_people: [n] ids of those whom it tests on.
    is_vouched_for: whether the user says that the weights' people are others (`config.model.pretrained_other_people`).
  """

  fold_map_hash: str
  fold: int
  data: str
  test_people: np.ndarray
  is_vouched_for: bool


def judge(earlier: Sequence[origins.Origin], tested: Tested, source: pathlib.Path) -> tuple[origins.Origin, ...]:
  """Returns origins with what is known of their people beside those of a training; logs what is doubtful.

  Args:
    earlier: what the weights came from, the latest first.
    tested: the training that starts.
    source: the file or the fold's folder that the weights are read from.

  Raises:
    InputError: one was trained on people whom this training tests on, or that can't be excluded.
  """
  judged: list[origins.Origin] = []
  for origin in reversed(earlier):
    if origin.fold_map_hash == tested.fold_map_hash and origin.fold != tested.fold:
      raise errors.InputError(
        f"{_SETTING}: {origin.name} was trained on split {origin.fold} of the same folds, so on the test people of "
        f"split {tested.fold}, and the scores would be too good. Take its {split_folder.name_of(tested.fold)}, or "
        "weights from other people."
      )
    before = judged[-1].people if judged else origins.UNKNOWN
    judged.append(dataclasses.replace(origin, people=_people(origin, tested, source, before)))
  if judged and judged[0].people == origins.UNKNOWN:
    logging.info("%s does not say on whose pictures it was trained; the model card says so", judged[0].name)
  return tuple(reversed(judged))


def _people(origin: origins.Origin, tested: Tested, source: pathlib.Path, before: str) -> str:
  """Returns what is known of an origin's people; a file that came from another origin has that one's.

  Raises:
    InputError: see `judge`.
  """
  if origin.data == origins.IMAGENET:
    return origins.NOBODY
  if not origin.fold_map_hash:
    return before
  is_same_map = origin.fold_map_hash == tested.fold_map_hash
  if is_same_map and not _has_seen(origin, source, tested.test_people):  # copies of a workdir may get other new people
    return origins.SAME_SPLIT
  if origin.data != tested.data and _PHANTOM in (origin.data, tested.data):
    return origins.OTHER_DATA
  has_seen = _has_seen(origin, source, tested.test_people) if origin.data == tested.data else None
  if has_seen is False:
    return origins.DISJOINT_IDS
  if has_seen and (origin.data in _LASTING_IDS or not tested.is_vouched_for):
    others = (
      ""
      if origin.data in _LASTING_IDS
      else " Or, if equal ids are other people here, add --config.model.pretrained_other_people=true."
    )
    raise errors.InputError(
      f"{_SETTING}: {origin.name} was trained with another map of folds on people whom split {tested.fold} tests on, "
      f"and the scores would be too good. Train it again on these folds.{others}"
    )
  if not tested.is_vouched_for:
    raise errors.InputError(
      f"{_SETTING}: {origin.name} was trained on {origin.data} data with another map of folds, which is not there to "
      "compare (the folds were drawn again, or the fold was moved): it may have seen test people of this split. Train "
      "it again on these folds; or, if none of its people is in this cohort, add "
      "--config.model.pretrained_other_people=true."
    )
  logging.warning(
    "%s was trained with another map of folds; you vouch that its people are not in this cohort, and the model card "
    "and the run record say so",
    origin.name,
  )
  return origins.VOUCHED_FOR


def _has_seen(origin: origins.Origin, source: pathlib.Path, people: np.ndarray) -> bool | None:
  """Returns whether a fold was trained on any of these people, or their errors chose its best epoch; None if unknown.

  Args:
    origin: the fold.
    source: where its weights are.
    people: str [n], ids.
  """
  path = source.resolve()
  workdirs = [parent.parent for parent in path.parents if parent.name == split_folder.MODELS]
  for workdir in workdirs:
    if not fold_table.path_of(workdir).exists():
      continue
    folds = fold_table.read(workdir)
    if folds.name == origin.fold_map_hash:
      seen = folds.table["eid"][folds.table["fold"] != origin.fold]
      memory = fold_memory.read(workdir)  # also of people who have left since
      fold = np.full(len(people), -1) if memory is None or memory.name != folds.name else memory.recall(people)
      return bool(np.isin(people.astype(str), list(seen)).any() or ((fold >= 0) & (fold != origin.fold)).any())
  return None
