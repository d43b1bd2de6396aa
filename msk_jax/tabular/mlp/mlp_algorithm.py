"""The network of the scalar models: the published MLPRegressor, all folds and trials trained by one program.

Space, network and rules of training are the paper's and scikit-learn's (batches of 1000, Adam, early stopping on a
tenth of the training rows); both hyper-parameters are uniform in their logarithm. The objective is scikit-learn's, in
years; the network's output starts at the training rows' mean age, because the L2 penalty does not see the bias, and
single precision and large learning rates then have less way to go.

Memory on each device: 4 n (p + 1) bytes of data, and per network 16 bytes for each of its 128 p + 10,497 parameters
(0.3 MB at p = 45), plus a megabyte or two for the one in work (on accelerators: for each of 256).
"""

import pathlib
from collections.abc import Sequence

import jax
import numpy as np

from msk_jax.models import mlp as network
from msk_jax.tabular import algorithm
from msk_jax.tabular.mlp import mlp_epoch, mlp_model, mlp_problems, mlp_training

SPACE: algorithm.Space = {
  "learning_rate_init": algorithm.Real(float(np.exp(-5)), float(np.exp(-1)), is_log=True),
  "alpha": algorithm.Real(float(np.exp(-6)), float(np.exp(3)), is_log=True),
}


class Mlp:
  """The algorithm; see `algorithm.Algorithm`.

  Attributes:
    name: `mlp`.
    suffix: of model files.
    space: published: hyperopt's log-uniform e^[-5, -1] and e^[-6, 3].
    trials_at_once: settings per split that are best scored together; more cost memory and gain nothing on a CPU.
    least_trials: settings per split that are always tried.
  """

  name: str = "mlp"
  suffix: str = ".safetensors"
  space: algorithm.Space = SPACE
  trials_at_once: int = 1
  least_trials: int = 1

  def __init__(self, max_epochs: int = mlp_epoch.MAX_EPOCHS):
    """`max_epochs`: a network that has not stopped after so many epochs is taken as it is."""
    self._max_epochs = max_epochs

  def score(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds.

    A fit that several trials ask for is made once: split a without inner fold b is, for the same setting and seed,
    split b without inner fold a.

    Raises:
      InputError: an inner fold has no rows, or too few rows are left.
    """
    prepared = mlp_problems.Prepared.of(samples)
    pairs = [(i, fold) for i, trial in enumerate(trials) for fold in trial.folds]
    rows = [prepared.stored.whole(fold) for _, fold in pairs]
    asked = [mlp_problems.Fit.of(trials[i], frozenset(trials[i].folds) - {fold}) for i, fold in pairs]
    place = {fit: i for i, fit in enumerate(dict.fromkeys(asked))}
    problems = [prepared.problem(fit, self._max_epochs) for fit in place]
    trainer = mlp_training.Trainer(prepared.data_nq)
    params = trainer.train(problems).params
    chosen = np.array([place[fit] for fit in asked])
    found = trainer.score([problems[i] for i in chosen], mlp_training.pick(params, chosen), rows)
    owner = np.array([i for i, _ in pairs])
    return np.array([found[owner == i].mean() for i in range(len(trials))])

  def fit(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> list[algorithm.Model]:
    """Returns for each trial a network fitted on all rows of its folds (of which a tenth decides when to stop).

    Raises:
      InputError: there are too few rows.
    """
    prepared = mlp_problems.Prepared.of(samples)
    asked = [mlp_problems.Fit.of(trial, frozenset(trial.folds)) for trial in trials]
    problems = [prepared.problem(fit, self._max_epochs) for fit in asked]
    fits = mlp_training.Trainer(prepared.data_nq).train(problems)
    models: list[algorithm.Model] = []
    for i, trial in enumerate(trials):
      scaling, params = prepared.scaling(trial.folds), mlp_training.pick(fits.params, i)
      layers = tuple((params[name]["kernel"], params[name]["bias"]) for name in network.layer_names())
      models.append(
        mlp_model.MlpModel(
          samples.names, scaling.mean_p, scaling.scale_p, scaling.mean_age_years, layers, dict(trial.setting)
        )
      )
    return models

  def sized_space(self, num_rows: int) -> algorithm.Space:
    """Returns the published space: it fits any number of rows."""
    del num_rows
    return SPACE

  def describe_misfit(self, num_rows: int) -> str:
    """Returns an empty text: there are settings for any number of rows."""
    del num_rows
    return ""

  def devices(self) -> list[str]:
    """Returns JAX's devices, on which networks are trained, as text."""
    return [str(device) for device in jax.local_devices()]

  def from_file(self, path: pathlib.Path) -> mlp_model.MlpModel:
    """Reads what `to_file` wrote.

    Raises:
      InputError: the file is absent, damaged, or of another kind or version.
    """
    return mlp_model.from_file(path)
