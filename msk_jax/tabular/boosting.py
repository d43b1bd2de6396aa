"""LightGBM: gradient-boosted trees, reproducible to the bit, in LightGBM's own text format.

Space: published (paper's code, `specific_predictor.py`), with LightGBM's default learning rate. As published,
`subsample` is searched but has no effect: LightGBM only draws rows where `subsample_freq` is above 0.

Several fits run side by side, each on one thread. At these sizes that uses the cores better than LightGBM's own
threads. The bins of features come from a fit's own training rows.

LightGBM refuses names with commas, colons or brackets and changes spaces. Its features are therefore `f0`, `f1`, ...
The real names, and a hash of the text, are the last line of a model's file, which LightGBM itself skips.
"""

import dataclasses
import hashlib
import json
import pathlib
import re
import threading
from collections.abc import Callable, Sequence
from concurrent import futures

import lightgbm
import numpy as np

from msk_jax.io import atomic, errors, plain_files
from msk_jax.scores import metrics
from msk_jax.tabular import algorithm, measures

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
_PUBLISHED_FROM = 20_000  # rows of a fit: from here on the published space suits them
MOST_KEPT_BYTES = 2**29  # of binned training rows, a byte a value
_MOST_COPIED_BYTES = 2**31  # of training rows being binned, 8 bytes a value: further threads wait
_NAMES = "msk_jax_features:"  # begins the last line of a file; names in order and a hash of the lines before follow
GAIN = measures.Measure(
  "gain", "share of gain", lambda model: measures.shares(model.booster.feature_importance("gain"))
)
SPLITS = measures.Measure(
  "splits", "share of splits", lambda model: measures.shares(model.booster.feature_importance("split"))
)


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
    """Returns predictions, float64 [n] in the target's unit, from features [n, p] in their own units."""
    return np.asarray(self.booster.predict(features_np, num_threads=1), np.float64)

  def to_file(self, path: pathlib.Path) -> None:
    """Writes the trees as LightGBM's text, followed by a line with the features' names and the text's hash."""
    text = self.booster.model_to_string().rstrip("\n")
    about = {"names": self.names, "sha256": _hash(text)}
    atomic.write_text(path, f"{text}\n{_NAMES}{json.dumps(about)}\n")


class LightGbm(algorithm.Algorithm):
  """The algorithm; see `algorithm.Algorithm`."""

  name: str = "lightgbm"
  suffix: str = ".txt"
  space: algorithm.Space = SPACE
  own_measures = (GAIN, SPLITS)
  main_measure = SPLITS

  def __init__(self, threads: int = 1, most_kept_bytes: int = MOST_KEPT_BYTES):
    """Makes the algorithm; neither argument changes a result.

    Args:
      threads: fits that run side by side.
      most_kept_bytes: of binned rows that are kept for later settings.
    """
    self._threads = threads
    self._most_kept_bytes = most_kept_bytes
    self._binned: _Binned | None = None  # of the last samples

  def score(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds.

    A fit that several trials need is made once: split a without inner fold b is, for the same setting and seed,
    split b without inner fold a.
    """
    places: dict[_Fit, list[tuple[int, int]]] = {}  # fit to (trial, place of the inner fold)
    for i, trial in enumerate(trials):
      for j, fold in enumerate(trial.folds):
        fit = _Fit.of(trial, tuple(other for other in trial.folds if other != fold))
        places.setdefault(fit, []).append((i, j))
    scores = [np.full(len(trial.folds), np.nan) for trial in trials]

    def score_fit(fit: _Fit, model: TreeModel) -> None:
      for i, j in places[fit]:
        rows = samples.fold == trials[i].folds[j]
        scores[i][j] = metrics.r2(samples.target[rows], model.predict(samples.features_np[rows]))

    self._train_all(samples, list(places), score_fit)
    return np.array([of_trial.mean() for of_trial in scores])

  def fit(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> list[TreeModel]:
    """Returns for each trial a model fitted on all rows of its folds."""
    fits = [_Fit.of(trial, trial.folds) for trial in trials]
    models: dict[_Fit, TreeModel] = {}
    self._train_all(samples, fits, models.__setitem__)
    return [models[fit] for fit in fits]

  def sized_space(self, num_rows: int) -> algorithm.Space:
    """Returns the published space for 20,000 rows and more; for fewer, smaller leaves, and fewer and smaller trees.

    Leaves hold from a two-hundredth to a twentieth of the rows, at least 5. At 20,000 rows that is the published 100 to
    499, which was made for ten times as many.
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

  def describe_misfit(self, space: algorithm.Space, num_rows: int) -> str:
    """Returns whether all or some settings let no tree split so many rows; empty if every setting lets it."""
    leaf = space["min_child_samples"]
    if 2 * leaf.high <= num_rows:
      return ""
    which = "no setting lets" if 2 * leaf.low > num_rows else "not every setting lets"
    return (
      f"{which} a tree split: each leaf needs {leaf.low} to {leaf.high} samples (min_child_samples), and a fit has "
      f"{num_rows:,}"
    )

  def from_file(self, path: pathlib.Path) -> TreeModel:
    """Reads a model that `TreeModel.to_file` wrote.

    Raises:
      InputError: the file is absent or damaged, or is not a model of LightGBM.
    """
    try:
      text = plain_files.read_text(path)
      _check_text(text)
      names = _read_names(text)  # damage elsewhere is found here: LightGBM would abort the process, or never end
      booster = lightgbm.Booster(model_str=text)
      if booster.num_feature() != len(names):
        raise ValueError("as many names as features are missing")
    except (OSError, ValueError, RecursionError, lightgbm.basic.LightGBMError) as error:
      raise errors.InputError(
        f"{path.name} is not a model of LightGBM that this program wrote, or it is damaged ({type(error).__name__}). "
        f"{algorithm.HOW_TO_REMAKE}"
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
      self._binned = _Binned(samples, self._most_kept_bytes)
    binned = self._binned

    def train(fits_of_folds: list[_Fit]) -> None:
      rows = binned.of_folds(fits_of_folds[0].folds)
      for fit in fits_of_folds:
        use(fit, _train(samples.names, rows, fit))

    with futures.ThreadPoolExecutor(self._threads) as pool:
      list(pool.map(train, by_folds.values()))


@dataclasses.dataclass(frozen=True)
class _Fit:
  """What determines a fit: equal ones give the same trees."""

  folds: tuple[int, ...]
  setting: tuple[tuple[str, float | int], ...]
  seed: int

  @classmethod
  def of(cls, trial: algorithm.Trial, folds: tuple[int, ...]) -> "_Fit":
    """Returns the fit with a trial's setting and seed on some folds."""
    return cls(tuple(sorted(folds)), tuple(sorted(trial.setting.items())), trial.seed)


class _Binned:
  """Binned training rows of some samples by folds. The first are kept for later settings, as many as memory allows.

  Rounds of a search visit the same folds in the same order. Dropping the oldest to make room for the newest would drop
  each just before it is needed again.

  Attributes:
    samples: whose rows are binned.
  """

  def __init__(self, samples: algorithm.Samples, most_kept_bytes: int):
    self.samples = samples
    self._most = max(most_kept_bytes // max(samples.features_np.size, 1), 1)
    self._kept: dict[tuple[int, ...], lightgbm.Dataset] = {}
    self._lock = threading.Lock()
    self._places = threading.BoundedSemaphore(max(_MOST_COPIED_BYTES // max(samples.features_np.nbytes, 1), 1))

  def of_folds(self, folds: tuple[int, ...]) -> lightgbm.Dataset:
    """Returns the binned rows of some folds; may be called by several threads."""
    with self._lock:
      if folds in self._kept:
        return self._kept[folds]
    with self._places:
      rows = self._bin(folds)
    with self._lock:
      if len(self._kept) < self._most:
        self._kept[folds] = rows
    return rows

  def _bin(self, folds: tuple[int, ...]) -> lightgbm.Dataset:
    rows = np.isin(self.samples.fold, folds)
    names = [f"f{j}" for j in range(len(self.samples.names))]
    dataset = lightgbm.Dataset(
      self.samples.features_np[rows], self.samples.target[rows], feature_name=names, params=dict(_FIXED)
    )
    return dataset.construct()


def _train(names: tuple[str, ...], rows: lightgbm.Dataset, fit: _Fit) -> TreeModel:
  setting = dict(fit.setting)
  num_trees = int(setting.pop(_NUM_TREES))
  params = {**_FIXED, **setting, "seed": fit.seed % 2**31}
  booster = lightgbm.train(params, rows, num_boost_round=num_trees)
  return TreeModel(names, booster.free_dataset())


def _check_text(text: str) -> None:
  """Counts the trees of a model's text, because LightGBM reads a file that was cut off without a warning.

  Raises:
    ValueError: it was cut off, or is not a model.
  """
  sizes = re.search(r"^tree_sizes=([\d ]*)$", text, re.MULTILINE)
  if not text.startswith("tree\n") or sizes is None or "\nend of trees" not in text:
    raise ValueError("not LightGBM's text")
  if len(sizes[1].split()) != len(re.findall(r"^Tree=\d+$", text, re.MULTILINE)):
    raise ValueError("trees are missing")


def _read_names(text: str) -> tuple[str, ...]:
  """Returns the features' real names, once the text is as it was written.

  Raises:
    ValueError: the last line does not hold them, or its hash is not that of the lines before.
  """
  before, _, last = text.rstrip("\n").rpartition("\n")
  about = json.loads(last.removeprefix(_NAMES)) if last.startswith(_NAMES) else None
  if isinstance(about, dict):  # files of earlier versions hold the names alone
    if about.get("sha256") != _hash(before):
      raise ValueError("not the text that was written")
    about = about.get("names")
  if not isinstance(about, list):
    raise ValueError("the features' names are missing")
  return tuple(str(name) for name in about)


def _hash(text: str) -> str:
  return hashlib.sha256(text.encode()).hexdigest()
