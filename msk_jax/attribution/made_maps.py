"""What later steps are given: the maps made, the pictures they are of, and the network to make more with."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.attribution import gradients, map_files, stages
from msk_jax.attribution.methods import Method
from msk_jax.attribution.networks import Network


@dataclasses.dataclass(frozen=True)
class MadeMaps:
  """The maps of one network.

  Attributes:
    workdir: the workdir.
    folder: `<workdir>/attention/<model>`; `maps/` in it holds the maps, other folders belong to other steps.
    network: the trained folds.
    stage: of Grad-RAM.
    methods: kinds of maps.
    batch_size: pictures per step.
    pictures: schema attention_pictures.
  """

  workdir: pathlib.Path
  folder: pathlib.Path
  network: Network
  stage: stages.Stage
  methods: tuple[Method, ...]
  batch_size: int
  pictures: pd.DataFrame

  def read(self, method: Method) -> np.ndarray:
    """Returns the maps of a method, float32 [n, rows, columns], mapped from their file."""
    return map_files.read(self.folder / "maps", method)

  def is_flawed(self, method: Method) -> np.ndarray:
    """Returns whether something is wrong with a method's maps (`methods.FLAWS`), bool [n]: they are no results."""
    flaws = self.pictures["flaws"].astype(str).str.split(";")
    return np.array([any(flaw.partition(":")[0] == method for flaw in each) for each in flaws], bool)

  def program(self, method: Method) -> gradients.MapProgram:
    """Returns the program that made them."""
    return gradients.MapProgram(self.network.model, method, self.stage.key, self.network.shardings)

  def load(self, picture_rows: np.ndarray, fold: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures, uint8 [b, rows, columns, channels], and their side inputs, float32 [b, k].

    Args:
      picture_rows: [b] rows of `pictures`.
      fold: whose scale the side inputs have; by default that of the first picture, which must be that of all.
    """
    chosen = self.pictures.iloc[picture_rows]
    samples = self.network.samples
    keys = pd.Index(list(zip(samples.eid, samples.instance.tolist(), strict=True)))
    wanted = list(zip(chosen["eid"].astype(str), chosen["instance"].astype(int), strict=True))
    rows = keys.get_indexer(pd.Index(wanted))
    fold = int(chosen["fold"].iloc[0]) if fold is None else fold
    return self.network.load(fold, rows, (chosen["side"] == "left").to_numpy(np.int64))
