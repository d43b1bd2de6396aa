"""Archives of the tables' people, of others, and of nobody."""

import pytest

from msk_jax.io import errors
from msk_jax.preparation import archive_people

_PEOPLE = [str(9_000_001 + i) for i in range(100)]


def test_archives_of_another_application_are_refused():
  with pytest.raises(errors.InputError, match=r"0 of 3 people .*another application") as caught:
    archive_people.check(["9000901", "9000902", "9000903"], _PEOPLE)
  assert "90009" not in str(caught.value)


def test_archives_without_a_name_are_refused():
  with pytest.raises(errors.InputError, match="no DXA archive is named"):
    archive_people.check([], _PEOPLE)


def test_tables_of_part_of_the_people_are_said_in_capitals(caplog):
  archive_people.check([*_PEOPLE[:9], "9000901"], _PEOPLE)
  assert not caplog.text
  archive_people.check([*_PEOPLE[:8], "9000901"], _PEOPLE)
  assert "ONLY 8 of 9 people" in caplog.text
