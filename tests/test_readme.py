"""The README's commands name things that exist."""

import pathlib
import re

import pytest

from msk_jax import stages

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_PAGES = ("README.md", "WORKSPACE.md", "launch/README.md", "third_party/README.md")


def _text() -> str:
  """Returns the pages, without the recipes: those make what they name, and `tests/recipes` follows them."""
  pages = "\n".join((_ROOT / page).read_text() for page in _PAGES)
  before, recipes = pages.split("\n## Recipes\n")
  return before + recipes[recipes.index("\n## ") :]


def test_modules_configs_and_targets_exist():
  text = _text()
  modules = set(re.findall(r"python -m msk_jax\.([\w.]+)", text))
  assert {"train", "prepare", "phantom"} <= modules
  for name in modules:
    assert (_ROOT / "msk_jax" / (name.replace(".", "/") + ".py")).exists(), name
  for name in set(re.findall(r"configs/(\w+)\.py", text)):
    assert (_ROOT / "configs" / f"{name}.py").exists(), name
  makefile = (_ROOT / "Makefile").read_text()
  for target in set(re.findall(r"\bmake ([\w.][\w./-]*)", text)) - {"sure"}:
    assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def test_config_arguments_in_the_pages_are_known():
  import importlib

  for name, argument in set(re.findall(r"--config=configs/(\w+)\.py:([\w=,]+)(?![\w=,$])", _text())):
    importlib.import_module(f"configs.{name}").get_config(argument)


@pytest.mark.parametrize("page", _PAGES)
def test_links_lead_somewhere(page):
  for target in re.findall(r"\]\(([^)#]+)\)", (_ROOT / page).read_text()):
    if "://" not in target:
      assert (_ROOT / page).parent.joinpath(target).exists(), target


def test_the_table_of_commands_is_that_of_the_stages():
  assert stages.make_table() in (_ROOT / "README.md").read_text(encoding="utf-8")


def test_the_gate_runs_the_readmes_test_command():
  assert "make test" in (_ROOT / ".ci/run").read_text() and "make test" in (_ROOT / "README.md").read_text()


def test_requirements_pin_everything_that_the_project_names():
  import tomllib

  project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
  normal = lambda name: re.sub(r"[-_.]+", "-", name).lower()  # noqa: E731
  pins = {normal(line.split("==")[0]) for line in (_ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
  named = {normal(re.match(r"[\w.-]+", item).group()) for item in project["dependencies"]}
  assert named <= pins
  tests = {
    normal(line.split("==")[0]) for line in (_ROOT / "requirements-test.txt").read_text().splitlines() if "==" in line
  }
  assert {
    normal(re.match(r"[\w.-]+", item).group()) for item in project["optional-dependencies"]["test"]
  } <= pins | tests


def test_every_setting_of_an_own_table_is_explained():
  import dataclasses

  from msk_jax.labels import sexes
  from msk_jax.preparation import table_spec

  text = (_ROOT / "README.md").read_text()
  section = text[text.index("## Your own tables") : text.index("## Networks and weights")]
  rows = "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
  assert set(re.findall(r"`(\w+)`", rows)) == {field.name for field in dataclasses.fields(table_spec.TableSpec)}
  for word in sexes.WORDS:
    assert f"`{word}`" in section, word
