"""LightGBM as a scalar algorithm: gradient-boosted trees, reproducible to the bit, in LightGBM's own text format.

Space: published (paper's code, `specific_predictor.py`), with the learning rate that LightGBM takes by default. As
published, `subsample` is searched but has no effect: LightGBM only draws rows where `subsample_freq` is above 0.

Several fits run side by side, each on one thread: at these sizes that uses the cores better than LightGBM's own
threads. The bins of features come from a fit's own training rows.

LightGBM refuses names with commas, colons or brackets and changes spaces, so that its features are `f0`, `f1`, ...; the
real names are the last line of a model's file, which LightGBM itself reads past.
"""

import dataclasses
import json
import pathlib
import re
import threading
from collections.abc import Callable, Sequence
from concurrent import futures

import lightgbm
import numpy as np

from msk_jax.io import atomic, errors
from msk_jax.scores import metrics
from msk_jax.tabular import algorithm

_FIXED = {
  "objective": "regression",
  "learning_rate": 0.1,
  "deterministic": True,
  "force_col_wise": True,  # on one thread: 1.4 (28,000 rows) to 1.75 times (300,000) as fast as by rows, same trees
  "feature_pre_filter": False,  # else a Dataset's features would depend on the setting it was first used with
  "num_threads": 1,
  "verbosity": -1,
}
_NUM_TREES = "n_estimators"
SPACE: algorithm.Space = {
  "num_leaves": algorithm.Whole(5, 44),
  "min_child_samples": algorithm.Whole(100, 499),
  "min_child_weight": algorithm.Real(float(np.exp(-5)), float(np.exp(4)), is_log=True),
  "subsample": algorithm.Real(0.2, 0.8),
  "colsample_bytree": algorithm.Real(0.4, 0.6),
  "reg_alpha": algorithm.Real(float(np.exp(-2)), float(np.exp(2)), is_log=True),
  "reg_lambda": algorithm.Real(float(np.exp(-2)), float(np.exp(2)), is_log=True),
  _NUM_TREES: algorithm.Whole(150, 449),
}
_PUBLISHED_FROM = 20_000  # rows of a fit: from here on the published space fits
_MOST_KEPT_BYTES = 2**29  # of binned training rows, a byte a value
_MOST_COPIED_BYTES = 2**31  # of training rows being binned, 8 bytes a value: further threads wait
_NAMES = "msk_jax_features:"  # begins the last line of a file: JSON follows, the names in order


@dataclasses.dataclass(frozen=True)
class TreeModel:
  """Fitted trees.

  Attributes:
    names: the p features.
    booster: LightGBM's model.
  """

  names: tuple[str, ...]
  booster: lightgbm.Booster

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    """Returns predicted ages, float64 [n] years, from features [n, p] in their own units."""
    return np.asarray(self.booster.predict(features_np, num_threads=1), np.float64)

  def to_file(self, path: pathlib.Path) -> None:
    """Writes the trees as LightGBM's text, and one line more with the features' names."""
    text = self.booster.model_to_string().rstrip("\n")
    atomic.write_text(path, f"{text}\n{_NAMES}{json.dumps(self.names)}\n")


class LightGbm:
  """The algorithm; see `algorithm.Algorithm`."""

  name: str = "lightgbm"
  suffix: str = ".txt"
  space: algorithm.Space = SPACE
  trials_at_once: int = 1
  least_trials: int = 1

  def __init__(self, threads: int = 1):
    """`threads`: fits that run side by side; no part of the results."""
    self._threads = threads
    self._binned: _Binned | None = None  # of the last samples; goes when this object goes

  def score(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds.

    A fit that several trials ask for is made once: split a without inner fold b is, for the same setting and seed,
    split b without inner fold a.
    """
    wanted: dict[_Fit, list[tuple[int, int]]] = {}  # fit to (trial, place of the inner fold)
    for i, trial in enumerate(trials):
      for j, fold in enumerate(trial.folds):
        fit = _Fit.of(trial, tuple(other for other in trial.folds if other != fold))
        wanted.setdefault(fit, []).append((i, j))
    scores = [np.full(len(trial.folds), np.nan) for trial in trials]

    def use(fit: _Fit, model: TreeModel) -> None:
      for i, j in wanted[fit]:
        rows = samples.fold == trials[i].folds[j]
        scores[i][j] = metrics.r2(samples.age_years[rows], model.predict(samples.features_np[rows]))

    self._train_all(samples, list(wanted), use)
    return np.array([found.mean() for found in scores])

  def fit(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> list[TreeModel]:
    """Returns for each trial a model fitted on all rows of its folds."""
    wanted = [_Fit.of(trial, trial.folds) for trial in trials]
    found: dict[_Fit, TreeModel] = {}
    self._train_all(samples, wanted, found.__setitem__)
    return [found[fit] for fit in wanted]

  def sized_space(self, num_rows: int) -> algorithm.Space:
    """Returns the published space for 20,000 rows and more; for fewer, smaller leaves, and fewer and smaller trees.

    Leaves hold from a two-hundredth to a twentieth of the rows, at least 5; at 20,000 that is the published 100 to 499,
    made for ten times as many.
    """
    if num_rows >= _PUBLISHED_FROM:
      return SPACE
    low = max(min(max(num_rows // 200, 5), num_rows // 4), 1)
    high = max(min(max(num_rows // 20, 10), num_rows // 2, 499), low)
    lightest = float(np.exp(-5))
    return {
      **SPACE,
      "num_leaves": algorithm.Whole(3, 31),
      "min_child_samples": algorithm.Whole(low, high),
      "min_child_weight": algorithm.Real(lightest, min(float(np.exp(4)), high), is_log=True),
      "colsample_bytree": algorithm.Real(0.4, 1.0),
      _NUM_TREES: algorithm.Whole(20, 300),
    }

  def describe_misfit(self, num_rows: int) -> str:
    """Returns whether all or some settings of the space let no tree split so many rows; empty if none does."""
    leaf = self.space["min_child_samples"]
    if 2 * leaf.high <= num_rows:
      return ""
    which = "no setting lets" if 2 * leaf.low > num_rows else "not every setting lets"
    return (
      f"{which} a tree split: each leaf needs {leaf.low} to {leaf.high} samples (min_child_samples), and a fit has "
      f"{num_rows:,}"
    )

  def devices(self) -> list[str]:
    """Returns the devices used, as text: none: LightGBM computes on cores."""
    return []

  def from_file(self, path: pathlib.Path) -> TreeModel:
    """Reads what `to_file` wrote.

    Raises:
      InputError: the file is absent or damaged, or no model of LightGBM.
    """
    try:
      text = path.read_text(encoding="utf-8")
      _check_text(text)
      booster = lightgbm.Booster(model_str=text)
      names = _read_names(text, booster.num_feature())
    except (OSError, UnicodeDecodeError, ValueError, lightgbm.basic.LightGBMError) as error:
      raise errors.InputError(
        f"{path.name} is no scalar model of LightGBM, or damaged ({type(error).__name__}). {algorithm.HOW_TO_REMAKE}"
      ) from error
    return TreeModel(names, booster)

  def _train_all(
    self, samples: algorithm.Samples, fits: Sequence["_Fit"], use: Callable[["_Fit", TreeModel], None]
  ) -> None:
    """Trains every fit and hands it to `use`; no two threads work on the same binned rows."""
    by_folds: dict[tuple[int, ...], list[_Fit]] = {}
    for fit in fits:
      by_folds.setdefault(fit.folds, []).append(fit)
    if self._binned is None or self._binned.samples is not samples:
      self._binned = _Binned(samples)
    binned = self._binned

    def work(same: list[_Fit]) -> None:
      rows = binned.of_folds(same[0].folds)
      for fit in same:
        use(fit, _train(samples.names, rows, fit))

    with futures.ThreadPoolExecutor(self._threads) as pool:
      list(pool.map(work, by_folds.values()))


@dataclasses.dataclass(frozen=True)
class _Fit:
  """What determines a fit, and equal fits by."""

  folds: tuple[int, ...]
  setting: tuple[tuple[str, float | int], ...]
  seed: int

  @classmethod
  def of(cls, trial: algorithm.Trial, folds: tuple[int, ...]) -> "_Fit":
    """Returns the fit with a trial's setting and seed on some folds."""
    return cls(tuple(sorted(folds)), tuple(sorted(trial.setting.items())), trial.seed)


class _Binned:
  """Binned training rows of some samples by folds: the first stay for later settings, as many as memory allows.

  Rounds of a search visit the same folds in the same order. Where not all fit, putting out the eldest for the newest
  would put out each just before it is asked for again.

  Attributes:
    samples: whose rows.
  """

  def __init__(self, samples: algorithm.Samples):
    self.samples = samples
    self._most = max(_MOST_KEPT_BYTES // max(samples.features_np.size, 1), 1)
    self._kept: dict[tuple[int, ...], lightgbm.Dataset] = {}
    self._lock = threading.Lock()
    self._places = threading.BoundedSemaphore(max(_MOST_COPIED_BYTES // max(samples.features_np.nbytes, 1), 1))

  def of_folds(self, folds: tuple[int, ...]) -> lightgbm.Dataset:
    """Returns the binned rows of some folds; may be called by several threads."""
    with self._lock:
      if folds in self._kept:
        return self._kept[folds]
    with self._places:
      made = self._bin(folds)
    with self._lock:
      if len(self._kept) < self._most:
        self._kept[folds] = made
    return made

  def _bin(self, folds: tuple[int, ...]) -> lightgbm.Dataset:
    rows = np.isin(self.samples.fold, folds)
    names = [f"f{j}" for j in range(len(self.samples.names))]
    made = lightgbm.Dataset(
      self.samples.features_np[rows], self.samples.age_years[rows], feature_name=names, params=dict(_FIXED)
    )
    return made.construct()


def _train(names: tuple[str, ...], rows: lightgbm.Dataset, fit: _Fit) -> TreeModel:
  setting = dict(fit.setting)
  num_trees = int(setting.pop(_NUM_TREES))
  params = {**_FIXED, **setting, "seed": fit.seed % 2**31}
  booster = lightgbm.train(params, rows, num_boost_round=num_trees)
  return TreeModel(names, booster.free_dataset())


def _check_text(text: str) -> None:
  """LightGBM reads a file that was cut off without a word: count its trees.

  Raises:
    ValueError: it is cut off, or something else.
  """
  sizes = re.search(r"^tree_sizes=([\d ]*)$", text, re.MULTILINE)
  if not text.startswith("tree\n") or sizes is None or "\nend of trees" not in text:
    raise ValueError("no LightGBM text")
  if len(sizes[1].split()) != len(re.findall(r"^Tree=\d+$", text, re.MULTILINE)):
    raise ValueError("trees are missing")


def _read_names(text: str, num_features: int) -> tuple[str, ...]:
  """Returns the features' real names.

  Raises:
    ValueError: the last line doesn't hold them.
  """
  last = text.rstrip("\n").rsplit("\n", 1)[-1]
  names = json.loads(last.removeprefix(_NAMES)) if last.startswith(_NAMES) else None
  if not isinstance(names, list) or len(names) != num_features:
    raise ValueError("the features' names are missing")
  return tuple(str(name) for name in names)
