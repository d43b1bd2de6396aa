"""The latent accelerations have the published structure."""

import numpy as np

from msk_jax.simulation import latent

_N = 3000


def _draws(family: np.ndarray | None = None, kinship: float = 0.0, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
  pairs = [latent.draw_accelerations(7, f"{first + i}", family, kinship) for i in range(_N)]
  genetic, environmental = zip(*pairs, strict=True)
  return np.array(genetic), np.array(environmental)


def test_accelerations_recover_the_published_correlations_and_heritabilities():
  genetic, environmental = _draws()
  total = genetic + environmental
  tolerance = 4 / np.sqrt(_N)
  np.testing.assert_allclose(np.corrcoef(total.T), latent.phenotypic_correlation(), atol=tolerance)
  np.testing.assert_allclose(np.corrcoef(genetic.T), latent.genetic_correlation(), atol=tolerance)
  np.testing.assert_allclose(total.std(axis=0), latent.SD_YEARS, rtol=0.06)
  np.testing.assert_allclose(genetic.var(axis=0) / total.var(axis=0), latent.HERITABILITY, atol=0.04)


def test_published_values_are_where_they_belong():
  place = latent.DIMENSIONS.index
  correlation = latent.phenotypic_correlation()
  assert correlation[place("hip"), place("knee")] == 0.351
  assert correlation[place("knee"), place("scalars")] == 0.111
  assert latent.genetic_correlation()[place("knee"), place("scalars")] == -0.020


def test_parts_have_proper_covariances():
  for matrix in (latent.phenotypic_correlation(), latent.genetic_correlation(), latent.environmental_covariance()):
    assert np.linalg.eigvalsh(matrix).min() > 0.05
    np.testing.assert_array_equal(matrix, matrix.T)


def test_relatives_share_genetic_values_in_proportion_to_kinship():
  families = [latent.draw_family_values(3, f"f{i}") for i in range(_N)]

  def correlation(kinship: float) -> float:
    first = [latent.draw_accelerations(3, f"a{i}", f, kinship)[0] for i, f in enumerate(families)]
    second = [latent.draw_accelerations(3, f"b{i}", f, kinship)[0] for i, f in enumerate(families)]
    return float(np.mean([np.corrcoef(np.array(first)[:, d], np.array(second)[:, d])[0, 1] for d in range(5)]))

  assert abs(correlation(0.25) - 0.5) < 0.05
  assert abs(correlation(0.0625) - 0.125) < 0.05


def test_a_person_is_the_same_whenever_drawn_and_another_seed_gives_another():
  again = [np.concatenate(latent.draw_accelerations(1, "9000001")) for _ in range(2)]
  np.testing.assert_array_equal(*again)
  assert not np.allclose(again[0], np.concatenate(latent.draw_accelerations(2, "9000001")))
  assert not np.allclose(again[0], np.concatenate(latent.draw_accelerations(1, "9000002")))
