"""Pictures as they come, of as many people as there are: not those that are chosen for extreme rates of ageing.

Among samples with extreme accelerations anything that goes with the predicted age correlates more than among people.
"""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.attribution import whose
from msk_jax.attribution.credibility import checks, drawn_ageing
from msk_jax.attribution.networks import Network
from msk_jax.cohort import source
from msk_jax.imaging import views

MOST = 160  # pictures
_SEED = 0
_PROBES = 6  # pictures that are drawn again to tell whether the phantom is the right one


@dataclasses.dataclass(frozen=True)
class Unselected:
  """Test pictures of one network, by fold.

  Attributes:
    row: int [n], of the network's samples.
    side: int [n], 0, or 1 for the left of a pair.
    fold: int [n], whose test samples they are.
    keys: [n], of the phantom.
  """

  row: np.ndarray
  side: np.ndarray
  fold: np.ndarray
  keys: list[drawn_ageing.Key]

  def take(self, rows: np.ndarray) -> "Unselected":
    """Returns some of the pictures."""
    return Unselected(self.row[rows], self.side[rows], self.fold[rows], [self.keys[row] for row in rows])


def choose(network: Network, most: int = MOST) -> Unselected:
  """Returns pictures drawn at random from the test folds of trained splits: a second of a person when all have one."""
  samples, rng = network.samples, np.random.default_rng(_SEED)
  rows = samples.where_fold(tuple(network.folds))
  numbers = np.arange(samples.positions.shape[1])
  row, side = np.repeat(rows, len(numbers)), np.tile(numbers, len(rows))
  own = rng.permutation(np.flatnonzero(samples.is_left[row, side] == side))  # a missing side has no picture of its own
  turn = pd.Series(samples.eid[row[own]]).groupby(samples.eid[row[own]]).cumcount().to_numpy()
  own = own[np.argsort(turn, kind="stable")[:most]]
  own = own[np.lexsort((own, samples.fold[row[own]]))]
  row, side = row[own], side[own]
  labels = [views.SIDES[number] if samples.is_paired else "" for number in side]
  keys = [
    drawn_ageing.Key(str(samples.eid[each]), int(samples.instance[each]), label)
    for each, label in zip(row, labels, strict=True)
  ]
  return Unselected(row, side, samples.fold[row], keys)


def load(network: Network, pictures: Unselected) -> checks.Pictures:
  """Returns the pictures, each with the side inputs that its own fold's network takes."""
  samples, parts = network.samples, []
  for fold in np.unique(pictures.fold):
    rows = pictures.fold == fold
    parts.append(network.load(int(fold), pictures.row[rows], pictures.side[rows]))
  image, side = (np.concatenate(each) for each in zip(*parts, strict=True))
  people = whose.of_texts(samples.eid[pictures.row], samples.instance[pictures.row])
  return checks.Pictures(image, side, samples.age_years[pictures.row], people)


def find_reason(workdir: pathlib.Path, network: Network) -> str:
  """Returns why it is not known where ageing was drawn; empty if it is.

  Raises:
    InputError: the phantom that is there is another one.
  """
  view = network.card.view.name
  if not source.is_drawn(workdir):
    return "the people are real: where ageing shows is not known"
  if not drawn_ageing.is_known(workdir, view):
    return "there is no phantom in raw/ that drew these pictures"
  chosen = choose(network)
  probes = chosen.take(np.arange(min(_PROBES, len(chosen.row))))
  drawn_ageing.check(workdir, view, chosen.keys, load(network, probes).image)
  return ""
