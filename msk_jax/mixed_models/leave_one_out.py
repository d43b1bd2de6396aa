"""Residuals of traits whose polygenic part leaves one chromosome out, and how their tests are scaled.

For a chromosome c and a trait y with heritability h2, V_c = h2 K_-c + (1 - h2) I, where K_-c is made of the other
chromosomes. The residual r = V_c^-1 y is what a variant x of c is tested against. The prospective test

  chi2 = (x' r)^2 / (x' V_c^-1 x)

needs V_c^-1 x. As x' V_c^-1 x / x' x hardly differs between variants, its mean `gamma` over a few random ones, each
without its own chromosome, takes its place (Svishcheva et al. 2012, Nat. Genet. 44:1166; Loh et al. 2015, Nat. Genet.
47:284). With h2 = 0, r is y, gamma is 1, and the test is that of linear regression.

What the left-out chromosome explains is missing in K_-c: V_c is then not the variance of y. So the denominator is
estimated for each chromosome (`score_variance`). Where nothing is left of K, V_c is the identity.
"""

import dataclasses
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from msk_jax.mixed_models import association, conjugate_gradients, genotype_blocks, score_variance, variance_components
from msk_jax.mixed_models.failures import NotEstimableError
from msk_jax.mixed_models.genotype_blocks import Chromosome
from msk_jax.mixed_models.relationship import WHOLE, Relationship, project, standardize

NUM_CALIBRATION_VARIANTS = 36
NUM_PROBES = 12  # random vectors for traces
MAX_HERITABILITY = 0.95  # so that V can be inverted
_LEAST_FREQUENCY = 0.02  # of the rarer allele of a calibration variant, if there are enough of them
_LEAST_LEFT = 1e-6  # share of a calibration variant's variation that covariates must leave
_MOST_CANDIDATES = 2400  # variants that are looked at in search of common ones


@dataclasses.dataclass(frozen=True)
class Residuals:
  """What variants are tested against.

  Attributes:
    names: of the c chromosomes.
    columns: float64 [c + 1, n, t], r for each chromosome; the last are for variants of no chromosome of K.
    gamma: float64 [c + 1, t], mean of x' V^-1 x / x' x; 1 for chromosomes without which nothing is left of K.
    gamma_se: float64 [t], its standard error over calibration variants.
    score_variance: float64 [c + 1, t], of x' r for a variant x without an effect, with x' x = 1.
    h2: float64 [t], heritabilities used, 0 for a trait without a polygenic part.
    trait_sd: float64 [t], of traits without covariates: effects per SD times it are in the trait's unit.
    num_iterations: of conjugate gradients.
  """

  names: tuple[str, ...]
  columns: np.ndarray
  gamma: np.ndarray
  gamma_se: np.ndarray
  score_variance: np.ndarray
  h2: np.ndarray
  trait_sd: np.ndarray
  num_iterations: int

  def respond(self, basis: np.ndarray, chromosome: str) -> association.Response:
    """Returns what variants of a chromosome are tested against.

    Args:
      basis: float64 [n, q], orthonormal, of the covariates.
      chromosome: its name.
    """
    number = self.names.index(chromosome) if chromosome in self.names else WHOLE
    return association.prepare(
      basis, self.columns[number], self.gamma[number], self.score_variance[number], self.trait_sd
    )


def make_residuals(
  relationship: Relationship, chromosomes: Sequence[Chromosome], traits: np.ndarray, h2: np.ndarray, *, seed: int = 0
) -> Residuals:
  """Makes the residuals of all traits and chromosomes at once.

  Args:
    relationship: K of all chromosomes.
    chromosomes: the same.
    traits: float64 [n, t].
    h2: float64 [t]; what is not positive counts as 0, what is over MAX_HERITABILITY as that.
    seed: chooses the calibration variants.

  Raises:
    NotEstimableError: covariates explain a trait, fewer than two variants vary, or equations can't be solved.
  """
  h2 = np.clip(np.nan_to_num(h2), 0.0, MAX_HERITABILITY)
  scaled = variance_components.scale(relationship, traits)
  n, t = traits.shape
  calibration, home = _calibration_variants(relationship, chromosomes, seed)
  probes = variance_components.draw_probes(relationship, n, NUM_PROBES, seed)
  groups = [*range(len(chromosomes)), WHOLE]
  is_empty = np.array([relationship.is_empty_without(number) for number in groups])
  # Probes leave out the chromosomes of the calibration variants, in the same shares, as their means are compared.
  homes = np.concatenate([home, np.sort(home)[np.linspace(0, len(home) - 1, NUM_PROBES).round().astype(int)]])
  homes = np.where(is_empty[homes], WHOLE, homes)
  extra = jnp.concatenate([calibration, probes], 1)  # [n, j]
  right = jnp.concatenate([jnp.tile(scaled, (1, len(groups))), jnp.repeat(extra, t, axis=1)], 1)
  left_out = np.concatenate([np.repeat(groups, t), np.repeat(homes, t)])
  h2_of_groups = np.where(is_empty[:, None], 0.0, h2)  # [c + 1, t]
  h2_of_columns = np.concatenate([h2_of_groups.ravel(), np.tile(h2, len(homes))])
  solution = conjugate_gradients.solve(relationship, right, h2_of_columns, left_out)
  solved = np.asarray(solution.columns, np.float64)
  residuals = solved[:, : len(groups) * t].reshape(n, len(groups), t).transpose(1, 0, 2)
  ratios = _ratios(np.asarray(extra, np.float64), solved[:, len(groups) * t :].reshape(n, len(homes), t))
  of_variants, of_probes = np.split(ratios, [len(home)], axis=1)
  variance = score_variance.estimate(
    np.einsum("nt,cnt->ct", np.asarray(scaled, np.float64), residuals),
    (residuals**2).sum(1),
    of_probes.mean(1) * relationship.num_free,
    of_variants.mean(1),
    relationship.num_free,
  )
  plain = traits - traits.mean(0)
  plain = plain - np.asarray(relationship.basis, np.float64) @ (np.asarray(relationship.basis, np.float64).T @ plain)
  return Residuals(
    names=relationship.names,
    columns=residuals,
    gamma=np.where(is_empty[:, None], 1.0, of_variants[0].mean(0)),
    gamma_se=of_variants[0].std(0, ddof=1) / np.sqrt(len(home)),
    score_variance=np.where(is_empty[:, None], (residuals**2).sum(1) / relationship.num_free, variance),
    h2=h2,
    trait_sd=np.sqrt((plain**2).sum(0) / relationship.num_free),
    num_iterations=solution.num_iterations,
  )


def _ratios(columns: np.ndarray, solved: np.ndarray) -> np.ndarray:
  """Returns x' W x / x' x and x' W W x / x' x, float64 [2, j, t], of columns [n, j] and their solutions [n, j, t]."""
  products = np.stack([np.einsum("nj,njt->jt", columns, solved), (solved**2).sum(0)])
  return products / (columns**2).sum(0)[:, None]


def _calibration_variants(relationship: Relationship, chromosomes: Sequence[Chromosome], seed: int):
  """Returns random variants [n, j], standardised and without covariates, and their chromosomes, int64 [j].

  Common ones come first; where there are too few, the most common of the others are taken.
  """
  sizes = np.array([chromosome.num_variants for chromosome in chromosomes])
  order = np.random.default_rng(seed).permutation(int(sizes.sum()))
  ends = np.cumsum(sizes)
  candidates: list[tuple[float, int, np.ndarray]] = []
  num_common = 0
  for variant in order[:_MOST_CANDIDATES]:
    number = int(np.searchsorted(ends, variant, side="right"))
    place = int(variant - (ends[number] - sizes[number]))
    calls = chromosomes[number].read(place, place + 1)
    frequency = min(_rarer_frequency(calls[:, 0]), _LEAST_FREQUENCY)
    if frequency > 0:
      candidates.append((frequency, number, calls))
      num_common += frequency == _LEAST_FREQUENCY
    if num_common == NUM_CALIBRATION_VARIANTS:
      break
  if len(candidates) < 2:
    raise NotEstimableError("there are not two variants that vary to scale the tests with")
  candidates.sort(key=lambda candidate: -candidate[0])
  chosen = candidates[:NUM_CALIBRATION_VARIANTS]
  columns = standardize(jnp.asarray(np.concatenate([calls for _, _, calls in chosen], 1)))
  columns = project(relationship.basis, columns)
  is_left = np.asarray((columns**2).sum(0)) > _LEAST_LEFT * len(columns)
  return columns[:, is_left], np.array([number for _, number, _ in chosen])[is_left]


def _rarer_frequency(calls: np.ndarray) -> float:
  present = calls[calls != genotype_blocks.MISSING]
  frequency = present.mean() / 2 if len(present) else 0.0
  return float(min(frequency, 1.0 - frequency))
