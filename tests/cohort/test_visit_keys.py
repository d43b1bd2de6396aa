"""A visit's key is unique and tells its person."""

import numpy as np
import pytest

from msk_jax.cohort import visit_keys


def test_keys_are_in_the_order_of_person_and_instance_and_give_the_person_back():
  person, instance = np.repeat([0, 1, 2, 500_000], 3), np.tile([0, 3, 127], 4).astype(np.int8)
  key = visit_keys.make(person, instance)
  assert (np.diff(key) > 0).all() and key.dtype == np.int64
  np.testing.assert_array_equal(visit_keys.person_of(key), person)
  np.testing.assert_array_equal(visit_keys.person_of(visit_keys.make(person, 0)), person)
  assert (visit_keys.make(np.array([-1]), instance[2:3]) < 0).all()  # nobody's visit is never somebody's


@pytest.mark.parametrize("instance", [-1, 128])
def test_an_instance_that_would_be_another_persons_is_refused(instance):
  with pytest.raises(ValueError, match="instances are 0 to 127"):
    visit_keys.make(np.array([7, 8]), np.array([0, instance]))
