"""What later steps are given: the maps made, the pictures they are of, and the network to make more with."""

import dataclasses
import functools
import pathlib

import numpy as np
import pandas as pd

from msk_jax.attribution import gradients, map_files, methods, stages, whose
from msk_jax.attribution.methods import Method
from msk_jax.attribution.networks import Network
from msk_jax.biological_age import acceleration, age_signal
from msk_jax.io import errors, outputs, run_record
from msk_jax.predictions import pooled_rows

_NOTHING_SEEN = (
  "These maps show nothing of age: the network's predictions do not rise with age more than chance allows."
)
MAPS = "maps"  # the folder of the maps in that of a network


@dataclasses.dataclass(frozen=True)
class MadeMaps:
  """The maps of one network.

  Attributes:
    workdir: the workdir.
    folder: `<workdir>/attention/<model>`; `MAPS` in it holds the maps, other folders belong to other steps.
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

  @functools.cached_property
  def whose(self) -> whose.Whose:
    """Whose the pictures are."""
    return whose.of_texts(self.pictures["eid"].to_numpy(str), self.pictures["instance"].to_numpy())

  @functools.cached_property
  def lack(self) -> str:
    """Why the maps can't show ageing, whatever checks say; empty if the network's ages rise with age.

    The folds' networks start from the same random weights. Those that have learned nothing still have them in common,
    and their maps of a picture are alike.
    """
    ages = acceleration.read(self.workdir, "sample", self.network.name)
    people = pooled_rows.read_participants(self.workdir)
    group = ages["eid"].map(dict(zip(people["eid"], age_signal.group_people(people), strict=True))).fillna(-1)
    age, predicted, eid = (ages[name].to_numpy() for name in ("age_years", "predicted_age_years", "eid"))
    slope = age_signal.fit_slope(age, predicted, eid, group.to_numpy(np.int64))
    return "" if slope.is_above_chance else f"a network that knows nothing of age: {age_signal.describe(slope)}"

  def titled(self, title: str) -> str:
    """Returns the title of a figure of the maps, with a second line where they can't show ageing."""
    return f"{title}\n{_NOTHING_SEEN}" if self.lack else title

  def read(self, method: Method) -> np.ndarray:
    """Returns the maps of a method as they are on disk, float32 [n, rows, columns], mapped from their file."""
    return map_files.read(self.folder / MAPS, method)

  def read_results(self, method: Method, rows: np.ndarray) -> np.ndarray:
    """Returns what of some maps means something, float32 [k, rows, columns].

    Maps with a flaw are NaN throughout; of maps without a sign there are sizes.

    Args:
      method: the kind of maps.
      rows: int [k], of `pictures`.
    """
    values = gradients.without_flawed(self.read(method)[rows], self.is_flawed(method)[rows])
    return methods.MEANINGS[method].shown(values)

  def label(self, method: Method) -> str:
    """Returns a method's name in figures."""
    return methods.label(method, self.stage.name)

  def hash_inputs(self) -> dict[str, str]:
    """Returns hashes of what the maps are and what they were made from: the inputs of all steps after them.

    They are of contents: the same maps made again on another day leave the later steps as they are.
    """
    record = run_record.read(self.folder / MAPS)
    assert record is not None
    folder = (self.folder / MAPS).relative_to(self.workdir).as_posix()
    files = {f"{folder}/{name}": str(each["sha256"]) for name, each in record["results"][outputs.FILES].items()}
    stage = {name: record["results"][name] for name in ("stage", "stage_cells", "placement")}
    return {**record["inputs"], **files, f"{folder}, the stage": run_record.fingerprint(stage)}

  def is_flawed(self, method: Method) -> np.ndarray:
    """Returns whether something is wrong with a method's maps (`methods.FLAWS`), bool [n]: these are not results."""
    return np.array([map_files.flaw_of(flaws, method) != "" for flaws in self.pictures["flaws"].astype(str)], bool)

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
    if (rows < 0).any():
      raise errors.InputError(
        f"{int((rows < 0).sum())} pictures of {self.folder / MAPS} are not among those of {self.network.name} any "
        "more: people have withdrawn, or the images are others. Remove the folder and run attention again."
      )
    fold = int(chosen["fold"].iloc[0]) if fold is None else fold
    return self.network.load(fold, rows, (chosen["side"] == "left").to_numpy(np.int64))
