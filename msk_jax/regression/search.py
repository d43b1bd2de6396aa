"""Search for hyper-parameters by TPE: many studies in step, seeded; a search can be resumed exactly.

Source: paper, Methods (hyperopt's TPE, 30 evaluations); here Optuna's (Bergstra et al., *Algorithms for hyper-parameter
optimization*, 2011; Watanabe, arXiv 2304.11127). Trial n of a study depends only on the seed, the study's number, n and
the study's own earlier trials.

As with the defaults of hyperopt, which the paper's code took, the first 20 settings are random and TPE chooses the
others (Optuna's own default: 10). Studies with the same number draw the same 20.
"""

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
  import optuna

RANDOM_TRIALS = 20  # hyperopt 0.1.2's n_startup_jobs
Setting = dict[str, float | int]  # hyper-parameter name to value


@dataclasses.dataclass(frozen=True)
class Real:
  """A real hyper-parameter in [low, high], drawn uniformly or, if `is_log`, uniformly in its logarithm."""

  low: float
  high: float
  is_log: bool = False


@dataclasses.dataclass(frozen=True)
class Whole:
  """A whole hyper-parameter in low..high, both included."""

  low: int
  high: int


Space = Mapping[str, Real | Whole]


def rules(space: Space) -> dict[str, Any]:
  """Returns what trials depend on besides seed, study and scores, as JSON values.

  Records of trials, and of results that follow from them, hold these: other rules give other trials.

  Args:
    space: the hyper-parameters.
  """
  ranges = {name: {"kind": type(kind).__name__, **dataclasses.asdict(kind)} for name, kind in space.items()}
  return {"random_trials": RANDOM_TRIALS, "space": ranges}


@dataclasses.dataclass(frozen=True)
class Scored:
  """A setting and its score.

  Attributes:
    setting: the hyper-parameters.
    score: the higher the better; NaN where the fit failed.
  """

  setting: Setting
  score: float

  def to_json(self) -> dict[str, Any]:
    """Returns JSON values that keep every bit."""
    return {"setting": self.setting, "score": self.score if math.isfinite(self.score) else None}

  @classmethod
  def from_json(cls, value: Mapping[str, Any]) -> "Scored":
    """Returns the setting and score of JSON values."""
    return cls(dict(value["setting"]), math.nan if value["score"] is None else value["score"])


class Search:
  """Studies in step: `ask` for settings, score them, `tell` the scores. Higher scores are better.

  Attributes:
    history: for each study its scored settings, in order.
  """

  def __init__(
    self, space: Space, studies: Sequence[int], seed: int, history: Sequence[Sequence[Scored]] | None = None
  ):
    """Begins or resumes a search.

    Args:
      space: the hyper-parameters.
      studies: a number for each study, e.g. the split's; part of its seed.
      seed: of all studies.
      history: each study's scored settings of an earlier run, in order, up to the end of a round.
    """
    self._space = space
    self._distributions = _distributions(space)
    self._seed = seed
    self._numbers = tuple(studies)
    self._studies = [_new_study() for _ in self._numbers]
    self._proposed: list[list[tuple[Setting, optuna.Trial | None]]] = []
    self.history: list[list[Scored]] = [[] for _ in self._numbers]
    for i, study in enumerate(history or ()):
      for scored in study:
        self._add(i, scored)

  def ask(self, at_once: int = 1) -> list[list[Setting]]:
    """Returns for each study the next settings to be scored, `at_once` of them."""
    self._proposed = [
      [self._ask(i, len(self.history[i]) + j) for j in range(at_once)] for i in range(len(self._studies))
    ]
    return [[dict(setting) for setting, _ in settings] for settings in self._proposed]

  def tell(self, scores: Sequence[Sequence[float]] | np.ndarray) -> None:
    """Takes the scores [studies, at_once] of the settings from the last `ask`; not finite if a fit failed."""
    import optuna

    for i, (settings, of_study) in enumerate(zip(self._proposed, scores, strict=True)):
      for (setting, trial), score in zip(settings, of_study, strict=True):
        scored = Scored(dict(setting), float(score) if math.isfinite(score) else math.nan)
        if trial is None:
          self._add(i, scored)
          continue
        if math.isfinite(scored.score):
          self._studies[i].tell(trial, scored.score)
        else:
          self._studies[i].tell(trial, state=optuna.trial.TrialState.FAIL)
        self.history[i].append(scored)
    self._proposed = []

  def best(self) -> list[Scored]:
    """Returns each study's best setting, the first of equals.

    Raises:
      ValueError: a study has no finite score.
    """
    return [best_of(study) for study in self.history]

  def _ask(self, i: int, number: int) -> tuple[Setting, "optuna.Trial | None"]:
    if number < RANDOM_TRIALS:  # it depends on no score
      names, kinds = tuple(self._space), tuple(self._space.values())
      return dict(_random_setting(names, kinds, self._seed, self._numbers[i], number)), None
    self._studies[i].sampler = _sampler(self._seed, self._numbers[i], number)
    trial = self._studies[i].ask(self._distributions)
    return dict(trial.params), trial

  def _add(self, i: int, scored: Scored) -> None:
    import optuna

    is_scored = math.isfinite(scored.score)
    state = optuna.trial.TrialState.COMPLETE if is_scored else optuna.trial.TrialState.FAIL
    trial = optuna.trial.create_trial(
      state=state, value=scored.score if is_scored else None, params=scored.setting, distributions=self._distributions
    )
    self._studies[i].add_trial(trial)
    self.history[i].append(scored)


def best_of(study: Sequence[Scored]) -> Scored:
  """Returns the setting with the highest score, the first of equals.

  Raises:
    ValueError: none has a finite score.
  """
  finite = [scored for scored in study if math.isfinite(scored.score)]
  if not finite:
    raise ValueError("no setting has a score")
  return max(finite, key=lambda scored: scored.score)


@functools.lru_cache(maxsize=4096)
def _random_setting(
  names: tuple[str, ...], kinds: tuple[Real | Whole, ...], seed: int, study: int, number: int
) -> Setting:
  """Returns a random setting: the same in every study with this number."""
  empty = _new_study()
  empty.sampler = _sampler(seed, study, number)
  return dict(empty.ask(_distributions(dict(zip(names, kinds, strict=True)))).params)


def _sampler(seed: int, study: int, number: int) -> "optuna.samplers.TPESampler":
  import optuna

  trial_seed = np.random.SeedSequence([seed, study, number]).generate_state(1)[0]
  return optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, seed=int(trial_seed))


def _new_study() -> "optuna.Study":
  import optuna

  optuna.logging.set_verbosity(optuna.logging.WARNING)
  return optuna.create_study(direction="maximize")


def _distributions(space: Space) -> dict[str, Any]:
  import optuna

  distributions: dict[str, Any] = {}
  for name, kind in space.items():
    if isinstance(kind, Whole):
      distributions[name] = optuna.distributions.IntDistribution(kind.low, kind.high)
    else:
      distributions[name] = optuna.distributions.FloatDistribution(kind.low, kind.high, log=kind.is_log)
  return distributions
