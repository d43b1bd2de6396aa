"""The published MLPRegressor as an algorithm: all folds and trials are trained by one program.

Space, network and rules of training are the paper's and scikit-learn's: batches of 1000, Adam, early stopping on a
tenth of the training rows. Both hyper-parameters are uniform in their logarithm. The objective is scikit-learn's, in
the target's unit. The network's output starts at the training rows' mean target: the L2 penalty does not see the bias,
and single precision and large learning rates then have less way to go.

Memory on each device: 4 n (p + 1) bytes of data, and per network 16 bytes for each of its 128 p + 10,497 parameters
(0.3 MB at p = 45). The network in training needs a megabyte or two more; on accelerators 256 train at once.
"""

import pathlib
from collections.abc import Sequence

import jax
import numpy as np

from msk_jax.models import mlp as network
from msk_jax.tabular import algorithm
from msk_jax.tabular.mlp import epoch, fit_data, fitted_model, training

SPACE: algorithm.Space = {
  "learning_rate_init": algorithm.Real(float(np.exp(-5)), float(np.exp(-1)), is_log=True),
  "alpha": algorithm.Real(float(np.exp(-6)), float(np.exp(3)), is_log=True),
}


class Mlp(algorithm.Algorithm):
  """The algorithm; see `algorithm.Algorithm`.

  Attributes:
    space: published: hyperopt's log-uniform e^[-5, -1] and e^[-6, 3].
    trials_at_once: settings per split that are scored together; more cost memory and gain nothing on a CPU.
  """

  name: str = "mlp"
  suffix: str = ".safetensors"
  space: algorithm.Space = SPACE
  trials_at_once: int = 1

  def __init__(self, max_epochs: int = epoch.MAX_EPOCHS):
    """`max_epochs`: training ends there if it has not stopped by itself."""
    self._max_epochs = max_epochs

  def score(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds.

    A fit that several trials need is made once: split a without inner fold b is, for the same setting and seed,
    split b without inner fold a.

    Raises:
      InputError: an inner fold has no rows, or a fit has too few.
    """
    prepared = fit_data.Prepared.of(samples)
    pairs = [(i, fold) for i, trial in enumerate(trials) for fold in trial.folds]
    rows = [prepared.stored.whole(fold) for _, fold in pairs]
    fits = [fit_data.Fit.of(trials[i], frozenset(trials[i].folds) - {fold}) for i, fold in pairs]
    place = {fit: i for i, fit in enumerate(dict.fromkeys(fits))}
    problems = [prepared.problem(fit, self._max_epochs) for fit in place]
    trainer = training.Trainer(prepared.data_nq)
    params = trainer.train(problems).params
    chosen = np.array([place[fit] for fit in fits])
    scores = trainer.score([problems[i] for i in chosen], training.pick(params, chosen), rows)
    owner = np.array([i for i, _ in pairs])
    return np.array([scores[owner == i].mean() for i in range(len(trials))])

  def fit(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> list[algorithm.Model]:
    """Returns for each trial a network fitted on all rows of its folds (of which a tenth decides when to stop).

    Raises:
      InputError: there are too few rows.
    """
    prepared = fit_data.Prepared.of(samples)
    problems = [prepared.problem(fit_data.Fit.of(trial, frozenset(trial.folds)), self._max_epochs) for trial in trials]
    fits = training.Trainer(prepared.data_nq).train(problems)
    models: list[algorithm.Model] = []
    for i, trial in enumerate(trials):
      scaling, params = prepared.scaling(trial.folds), training.pick(fits.params, i)
      layers = tuple((params[name]["kernel"], params[name]["bias"]) for name in network.layer_names())
      models.append(
        fitted_model.MlpModel(
          samples.names, scaling.mean_p, scaling.scale_p, scaling.mean_target, layers, dict(trial.setting)
        )
      )
    return models

  def devices(self) -> list[str]:
    """Returns JAX's devices as text."""
    return [str(device) for device in jax.local_devices()]

  def from_file(self, path: pathlib.Path) -> fitted_model.MlpModel:
    """Reads a model that `MlpModel.to_file` wrote.

    Raises:
      InputError: the file is absent, damaged, or of another kind or version.
    """
    return fitted_model.from_file(path)
