"""Search for hyper-parameters by TPE: many studies in step, seeded, and going on as if never stopped.

Source: paper, Methods (hyperopt's TPE, 30 evaluations); here Optuna's (Bergstra et al., *Algorithms for hyper-parameter
optimization*, 2011; Watanabe, arXiv 2304.11127). What trial n of a study is depends on the seed, the study's number, n
and the study's own earlier trials alone.

As in hyperopt, whose defaults the paper's code took, the first 20 settings are drawn at random and TPE chooses the
others (Optuna's own default: 10). Studies with one number draw the same 20.
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
  """Returns what a search's trials depend on besides seed, study and scores, as JSON values.

  Who stores trials or what came of them stores these too: under other rules the same settings give other trials.

  Args:
    space: the hyper-parameters.
  """
  kinds = {name: {"kind": type(one).__name__, **dataclasses.asdict(one)} for name, one in space.items()}
  return {"random_trials": RANDOM_TRIALS, "space": kinds}


@dataclasses.dataclass(frozen=True)
class Scored:
  """A setting that was tried.

  Attributes:
    setting: the hyper-parameters.
    score: the higher the better; NaN where the fit failed.
  """

  setting: Setting
  score: float

  def to_json(self) -> dict[str, Any]:
    """Returns JSON values; floats come back to the bit."""
    return {"setting": self.setting, "score": self.score if math.isfinite(self.score) else None}

  @classmethod
  def from_json(cls, value: Mapping[str, Any]) -> "Scored":
    """Reads what `to_json` gave."""
    return cls(dict(value["setting"]), math.nan if value["score"] is None else value["score"])


class Search:
  """Studies in step: `ask` for settings, score them, `tell`; the score is made as large as can be.

  Attributes:
    history: for each study its scored settings, in order.
  """

  def __init__(
    self, space: Space, studies: Sequence[int], seed: int, history: Sequence[Sequence[Scored]] | None = None
  ):
    """Begins a search, or goes on with one.

    Args:
      space: the hyper-parameters.
      studies: a number for each study, e.g. the split's; part of its seed.
      seed: another seed, another search.
      history: each study's scored settings of an earlier run, in order, up to the end of a round.
    """
    self._space = _distributions(space)
    self._seed = seed
    self._numbers = tuple(studies)
    self._studies = [_new_study() for _ in self._numbers]
    self._space_given = space
    self._asked: list[list[tuple[Setting, optuna.Trial | None]]] = []
    self.history: list[list[Scored]] = [[] for _ in self._numbers]
    for i, scored in enumerate(history or ()):
      for one in scored:
        self._add(i, one)

  def ask(self, at_once: int = 1) -> list[list[Setting]]:
    """Returns for each study the next settings to be scored, `at_once` of them."""
    self._asked = [[self._ask(i, len(self.history[i]) + j) for j in range(at_once)] for i in range(len(self._studies))]
    return [[dict(setting) for setting, _ in settings] for settings in self._asked]

  def tell(self, scores: Sequence[Sequence[float]] | np.ndarray) -> None:
    """Takes the scores [studies, at_once] of what `ask` gave last; not finite means that a fit failed."""
    import optuna

    for i, (settings, found) in enumerate(zip(self._asked, scores, strict=True)):
      for (setting, trial), score in zip(settings, found, strict=True):
        one = Scored(dict(setting), float(score) if math.isfinite(score) else math.nan)
        if trial is None:
          self._add(i, one)
          continue
        if math.isfinite(one.score):
          self._studies[i].tell(trial, one.score)
        else:
          self._studies[i].tell(trial, state=optuna.trial.TrialState.FAIL)
        self.history[i].append(one)
    self._asked = []

  def best(self) -> list[Scored]:
    """Returns each study's best setting, the first of equals.

    Raises:
      ValueError: a study without a single finite score.
    """
    return [best_of(scored) for scored in self.history]

  def _ask(self, i: int, number: int) -> tuple[Setting, "optuna.Trial | None"]:
    if number < RANDOM_TRIALS:  # no score enters it
      names, kinds = tuple(self._space_given), tuple(self._space_given.values())
      return dict(_random_setting(names, kinds, self._seed, self._numbers[i], number)), None
    self._studies[i].sampler = _sampler(self._seed, self._numbers[i], number)
    trial = self._studies[i].ask(self._space)
    return dict(trial.params), trial

  def _add(self, i: int, one: Scored) -> None:
    import optuna

    is_scored = math.isfinite(one.score)
    state = optuna.trial.TrialState.COMPLETE if is_scored else optuna.trial.TrialState.FAIL
    trial = optuna.trial.create_trial(
      state=state, value=one.score if is_scored else None, params=one.setting, distributions=self._space
    )
    self._studies[i].add_trial(trial)
    self.history[i].append(one)


def best_of(scored: Sequence[Scored]) -> Scored:
  """Returns the setting with the highest score, the first of equals.

  Raises:
    ValueError: none has a finite score.
  """
  finite = [one for one in scored if math.isfinite(one.score)]
  if not finite:
    raise ValueError("no setting has a score")
  return max(finite, key=lambda one: one.score)


@functools.lru_cache(maxsize=4096)
def _random_setting(
  names: tuple[str, ...], kinds: tuple[Real | Whole, ...], seed: int, study: int, number: int
) -> Setting:
  """Returns a setting drawn at random: the same in every study of this number."""
  fresh = _new_study()
  fresh.sampler = _sampler(seed, study, number)
  return dict(fresh.ask(_distributions(dict(zip(names, kinds, strict=True)))).params)


def _sampler(seed: int, study: int, number: int) -> "optuna.samplers.TPESampler":
  import optuna

  of_trial = np.random.SeedSequence([seed, study, number]).generate_state(1)[0]
  return optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, seed=int(of_trial))


def _new_study() -> "optuna.Study":
  import optuna

  optuna.logging.set_verbosity(optuna.logging.WARNING)
  return optuna.create_study(direction="maximize")


def _distributions(space: Space) -> dict[str, Any]:
  import optuna

  found: dict[str, Any] = {}
  for name, one in space.items():
    if isinstance(one, Whole):
      found[name] = optuna.distributions.IntDistribution(one.low, one.high)
    else:
      found[name] = optuna.distributions.FloatDistribution(one.low, one.high, log=one.is_log)
  return found
