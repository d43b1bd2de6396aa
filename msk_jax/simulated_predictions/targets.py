"""Published accuracy and correlations of predicted ages: what simulated predictions are made to reproduce.

Sources: R2 per model, participant-visit samples, and accelerated ageing's correlations: the authors' result tables
(facts, section 8); views' correlations: paper, Results ("Correlation between accelerated ageing"). Where nothing is
published the comment says so.
"""

import dataclasses
from collections.abc import Mapping

DIMENSIONS = ("full_body", "spine", "hip", "knee", "scalars")


@dataclasses.dataclass(frozen=True)
class View:
  """Models that see the same data.

  Attributes:
    r2: algorithm to its published R2.
    correlation: of any two algorithms' accelerations, if that is the target.
    ensemble_r2: R2 of the view's ensemble, if that is the target instead.
  """

  r2: Mapping[str, float]
  correlation: float | None = None
  ensemble_r2: float | None = None


def _images(v3: float, resnet: float, **target: float) -> View:
  return View({"inception_v3": v3, "inception_resnet_v2": resnet}, **target)


def _scalars(net: float, trees: float, mlp: float, **target: float) -> View:
  return View({"elastic_net": net, "lightgbm": trees, "mlp": mlp}, **target)


_TWO_NETWORKS = 0.717  # InceptionV3 and InceptionResNetV2 on Figure; taken for the other full-body views too
# Not published; close to 1, as the sets' algorithms differ little in R2.
_THREE_ALGORITHMS = 0.95

VIEWS: dict[str, View] = {
  "full_body/figure": _images(0.7897, 0.7972, correlation=_TWO_NETWORKS),
  "full_body/flesh": _images(0.7744, 0.7862, correlation=_TWO_NETWORKS),
  "full_body/skeleton": _images(0.7666, 0.7732, correlation=_TWO_NETWORKS),
  "full_body/mixed": _images(0.8001, 0.8097, correlation=_TWO_NETWORKS),
  "spine/sagittal": _images(0.6733, 0.6830, ensemble_r2=0.713),
  "spine/coronal": _images(0.5999, 0.6103, ensemble_r2=0.645),
  "hip": _images(0.6714, 0.6517, ensemble_r2=0.690419),
  "knee": _images(0.6575, 0.6489, ensemble_r2=0.690152),
  "scalars/all": _scalars(0.2052, 0.2521, 0.2518, ensemble_r2=0.2575),  # not published: between its best and .2594
  "scalars/anthropometry": _scalars(0.1317, 0.1507, 0.1468, correlation=_THREE_ALGORITHMS),
  "scalars/impedance": _scalars(0.0197, 0.0418, 0.0411, correlation=_THREE_ALGORITHMS),
  "scalars/heel_densitometry": _scalars(0.0346, 0.0489, 0.0479, correlation=_THREE_ALGORITHMS),
  "scalars/hand_grip": _scalars(0.1170, 0.1309, 0.1295, correlation=_THREE_ALGORITHMS),
}

# Correlations of the views' ensembles' accelerations. Published: figure with skeleton and flesh, sagittal with coronal.
# Flesh with skeleton is not published. Sets of scalars measure different things: a low value, so that together they
# know little more than their join `all`, as published.
VIEW_CORRELATIONS: dict[frozenset[str], float] = {
  frozenset(("full_body/figure", "full_body/skeleton")): 0.714,
  frozenset(("full_body/figure", "full_body/flesh")): 0.543,
  frozenset(("full_body/flesh", "full_body/skeleton")): 0.50,
  frozenset(("spine/sagittal", "spine/coronal")): 0.487,
}
DISTINCT_SCALARS = 0.15

# These views are made of the others of their dimension: their correlation with all of them is not published, and is
# solved for, so that the dimension's ensemble gets its published R2.
JOINED_VIEWS = {"full_body": "full_body/mixed", "scalars": "scalars/all"}

DIMENSION_R2 = {
  "full_body": 0.857106,
  "spine": 0.746145,
  "hip": 0.690419,
  "knee": 0.690152,
  "scalars": 0.259435,
}
GENERAL_R2 = 0.876383  # no target: it follows from the others, as .874

# Upper triangle by rows, in the order of DIMENSIONS.
DIMENSION_CORRELATIONS = (0.440, 0.409, 0.349, 0.217, 0.327, 0.232, 0.140, 0.351, 0.141, 0.111)

# Samples with a prediction, of 42,287 visits with images; scalars: share of complete cases, not published by visit.
PRESENT_SHARE = {
  "full_body": 42_164 / 42_287,
  "spine/sagittal": 40_976 / 42_287,
  "spine/coronal": 41_058 / 42_287,
  "hip": 42_146 / 42_287,
  "knee": 39_809 / 42_287,
  "scalars": 0.96,
}
