"""The tree of ensembles has the published inputs, works with any models, and says what is missing."""

import pytest

from msk_jax.ensembling import hierarchy
from msk_jax.io import errors
from msk_jax.predictions import model_names


def _by_name(leaves, inputs="descendants"):
  return {node.name: node for node in hierarchy.build(leaves, inputs)}


def _with_published_levels():
  """The paper's models with the level `dxa` that the authors' code has for hips and knees."""
  return [name.replace("hip/", "hip/dxa/").replace("knee/", "knee/dxa/") for name in model_names.PAPER_MODELS]


def test_published_numbers_of_inputs():
  """As in the authors' code, level by level, with the authors' extra level of hips and knees."""
  counts = {name: len(node.inputs) for name, node in _by_name(_with_published_levels()).items()}
  assert len(model_names.PAPER_MODELS) == 31 and len(counts) == 19
  assert counts["full_body/figure/ensemble"] == 2 and counts["scalars/all/ensemble"] == 3
  dimensions = {"full_body": 12, "spine": 6, "hip": 3, "knee": 3, "scalars": 20}
  assert {name: counts[f"{name}/ensemble"] for name in dimensions} == dimensions
  assert counts["general"] == 49


def test_our_tree_has_no_second_ensemble_of_the_same_two_networks():
  counts = {name: len(node.inputs) for name, node in _by_name(model_names.PAPER_MODELS).items()}
  assert (counts["hip/ensemble"], counts["knee/ensemble"], counts["general"]) == (2, 2, 47)


def test_inputs_are_everything_below_and_nothing_else():
  nodes = _by_name(model_names.PAPER_MODELS)
  below = {name for name in model_names.PAPER_MODELS if name.startswith("spine/")}
  assert set(nodes["spine/ensemble"].inputs) == below | {"spine/sagittal/ensemble", "spine/coronal/ensemble"}
  assert set(nodes["general"].inputs) == (set(model_names.PAPER_MODELS) | set(nodes)) - {"general"}
  assert set(nodes["general"].leaves) == set(model_names.PAPER_MODELS)


def test_children_only():
  nodes = _by_name(model_names.PAPER_MODELS, "children")
  dimensions = ("full_body", "spine", "hip", "knee", "scalars")
  assert set(nodes["general"].inputs) == {f"{name}/ensemble" for name in dimensions}
  assert set(nodes["spine/ensemble"].inputs) == {"spine/sagittal/ensemble", "spine/coronal/ensemble"}
  assert nodes["hip/ensemble"].inputs == ("hip/inception_resnet_v2", "hip/inception_v3")


@pytest.mark.parametrize("inputs", ["descendants", "children"])
def test_lower_ensembles_come_before_those_that_need_them(inputs):
  seen = set(model_names.PAPER_MODELS)
  nodes = hierarchy.build(model_names.PAPER_MODELS[::-1], inputs)
  for node in nodes:
    assert seen.issuperset(node.inputs) and seen.issuperset(node.members)
    seen.add(node.name)
  assert nodes[-1].name == "general"


def test_one_model_is_copied():
  nodes = _by_name(["folder/simple_cnn"])
  assert list(nodes) == ["folder/ensemble"]
  assert nodes["folder/ensemble"].is_copy and nodes["folder/ensemble"].inputs == ("folder/simple_cnn",)


@pytest.mark.parametrize("inputs", ["descendants", "children"])
def test_one_dimension_has_no_general(inputs):
  """It gets the very tree that it has among others, and `general` begins with the second dimension."""
  names = [name for name in model_names.PAPER_MODELS if name.startswith("spine/")]
  alone, among_others = _by_name(names, inputs), _by_name([*names, "knee/inception_v3"], inputs)
  assert set(alone) == {"spine/ensemble", "spine/sagittal/ensemble", "spine/coronal/ensemble"}
  assert all(among_others[name] == node for name, node in alone.items())
  assert set(among_others) - set(alone) == {"knee/ensemble", "general"}


def test_a_copy_is_no_input_besides_its_original():
  nodes = _by_name(["folder/simple_cnn", "full_body/figure/inception_v3", "knee/one", "knee/two"])
  assert nodes["full_body/ensemble"].inputs == ("full_body/figure/inception_v3",)
  assert set(nodes["general"].inputs) == {
    "folder/simple_cnn",
    "full_body/figure/inception_v3",
    "knee/one",
    "knee/two",
    "knee/ensemble",
  }


def test_a_model_beside_a_group():
  nodes = _by_name(["own/direct", "own/view/a", "own/view/b"])
  assert set(nodes["own/ensemble"].inputs) == {"own/direct", "own/view/a", "own/view/b", "own/view/ensemble"}
  assert (nodes["own/view/ensemble"].level, nodes["own/ensemble"].level) == (1, 2)


def test_missing_models_are_named():
  text = hierarchy.describe_missing([name for name in model_names.PAPER_MODELS if name != "knee/inception_v3"])
  assert text.startswith("30 of the paper's 31") and text.endswith("Missing: knee: inception_v3.")
  only_knees = hierarchy.describe_missing(["knee/inception_v3", "knee/inception_resnet_v2", "own/model"])
  assert (
    only_knees.startswith("2 of") and "hip;" in only_knees and "knee" not in only_knees and "general" not in only_knees
  )
  assert hierarchy.describe_missing(["knee/inception_v3"]).endswith("There is no `general`: all models are of knee.")
  assert hierarchy.describe_missing(model_names.PAPER_MODELS) == ""


def test_nobody_misses_the_papers_models_of_other_people():
  own = ["scalars/grip/mlp", "scalars/size/mlp"]
  assert hierarchy.describe_missing(own, is_comparable=False) == "There is no `general`: all models are of scalars."
  assert hierarchy.describe_missing([*own, "folder/simple_cnn"], is_comparable=False) == ""


@pytest.mark.parametrize(
  "leaves",
  [
    [],
    ["knee"],
    ["knee/"],
    ["/knee"],
    ["knee/ensemble"],
    ["general/model"],
    ["knee/ensemble/model"],
    ["knee/one", "knee/one/deep"],
    ["knee/one", "knee/one/very/deep"],
  ],
)
def test_bad_names_are_refused(leaves):
  with pytest.raises(errors.InputError):
    hierarchy.build(leaves)
