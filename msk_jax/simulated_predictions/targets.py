"""Accuracy and correlations of predicted ages: what simulated predictions reproduce.

Published numbers come from `published`. Where nothing is published, the number is here and a comment says so. R2 and
correlations are of samples (participant and visit).
"""

import dataclasses
import itertools
from collections.abc import Mapping

from msk_jax.published import reader

DIMENSIONS = reader.DIMENSIONS


@dataclasses.dataclass(frozen=True)
class View:
  """Models that see the same data.

  Attributes:
    r2: algorithm to R2.
    correlation: of the accelerations of any two algorithms, if that is the target.
    ensemble_r2: R2 of the view's ensemble, if that is the target instead.
  """

  r2: Mapping[str, float]
  correlation: float | None = None
  ensemble_r2: float | None = None


def _r2(model: str) -> float:
  return reader.performance()[model, "sample"].r2


def _correlation(model: str, other_model: str) -> float:
  return reader.phenotypic_correlations()[frozenset((model, other_model))].r


def _view(name: str, correlation: float | None = None, ensemble_r2: float | None = None) -> View:
  """Returns a view with the published R2 of its models, and one target."""
  algorithms = [model.removeprefix(f"{name}/") for model in reader.models() if model.startswith(f"{name}/")]
  return View({algorithm: _r2(f"{name}/{algorithm}") for algorithm in algorithms}, correlation, ensemble_r2)


# Published of the figure's networks. Taken for the networks of the other full-body views too.
_TWO_NETWORKS = _correlation("full_body/figure/inception_v3", "full_body/figure/inception_resnet_v2")
# Not published. Close to 1, as the algorithms of a scalar set differ little in R2.
_THREE_ALGORITHMS = 0.95
# Not published. Between the best of its algorithms and the ensemble of all scalar models.
_ALL_SCALARS_R2 = 0.2575

VIEWS: dict[str, View] = {
  "full_body/figure": _view("full_body/figure", correlation=_TWO_NETWORKS),
  "full_body/flesh": _view("full_body/flesh", correlation=_TWO_NETWORKS),
  "full_body/skeleton": _view("full_body/skeleton", correlation=_TWO_NETWORKS),
  "full_body/mixed": _view("full_body/mixed", correlation=_TWO_NETWORKS),
  "spine/sagittal": _view("spine/sagittal", ensemble_r2=_r2("spine/sagittal/ensemble")),
  "spine/coronal": _view("spine/coronal", ensemble_r2=_r2("spine/coronal/ensemble")),
  "hip": _view("hip", ensemble_r2=_r2("hip/ensemble")),
  "knee": _view("knee", ensemble_r2=_r2("knee/ensemble")),
  "scalars/all": _view("scalars/all", ensemble_r2=_ALL_SCALARS_R2),
  "scalars/anthropometry": _view("scalars/anthropometry", correlation=_THREE_ALGORITHMS),
  "scalars/impedance": _view("scalars/impedance", correlation=_THREE_ALGORITHMS),
  "scalars/heel_densitometry": _view("scalars/heel_densitometry", correlation=_THREE_ALGORITHMS),
  "scalars/hand_grip": _view("scalars/hand_grip", correlation=_THREE_ALGORITHMS),
}

_PUBLISHED_PAIRS = (
  ("full_body/figure", "full_body/skeleton"),
  ("full_body/figure", "full_body/flesh"),
  ("spine/sagittal", "spine/coronal"),
)
# Correlations of the accelerations of the views' ensembles. That of flesh with skeleton is not published.
VIEW_CORRELATIONS: dict[frozenset[str], float] = {
  frozenset(("full_body/flesh", "full_body/skeleton")): 0.50,
  **{frozenset((a, b)): _correlation(f"{a}/ensemble", f"{b}/ensemble") for a, b in _PUBLISHED_PAIRS},
}
# Of two sets of scalars, not published. Low, because they measure different things: so together they know little more
# than their join `all`, as published.
DISTINCT_SCALARS = 0.15

# These views are made of the others of their dimension. Their correlation with all of them is not published. It is
# solved for, so that the dimension's ensemble gets its published R2.
JOINED_VIEWS = {"full_body": "full_body/mixed", "scalars": "scalars/all"}

DIMENSION_R2 = {name: _r2(f"{name}/ensemble") for name in DIMENSIONS}
GENERAL_R2 = _r2("general")  # not a target: .874 follows from the others

# Upper triangle by rows, in the order of DIMENSIONS.
DIMENSION_CORRELATIONS = tuple(
  _correlation(f"{a}/ensemble", f"{b}/ensemble") for a, b in itertools.combinations(DIMENSIONS, 2)
)


def _share(model: str) -> float:
  """Returns the share of the visits with images that have a prediction of a model."""
  return reader.performance()[model, "sample"].n / reader.sample_sizes()["imaged_visits"].n


PRESENT_SHARE = {
  "full_body": _share("full_body/figure/inception_v3"),
  "spine/sagittal": _share("spine/sagittal/inception_v3"),
  "spine/coronal": _share("spine/coronal/inception_v3"),
  "hip": _share("hip/inception_v3"),
  "knee": _share("knee/inception_v3"),
  "scalars": 0.96,  # complete cases; not published by visit
}
