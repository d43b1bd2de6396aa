"""Heritability and genetic correlation of all traits and pairs at once, with standard errors.

Method: minimum norm quadratic unbiased estimation (MINQUE; C. R. Rao 1971, J. Multivariate Anal. 1:257), with traces
estimated by random vectors as in RHE (Wu and Sankararaman 2018, Bioinformatics 34:i187) and BOLT-REML (Loh et al.
2015, Nat. Genet. 47:1385). With V0 = h0 K + (1 - h0) I and W = V0^-1, all in the space without covariates, the
quadratic forms of traits i and j

  F_K = W K W,  F_I = W W:    E[y_i' F y_j] = g_ij tr(F K) + e_ij tr(F),

are linear in the covariances g_ij (genetic) and e_ij (environmental). They are unbiased for any h0, and as precise as
REML where h0 is the heritability. One h0 for all traits needs one set of solutions of V0 x = b. As K is a function of
V0, all traces are those of powers of W: K = (V0 - (1 - h0) I) / h0.

Standard errors: covariances of quadratic forms of normal variables,

  cov(y_i' F y_j, y_k' G y_l) = tr(F V_jk G V_li) + tr(F V_jl G V_ki),   V_ij = g_ij K + e_ij I,

then the delta method for ratios. The error of the traces themselves is added.
"""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np

from msk_jax.mixed_models import conjugate_gradients
from msk_jax.mixed_models.failures import NotEstimableError
from msk_jax.mixed_models.relationship import WHOLE, Relationship, project

WORKING_HERITABILITY = 0.3  # h0: about that of accelerated ageing (published .22 to .35)
NUM_PROBES = 100
_LEAST_LEFT = 1e-8  # share of a trait's variance that covariates must leave
_LEAST_DETERMINANT = 1e-6  # of the moments' 2 x 2 matrix, its diagonal scaled to 1
_ROUNDING = 1e-9  # of a variance, relative to its terms


@dataclasses.dataclass(frozen=True)
class Traces:
  """Traces of powers of W in the space without covariates.

  Attributes:
    powers: float64 [5], tr(W^k) for k = 0..4; tr(W^0) = n - q.
    per_probe: float64 [probes, 5], each random vector's estimate.
    working_h2: h0.
  """

  powers: np.ndarray
  per_probe: np.ndarray
  working_h2: float


@dataclasses.dataclass(frozen=True)
class Components:
  """Estimates of t traits.

  Attributes:
    genetic: float64 [t, t], genetic covariances; traits have variance 1 without covariates.
    residual: float64 [t, t], environmental covariances.
    h2: float64 [t].
    h2_se: float64 [t]; NaN where the estimated covariances are impossible, e.g. with far too few people.
    rg: float64 [t, t], NaN where a genetic variance is not positive.
    rg_se: float64 [t, t].
    residual_correlation: float64 [t, t].
    residual_correlation_se: float64 [t, t].
  """

  genetic: np.ndarray
  residual: np.ndarray
  h2: np.ndarray
  h2_se: np.ndarray
  rg: np.ndarray
  rg_se: np.ndarray
  residual_correlation: np.ndarray
  residual_correlation_se: np.ndarray


def estimate(
  relationship: Relationship,
  traits: np.ndarray,
  *,
  seed: int = 0,
  num_probes: int = NUM_PROBES,
  working_h2: float = WORKING_HERITABILITY,
) -> Components:
  """Estimates the variance components of traits that the same people have.

  Args:
    relationship: K.
    traits: float64 [n, t], without missing values.
    seed: of the random vectors.
    num_probes: random vectors.
    working_h2: h0, in (0, 1).

  Raises:
    NotEstimableError: covariates explain a trait, K can't be told from the identity, or equations can't be solved.
  """
  scaled = scale(relationship, traits)
  probes = draw_probes(relationship, len(traits), num_probes, seed)
  both = jnp.concatenate([scaled, probes], 1)
  t = traits.shape[1]
  once = _solve(relationship, both, working_h2)
  twice = _solve(relationship, once[:, t:], working_h2)
  traces = _traces(probes, once[:, t:], twice, relationship.num_free, working_h2)
  weighted = np.asarray(once[:, :t], np.float64)
  plain = np.asarray(scaled, np.float64)
  return _components(plain.T @ weighted, weighted.T @ weighted, traces)


def draw_probes(relationship: Relationship, n: int, count: int, seed: int) -> jax.Array:
  """Returns random vectors of signs without what covariates explain, float32 [n, count]."""
  probes = np.random.default_rng(seed).choice(np.array([-1.0, 1.0], np.float32), (n, count))
  return project(relationship.basis, jnp.asarray(probes))


def scale(relationship: Relationship, traits: np.ndarray) -> jax.Array:
  """Returns traits without covariates, of variance 1, float32 [n, t].

  Raises:
    NotEstimableError: covariates explain a trait, or it does not vary.
  """
  centred = traits - traits.mean(0)
  columns = np.asarray(project(relationship.basis, jnp.asarray(centred, jnp.float32)), np.float64)
  squares, total = (columns**2).sum(0), (centred**2).sum(0)
  if not (squares > _LEAST_LEFT * total).all():
    raise NotEstimableError("a trait does not vary, or the covariates explain it")
  return jnp.asarray(columns * np.sqrt(relationship.num_free / squares), jnp.float32)


def _solve(relationship: Relationship, columns: jax.Array, working_h2: float) -> jax.Array:
  k = columns.shape[1]
  solution = conjugate_gradients.solve(relationship, columns, np.full(k, working_h2), np.full(k, WHOLE))
  return solution.columns


def _traces(z: jax.Array, once: jax.Array, twice: jax.Array, num_free: int, working_h2: float) -> Traces:
  """Traces from z, W z and W^2 z."""
  zero, one, two = (np.asarray(columns, np.float64) for columns in (z, once, twice))
  # A projected probe has z'z below its mean n - q by chance: the ratio takes that error out of all powers.
  products = [(zero * zero), (zero * one), (one * one), (one * two), (two * two)]
  per_probe = np.stack([product.sum(0) for product in products], 1)
  per_probe *= num_free / per_probe[:, :1]
  return Traces(per_probe.mean(0), per_probe, working_h2)


def _polynomials(h0: float) -> dict[str, np.ndarray]:
  """Returns F_K, F_I as coefficients of W^0..W^2, and K as coefficients of W^-1, W^0."""
  return {
    "F_K": np.array([0.0, 1.0, -(1.0 - h0)]) / h0,
    "F_I": np.array([0.0, 0.0, 1.0]),
    "K": np.array([1.0, -(1.0 - h0)]) / h0,
    "I": np.array([0.0, 1.0]),
  }


def _trace(forms: tuple[np.ndarray, ...], variances: tuple[np.ndarray, ...], powers: np.ndarray) -> np.ndarray:
  """Returns the trace of a product of forms (powers 0..2 of W) and variances (powers -1..0), from tr(W^k)."""
  product = np.array([1.0])
  for polynomial in (*forms, *variances):
    product = np.convolve(product, polynomial)
  start = len(variances)  # the first coefficient belongs to W^-start
  assert np.allclose(product[:start], 0.0), "a form starts with W: no negative powers are left"
  return product[start:] @ powers[: len(product) - start]


def _components(yWy: np.ndarray, yWWy: np.ndarray, traces: Traces) -> Components:  # noqa: N803 - powers of W
  """Solves for the covariances.

  Args:
    yWy: float64 [t, t], y_i' W y_j.
    yWWy: float64 [t, t], y_i' W W y_j.
    traces: see `Traces`.
  """
  genetic, residual = _solve_moments(yWy, yWWy, traces.powers, traces.working_h2)
  trace_errors = _trace_errors(yWy, yWWy, traces)
  t = len(yWy)
  h2, h2_se = np.empty(t), np.empty(t)
  rg, rg_se, rr, rr_se = (np.full((t, t), np.nan) for _ in range(4))
  for i in range(t):
    covariance = _pair_covariance(genetic, residual, (i, i), traces)
    covariance = covariance[np.ix_([0, 3], [0, 3])] + trace_errors[:, :, i, i, i, i]
    g, e = genetic[i, i], residual[i, i]
    h2[i] = g / (g + e)
    gradient = np.array([e, -g]) / (g + e) ** 2
    h2_se[i] = _standard_error(gradient, covariance)
  for i, j in itertools.combinations(range(t), 2):
    covariance = _pair_covariance(genetic, residual, (i, j), traces)
    for part, (estimates, errors) in enumerate(((rg, rg_se), (rr, rr_se))):
      matrix = (genetic, residual)[part]
      block = covariance[3 * part : 3 * part + 3, 3 * part : 3 * part + 3] + _pair_block(trace_errors[part, part], i, j)
      estimates[i, j], errors[i, j] = _correlation(matrix[i, i], matrix[i, j], matrix[j, j], block)
      estimates[j, i], errors[j, i] = estimates[i, j], errors[i, j]
  for matrix in (rg, rr):
    np.fill_diagonal(matrix, 1.0)
  return Components(genetic, residual, h2, h2_se, rg, rg_se, rr, rr_se)


def _solve_moments(yWy: np.ndarray, yWWy: np.ndarray, powers: np.ndarray, h0: float):  # noqa: N803
  polynomials = _polynomials(h0)
  left = np.array([[_trace((polynomials[f],), (polynomials[v],), powers) for v in ("K", "I")] for f in ("F_K", "F_I")])
  right = np.stack([(yWy - (1.0 - h0) * yWWy) / h0, yWWy])
  root = np.sqrt(np.abs(np.diag(left)))
  if not np.linalg.det(left / np.outer(root, root)) > _LEAST_DETERMINANT:
    raise NotEstimableError("the relationship matrix can't be told from that of unrelated people")
  solved = np.tensordot(np.linalg.inv(left), right, 1)
  return solved[0], solved[1]


def _pair_covariance(genetic: np.ndarray, residual: np.ndarray, pair: tuple[int, int], traces: Traces) -> np.ndarray:
  """Returns the covariance [6, 6] of (g_ii, g_ij, g_jj, e_ii, e_ij, e_jj)."""
  i, j = pair
  polynomials = _polynomials(traces.working_h2)
  forms = (polynomials["F_K"], polynomials["F_I"])
  left = np.array([[_trace((form,), (polynomials[v],), traces.powers) for v in ("K", "I")] for form in forms])
  entries = ((i, i), (i, j), (j, j))
  variance = {(a, b): genetic[a, b] * polynomials["K"] + residual[a, b] * polynomials["I"] for a in pair for b in pair}
  covariance = np.empty((2, 3, 2, 3))
  for (f, form), (x, (a, b)), (h, other), (y, (c, d)) in itertools.product(
    enumerate(forms), enumerate(entries), enumerate(forms), enumerate(entries)
  ):
    covariance[f, x, h, y] = _trace((form, other), (variance[b, c], variance[d, a]), traces.powers) + _trace(
      (form, other), (variance[b, d], variance[c, a]), traces.powers
    )
  inverse = np.linalg.inv(left)
  solved = np.einsum("pf,fxhy,qh->pxqy", inverse, covariance, inverse)
  return solved.reshape(6, 6)


def _trace_errors(yWy: np.ndarray, yWWy: np.ndarray, traces: Traces) -> np.ndarray:  # noqa: N803
  """Returns covariances of all estimates by chance in the random vectors, [2, 2, t, t, t, t]; by jackknife."""
  count = len(traces.per_probe)
  total = traces.per_probe.sum(0)
  without = np.array(
    [np.stack(_solve_moments(yWy, yWWy, (total - one) / (count - 1), traces.working_h2)) for one in traces.per_probe]
  )
  centred = without - without.mean(0)
  return (count - 1) / count * np.einsum("bpij,bqkl->pqijkl", centred, centred)


def _pair_block(errors: np.ndarray, i: int, j: int) -> np.ndarray:
  """Returns the covariance [3, 3] of entries (ii, ij, jj) from that of all entries [t, t, t, t]."""
  entries = ((i, i), (i, j), (j, j))
  return np.array([[errors[a, b, c, d] for c, d in entries] for a, b in entries])


def _correlation(first: float, both: float, second: float, covariance: np.ndarray) -> tuple[float, float]:
  """Returns a correlation and its standard error (delta method); NaN where a variance is not positive."""
  if not (first > 0 and second > 0):
    return np.nan, np.nan
  root = np.sqrt(first * second)
  r = both / root
  gradient = np.array([-r / (2 * first), 1.0 / root, -r / (2 * second)])
  return r, _standard_error(gradient, covariance)


def _standard_error(gradient: np.ndarray, covariance: np.ndarray) -> float:
  """Returns the standard error of a function of estimates (delta method); NaN where its variance is negative."""
  terms = np.outer(gradient, gradient) * covariance
  variance, size = terms.sum(), np.abs(terms).sum()
  return float(np.sqrt(max(variance, 0.0))) if variance >= -_ROUNDING * size else np.nan
