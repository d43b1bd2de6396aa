"""The cells of a field: what people answered, what they were not asked, and what is missing.

Answers are missing alone, with all of a category, or with all questions of a visit; `-1` (does not know) and `-3`
(prefers not to answer) are rare. A conditional question is asked after the answers that lead to it alone.
"""

import dataclasses
import functools

import numpy as np

from msk_jax.simulation import randomness
from msk_jax.simulation.exposures import fields as fields_lib
from msk_jax.simulation.exposures import items as items_lib
from msk_jax.simulation.exposures.fields import Field
from msk_jax.simulation.exposures.people_arrays import BLOCK, NUM_INSTANCES, Block

NO_QUESTIONNAIRE = 0.03  # share of visits
LESS_THAN_ONE = "-10"
_IMAGING = (2, 3)
_SPECIAL_SHARE = 0.006  # of answers, for each of the two
_UNKNOWN, _REFUSED, _NONE = ("-1", "-11"), ("-3", "-13"), ("-7", "-17")
_LESS_THAN_ONE_SHARE = 0.5  # of counts below one


@dataclasses.dataclass(frozen=True)
class Answers:
  """A field's cells.

  Attributes:
    texts: str [n, 4, a], by visit and place among several answers; empty where there is nothing.
    is_asked: bool [n, 4], whether the answer was due.
    is_observed: bool [n, 4], whether there is an answer that says something.
  """

  texts: np.ndarray
  is_asked: np.ndarray
  is_observed: np.ndarray

  def has(self, codes: tuple[str, ...]) -> np.ndarray:
    """Returns whether one of these codes was answered, bool [n, 4]."""
    return np.logical_or.reduce(np.isin(self.texts, codes), axis=2)


@dataclasses.dataclass
class Interview:
  """Asks a block of people. Answers that lead to other questions are kept.

  Attributes:
    seed: the cohort's.
    plan: fields and their liabilities.
    block: the people.
    missingness: how much is missing, relative to the usual.
  """

  seed: int
  plan: items_lib.Plan
  block: Block
  missingness: float

  def __post_init__(self):
    self._kept: dict[int, Answers] = {}
    self._parents = {field.parent.field for field in self.plan.fields if field.parent is not None}

  def ask(self, field: Field) -> Answers:
    """Returns the cells of a field."""
    if field.number in self._kept:
      return self._kept[field.number]
    is_asked = self._is_asked(field)
    answers = self._several(field, is_asked) if field.kind == fields_lib.MULTI else self._single(field, is_asked)
    if field.number in self._parents:
      self._kept[field.number] = answers
    return answers

  def _is_asked(self, field: Field) -> np.ndarray:
    block = self.block
    is_asked = block.was_there & np.isin(np.arange(NUM_INSTANCES), field.instances)
    if field.sex is not None:
      is_asked &= (block.sex == field.sex)[:, None]
    if field.parent is not None:
      parent = next(each for each in self.plan.fields if each.number == field.parent.field)
      is_asked &= self.ask(parent).has(field.parent.codes)
    return is_asked

  def _is_lost(self, field: Field) -> np.ndarray:
    """Returns whether an answer is missing with others, bool [n, 4]."""
    is_lost = self._uniform("exposures of category", field.category) < self.missingness * self._category_share(field)
    if field.is_questionnaire:
      is_lost |= self._no_questionnaire
    return is_lost

  def _category_share(self, field: Field) -> float:
    rng = randomness.generator(self.seed, "missing category", field.category)
    if field.is_questionnaire:
      return rng.uniform(0.005, 0.04)
    return rng.uniform(0.08, 0.25) if field.instances == _IMAGING else rng.uniform(0.02, 0.08)

  @functools.cached_property
  def _no_questionnaire(self) -> np.ndarray:
    return self._uniform("questionnaire") < self.missingness * NO_QUESTIONNAIRE

  def _uniform(self, purpose: str, *keys: str) -> np.ndarray:
    rng = randomness.generator(self.seed, purpose, *keys, self.block.number)
    return rng.random((BLOCK, NUM_INSTANCES))[: len(self.block)]

  def _single(self, field: Field, is_asked: np.ndarray) -> Answers:
    (item,) = self.plan.items[field.number]
    residual, uniform = self.block.draw(self.seed, item)
    is_there = is_asked & ~self._is_lost(field) & (uniform[..., 0] >= item.missing_share(residual))
    liability = self.block.fixed_part(item) + residual
    texts = np.full(is_there.shape, "", "<U16")
    texts[is_there] = _texts(item, liability[is_there], uniform[..., 1][is_there])
    is_special = _plant_specials(field, texts, is_there, uniform[..., 1])
    return Answers(texts[..., None], is_asked, is_there & ~is_special)

  def _several(self, field: Field, is_asked: np.ndarray) -> Answers:
    is_there = is_asked & ~self._is_lost(field)
    selected, special = [], np.ones(is_asked.shape)
    for item in self.plan.items[field.number]:
      residual, uniform = self.block.draw(self.seed, item)
      selected.append(item.read(self.block.fixed_part(item) + residual) > 0)
      special = uniform[..., 1] if len(selected) == 1 else special
    is_selected = np.stack(selected, axis=2) & is_there[..., None]
    first = np.full(is_asked.shape, "", "<U16")
    is_special = _plant_specials(field, first, is_there, special)
    is_selected &= ~is_special[..., None]
    first[is_there & ~is_special & ~is_selected.any(axis=2)] = next(code for code in field.specials if code in _NONE)
    texts = _packed(is_selected, field.codes)
    texts[..., 0] = np.where(first == "", texts[..., 0], first)
    return Answers(texts, is_asked, is_there & ~is_special)


def _texts(item: items_lib.Item, liability: np.ndarray, uniform: np.ndarray) -> np.ndarray:
  """Returns the cells of single answers, str [k]."""
  field, numbers = item.field, item.read(liability)
  if options := items_lib.options(field):
    return np.array(options)[numbers.astype(int)]
  texts = np.char.mod(f"%.{field.decimals}f", numbers).astype("<U16")  # a longer code would be cut
  if LESS_THAN_ONE in field.specials:
    texts[(numbers == 0) & (uniform > 1 - _LESS_THAN_ONE_SHARE)] = LESS_THAN_ONE
  return texts


def _plant_specials(field: Field, texts: np.ndarray, is_there: np.ndarray, uniform: np.ndarray) -> np.ndarray:
  """Overwrites some answers by the codes of those who do not know or do not say; returns which."""
  is_any = np.zeros(is_there.shape, bool)
  for place, codes in enumerate((_UNKNOWN, _REFUSED)):
    for code in set(codes).intersection(field.specials):
      is_special = is_there & (uniform >= place * _SPECIAL_SHARE) & (uniform < (place + 1) * _SPECIAL_SHARE)
      texts[is_special] = code
      is_any |= is_special
  return is_any


def _packed(is_selected: np.ndarray, codes: tuple[str, ...]) -> np.ndarray:
  """Returns selected codes from the first place on, str [n, 4, a], from bool [n, 4, a]."""
  order = np.argsort(~is_selected, axis=2, kind="stable")
  texts = np.array(codes)[order].astype("<U16")
  texts[~np.take_along_axis(is_selected, order, axis=2)] = ""
  return texts
