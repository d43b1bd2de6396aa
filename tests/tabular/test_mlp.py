"""The network as an algorithm: as good as scikit-learn's, leak-free, each as if alone, files."""

import dataclasses

import jax
import numpy as np
import pytest
import safetensors.numpy
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor

from msk_jax.io import errors
from msk_jax.tabular import algorithm
from msk_jax.tabular.mlp import fit_data, fitted_model, regressor, training
from tests.tabular import scalar_cohort

_SETTING = {"learning_rate_init": 0.01, "alpha": 0.1}
_FOLDS = (0, 1, 2, 3)


def _samples(n: int = 2400, noise_years: float = 3.0) -> algorithm.Samples:
  """Ages with a curve and an interaction that no linear model sees."""
  rng = np.random.default_rng(0)
  features_np = rng.normal(size=(n, 4))
  age_years = 57 + 6 * np.tanh(features_np[:, 0] * features_np[:, 1]) + 3 * np.abs(features_np[:, 2])
  features_np = features_np * [10, 1, 0.1, 2] + [170, 25, 0, -3]
  return algorithm.Samples(
    features_np,
    age_years + noise_years * rng.normal(size=n),
    rng.integers(0, 5, n),
    ("a", "b", "c", "d"),
    scalar_cohort.AGE,
  )


def _fits(num: int) -> list[fit_data.Fit]:
  return [fit_data.Fit(frozenset(_FOLDS) - {i % 4}, 0.01 + 0.01 * i, 0.1, i) for i in range(num)]


def _train(fits, prepared, max_epochs=200, **how):
  return training.Trainer(prepared.data_nq, **how).train([prepared.problem(fit, max_epochs) for fit in fits])


@pytest.fixture(scope="module")
def prepared() -> fit_data.Prepared:
  return fit_data.Prepared.of(_samples(700))


@pytest.fixture(scope="module")
def together(prepared) -> training.Fits:
  return _train(_fits(4), prepared)


@pytest.fixture(scope="module")
def model() -> fitted_model.MlpModel:
  return regressor.Mlp().fit(_samples(700), [algorithm.Trial(_FOLDS, _SETTING, 1)])[0]


def _assert_same(actual: training.Fits, expected: training.Fits, atol: float = 0) -> None:
  np.testing.assert_array_equal(actual.epochs, expected.epochs)
  np.testing.assert_allclose(actual.score, expected.score, rtol=0, atol=atol)
  jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=atol), actual.params, expected.params)


def _take(fits: training.Fits, place: list[int]) -> training.Fits:
  return training.Fits(training.pick(fits.params, np.array(place)), fits.score[place], fits.epochs[place])


def test_a_network_alone_is_the_same_bits(prepared, together):
  assert len(set(together.epochs)) > 2  # they stop at different times
  _assert_same(_train(_fits(4)[3:], prepared), _take(together, [3]))


def test_order_does_not_matter(prepared, together):
  order = [2, 0, 3, 1]
  fits = _fits(4)
  _assert_same(_train([fits[i] for i in order], prepared), _take(together, order))


def test_one_device_and_more_networks_give_the_same_bits(prepared, together):
  assert jax.device_count() > 1
  _assert_same(_take(_train(_fits(5), prepared, devices=jax.devices()[:1]), [0, 1, 2, 3]), together)


def test_groups_by_vmap_give_the_same_networks(prepared):
  alone = _train(_fits(3), prepared, max_epochs=4)  # few: rounding grows with every step
  _assert_same(_train(_fits(3), prepared, max_epochs=4, group=2), alone, atol=1e-4)


def test_no_value_of_other_folds_reaches_a_network(prepared, together):
  """Fit 1 leaves out folds 1 and 4: whatever their rows say, its bits stay; fit 0 uses fold 1, and changes."""
  samples = _samples(700)
  other = (samples.fold == 1) | (samples.fold == 4)
  features_np, age_years = samples.features_np.copy(), samples.target.copy()
  features_np[other], age_years[other] = features_np[other][::-1] * 3, age_years[other][::-1] + 5
  changed = dataclasses.replace(samples, features_np=features_np, target=age_years)
  actual = _train(_fits(4), fit_data.Prepared.of(changed))
  _assert_same(_take(actual, [1]), _take(together, [1]))
  assert actual.score[0] != together.score[0]


def test_score_and_fit_never_read_the_tested_fold():
  samples = _samples(700)
  tested = samples.fold == 4
  poisoned = dataclasses.replace(
    samples,
    features_np=np.where(tested[:, None], np.nan, samples.features_np),
    target=np.where(tested, np.nan, samples.target),
  )
  trial = algorithm.Trial(_FOLDS, _SETTING, 5)
  algorithm_ = regressor.Mlp()
  assert algorithm_.score(samples, [trial])[0] == algorithm_.score(poisoned, [trial])[0]
  (clean,), (dirty,) = algorithm_.fit(samples, [trial]), algorithm_.fit(poisoned, [trial])
  np.testing.assert_array_equal(clean.predict(samples.features_np), dirty.predict(samples.features_np))


def test_score_is_the_mean_over_inner_folds_of_fits_on_the_others(monkeypatch):
  """By brute force; and splits that share a setting share their fits: three splits with two inner folds need three."""
  samples, algorithm_ = _samples(700), regressor.Mlp()
  trials = [algorithm.Trial(tuple(k for k in range(3) if k != split), _SETTING, 2) for split in range(3)]
  numbers = []
  train = training.Trainer.train
  monkeypatch.setattr(
    training.Trainer, "train", lambda self, problems: numbers.append(len(problems)) or train(self, problems)
  )
  actual = algorithm_.score(samples, trials)
  assert numbers == [3]
  expected = []
  for fold in trials[1].folds:
    folds = tuple(k for k in trials[1].folds if k != fold)
    (fitted,) = algorithm_.fit(samples, [algorithm.Trial(folds, _SETTING, 2)])
    held = samples.fold == fold
    expected.append(r2_score(samples.target[held], fitted.predict(samples.features_np[held])))
  np.testing.assert_allclose(actual[1], np.mean(expected), atol=1e-4)


@pytest.mark.long
def test_planted_curve_is_found_as_well_as_by_scikit_learn():
  samples = _samples(6000)
  held = samples.fold == 4
  trials = [algorithm.Trial(_FOLDS, _SETTING, seed) for seed in range(2)]
  scores = [
    r2_score(samples.target[held], model.predict(samples.features_np[held]))
    for model in regressor.Mlp().fit(samples, trials)
  ]
  rows, (scale, mean) = ~held, (samples.features_np[~held].std(axis=0), samples.features_np[~held].mean(axis=0))
  x_np, mean_age_years = (samples.features_np - mean) / scale, samples.target[rows].mean()
  peers = []
  for seed in range(2):
    peer = MLPRegressor(
      hidden_layer_sizes=(128, 64, 32), batch_size=1000, early_stopping=True, random_state=seed, **_SETTING
    )
    peer.fit(x_np[rows], samples.target[rows] - mean_age_years)
    peers.append(r2_score(samples.target[held], mean_age_years + peer.predict(x_np[held])))
  ceiling = 1 - 3.0**2 / samples.target[held].var()
  linear = np.linalg.lstsq(np.column_stack([x_np, np.ones(len(x_np))])[rows], samples.target[rows])[0]
  straight = r2_score(samples.target[held], (np.column_stack([x_np, np.ones(len(x_np))]) @ linear)[held])
  assert straight < 0.05
  np.testing.assert_allclose(np.mean(scores), np.mean(peers), atol=0.03)
  assert ceiling - 0.06 < np.mean(scores) < ceiling + 0.04


def test_constant_feature_and_few_rows():
  samples = _samples(60)
  samples = dataclasses.replace(samples, features_np=samples.features_np * [1, 1, 0, 1] + [0, 0, 0.1, 0])
  trial = algorithm.Trial(_FOLDS, _SETTING, 0)
  (fitted,) = regressor.Mlp().fit(samples, [trial])
  assert np.isfinite(fitted.predict(samples.features_np)).all()


def test_empty_fold_is_refused():
  samples = _samples(60)
  with pytest.raises(errors.InputError, match="fold 7 has no rows"):
    regressor.Mlp().score(samples, [algorithm.Trial((0, 1, 7), _SETTING, 0)])


def test_space_holds_the_published_bounds():
  space = regressor.Mlp().space
  assert all(isinstance(parameter, algorithm.Real) and parameter.is_log for parameter in space.values())
  np.testing.assert_allclose(
    np.log(
      [space["learning_rate_init"].low, space["learning_rate_init"].high, space["alpha"].low, space["alpha"].high]
    ),
    [-5, -1, -6, 3],
  )


def test_file_returns_the_model(model, tmp_path):
  path = tmp_path / "model.safetensors"
  model.to_file(path)
  read = regressor.Mlp().from_file(path)
  features_np = _samples(50).features_np
  np.testing.assert_array_equal(read.predict(features_np), model.predict(features_np))
  assert (read.names, dict(read.setting)) == (model.names, _SETTING)
  assert read.predict(features_np[:0]).shape == (0,)
  model.to_file(tmp_path / "again.safetensors")
  assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
  with pytest.raises(ValueError, match="4 features"):
    read.predict(features_np[:, :3])


def test_weights_that_the_disk_has_changed_are_refused(model, tmp_path):
  path = tmp_path / "model.safetensors"
  model.to_file(path)
  data = path.read_bytes()
  path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
  with pytest.raises(errors.InputError, match="not what was written"):
    regressor.Mlp().from_file(path)


def test_damaged_and_foreign_files_are_refused(model, tmp_path):
  path = tmp_path / "model.safetensors"
  model.to_file(path)
  whole = path.read_bytes()
  changes = (
    (rb"\"version\": 1", rb"\"version\": 2"),
    (rb": [128", rb": [127"),
    (rb"\"mean_age_years\": 5", rb"\"mean_age_years\": x"),
    (rb"\"features\"", rb"\"faetures\""),
  )
  for bad in (whole[:-7], whole[:50], b"", b"\x00" * 100, *(whole.replace(*change) for change in changes)):
    assert bad != whole
    path.write_bytes(bad)
    with pytest.raises(errors.InputError, match=r"model\.safetensors"):
      regressor.Mlp().from_file(path)
  safetensors.numpy.save_file({"a": np.zeros(3)}, path)
  with pytest.raises(errors.InputError, match="not a network for tabular data"):
    regressor.Mlp().from_file(path)
  with pytest.raises(errors.InputError, match="absent"):
    regressor.Mlp().from_file(tmp_path / "absent.safetensors")
