"""Every recipe of WORKSPACE.md, followed to the letter in a copy of the project, gives a working result."""

import os
import re

import pytest

from tests.recipes import recipe

_RECIPES = recipe.read()
_SHORT = ("An algorithm", "A stage", "A column of a table")  # of parts that most extensions touch
# What the recipe's commands print, last of all.
_RESULT = {
  "A view": r"forearm/simple_cnn, split 0",
  "A scalar feature": r"^[1-9]\d+$",
  "An algorithm": r"hand_grip\s+ridge",
  "A metric": r"^True$",
  "A stage": r"making headcount again: by_sex: True -> False",
  "A column of a table": r"^True$",
  "A message": r"Prepare more people, or train more splits\. Then run",
  "A search space": r"0\.001",
  "An augmentation": r"knee/simple_cnn, split 0",
  "A fold rule": r"^\[\d+(, \d+){9}\]$",
  "A published number": r"r2=0\.7",
  "A figure": r"\['ranked\.png', 'ranked\.svg'\]",
  "A page": r"^(sample|participant),[^,]+,age_band,",
  "A backbone": r"knee/two_convs, split 0",
}


def test_every_recipe_is_followed_and_listed():
  assert set(_RECIPES) == set(_RESULT)
  page = recipe.PAGE.read_text(encoding="utf-8")
  for title in _RECIPES:
    assert f"(#{title.lower().replace(' ', '-')})" in page, title


@pytest.mark.slow
@pytest.mark.parametrize(
  "title",
  [pytest.param(title, marks=[] if title in _SHORT else [pytest.mark.long]) for title in _RESULT],
)
@pytest.mark.gate
def test_a_recipe_gives_a_working_result(title, tmp_path):
  recipe.copy_project(tmp_path)
  recipe.follow(_RECIPES[title], tmp_path)
  printed = [recipe.run(command, tmp_path, dict(os.environ)) for command in _RECIPES[title].commands]
  assert re.search(_RESULT[title], printed[-1], re.MULTILINE), printed[-1][-2000:]
  if title == "A stage":
    assert "nothing to do: headcount is up to date" in printed[-2]


def test_a_step_that_does_not_fit_is_an_error(tmp_path):
  (tmp_path / "file.py").write_text("one = 1\none = 1\n")
  for step in (
    "In `file.py`, `one = 1` becomes `one = 2`.",
    "In `file.py`, below `two`:\n\n```python\nx\n```",
    "Do it.",
  ):
    with pytest.raises(AssertionError):
      recipe.follow(recipe.Recipe("A test", (step,), ()), tmp_path)
