"""A model that was kept says how many samples were added after its training: where it is printed, and on its card."""

import pytest

from msk_jax.predictions import added_samples
from msk_jax.report import model_cards
from msk_jax.report.model_records import ModelRecord
from msk_jax.training import printout

_RESULT = {"model": "knee/simple_cnn", "fold": 0}


def test_the_share_of_now_is_said():
  said = added_samples.note(_RESULT, 250, 1000)
  assert added_samples.of_result(said) == (250, 0.25)
  assert added_samples.describe(said).startswith("250 samples (25.0% of those of now) were added to the data after")
  assert added_samples.note(said, 0, 1000) == _RESULT and added_samples.describe(_RESULT) == ""


def test_of_several_splits_the_one_that_lacks_most_is_printed():
  splits = [added_samples.note(_RESULT, num, 1000) for num in (10, 250, 0)]
  (line,) = printout._added(splits)
  assert line.startswith("ADDED SINCE: 250 samples")
  assert printout._added([_RESULT]) == []


@pytest.mark.parametrize(("num", "said"), [(253, "250 and more, about 25% of the data"), (4, None), (0, None)])
def test_a_card_says_it_and_hides_small_numbers(num, said):
  record = ModelRecord(results=(added_samples.note(_RESULT, num, 1000), _RESULT))
  (card,) = model_cards.make_cards({"knee/simple_cnn": record}, None, None)
  shown = dict(item for section in card.sections for item in section.items)
  found = shown.get("Samples that were added after the training")
  assert found is None if said is None else str(found).startswith(said)
