"""LightGBM as a scalar algorithm: gradient-boosted trees, reproducible to the bit, in LightGBM's own text format.

Space: published (paper's code, `specific_predictor.py`), with the learning rate that LightGBM takes by default. As
published, `subsample` is searched but has no effect: LightGBM only draws rows where `subsample_freq` is above 0.

Several fits run side by side, each on one thread: at these sizes that uses the cores better than LightGBM's own
threads. The bins of features come from a fit's own training rows.
"""

import dataclasses
import functools
import pathlib
import re
from collections.abc import Callable, Sequence
from concurrent import futures

import lightgbm
import numpy as np

from msk_jax.evaluation import metrics
from msk_jax.io import atomic, errors
from msk_jax.scalar_models import algorithm

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
_MOST_KEPT_BYTES = 2**29  # of binned training rows, a byte a value


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
    """Writes the trees as LightGBM's text."""
    atomic.write_text(path, self.booster.model_to_string())


class LightGbm:
  """The algorithm; see `algorithm.Algorithm`."""

  name: str = "lightgbm"
  suffix: str = ".txt"
  space: algorithm.Space = SPACE
  trials_at_once: int = 1

  def __init__(self, threads: int = 1):
    """`threads`: fits that run side by side; no part of the results."""
    self._threads = threads

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

  def from_file(self, path: pathlib.Path) -> TreeModel:
    """Reads what `to_file` wrote.

    Raises:
      InputError: the file is absent or damaged, or no model of LightGBM.
    """
    try:
      text = path.read_text(encoding="utf-8")
      _check_text(text)
      booster = lightgbm.Booster(model_str=text)
    except (OSError, UnicodeDecodeError, ValueError, lightgbm.basic.LightGBMError) as error:
      raise errors.InputError(
        f"{path.name} is no model of LightGBM, or damaged ({type(error).__name__}). Run `scalars` again."
      ) from error
    return TreeModel(tuple(booster.feature_name()), booster)

  def _train_all(
    self, samples: algorithm.Samples, fits: Sequence["_Fit"], use: Callable[["_Fit", TreeModel], None]
  ) -> None:
    """Trains every fit and hands it to `use`; no two threads work on the same binned rows."""
    by_folds: dict[tuple[int, ...], list[_Fit]] = {}
    for fit in fits:
      by_folds.setdefault(fit.folds, []).append(fit)

    def work(same: list[_Fit]) -> None:
      for fit in same:
        use(fit, _train(samples, fit))

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
    return cls(tuple(sorted(folds)), tuple(sorted(trial.setting.items())), trial.seed)


class _Binned:
  """Binned training rows by folds; as many are kept for later settings as memory allows."""

  def __init__(self, samples: algorithm.Samples):
    most = max(_MOST_KEPT_BYTES // max(samples.features_np.size, 1), 1)
    self.of_folds = functools.lru_cache(maxsize=most)(functools.partial(self._bin, samples))

  @staticmethod
  def _bin(samples: algorithm.Samples, folds: tuple[int, ...]) -> lightgbm.Dataset:
    rows = np.isin(samples.fold, folds)
    made = lightgbm.Dataset(
      samples.features_np[rows], samples.age_years[rows], feature_name=list(samples.names), params=dict(_FIXED)
    )
    return made.construct()


@functools.lru_cache(maxsize=1)
def _binned(samples: algorithm.Samples) -> _Binned:
  return _Binned(samples)


def _train(samples: algorithm.Samples, fit: _Fit) -> TreeModel:
  setting = dict(fit.setting)
  num_trees = int(setting.pop(_NUM_TREES))
  params = {**_FIXED, **setting, "seed": fit.seed % 2**31}
  booster = lightgbm.train(params, _binned(samples).of_folds(fit.folds), num_boost_round=num_trees)
  return TreeModel(samples.names, booster.free_dataset())


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
