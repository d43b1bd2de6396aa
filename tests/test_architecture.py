"""The structure keeps itself: dependencies point one way, files stay small, starts stay fast."""

import ast
import importlib
import pathlib
import subprocess
import sys

import pytest

from msk_jax import stages
from tests import architecture

_ROOT, _PACKAGE = architecture.ROOT, architecture.PACKAGE

_NO_JAX = (
  "io",
  "durable",
  "cohort",
  "labels",
  "imaging",
  "simulation",
  "preparation",
  "genome",
  "genetics",
  "shared_release",
  "associations",
  "figures",
  "disclosure",
  "scores",
  "predictions",
  "simulated_predictions",
  "published",
  "schemas",
  "evaluation",
  "regression",
  "ensembling",
  "biological_age",
  "scalar_models",
  "report",
  "planning",
  "launching",
  "upkeep",
)
_TABLE_OF_STAGES = {"planning": ("stage_table",), "upkeep": ("stage_table",)}  # plans and remedies are made of it
_BINARIES = sorted(each.name for each in (*stages.STAGES, *stages.TOOLS))
_SOURCES = sorted(_PACKAGE.rglob("*.py"))


def _imports(path: pathlib.Path) -> set[str]:
  """Returns full names of the modules that a file imports, anywhere in it."""
  names = set()
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      names |= {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom) and node.module:
      names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
  return names


@pytest.mark.parametrize("package", sorted(architecture.ALLOWED))
def test_dependencies_point_one_way(package):
  for path in (_PACKAGE / package).rglob("*.py"):
    inner = {name.split(".")[1] for name in _imports(path) if name.startswith("msk_jax.")}
    surplus = inner - {package, *architecture.ALLOWED[package], *_TABLE_OF_STAGES.get(package, ())}
    assert not surplus, f"{path.relative_to(_ROOT)} imports {surplus}"


def test_dependencies_are_used_and_point_upwards_in_the_table():
  names = list(architecture.ALLOWED)
  for place, (name, allowed) in enumerate(architecture.ALLOWED.items()):
    assert set(allowed) <= set(names[:place]), name
    imported = {
      module.split(".")[1]
      for path in (_PACKAGE / name).rglob("*.py")
      for module in _imports(path)
      if module.startswith("msk_jax.")
    }
    assert set(allowed) <= imported, f"{name} does not import {set(allowed) - imported}"


def test_the_table_of_packages_is_in_workspace():
  assert architecture.make_table() in (_ROOT / "WORKSPACE.md").read_text(encoding="utf-8")


def test_every_package_is_in_the_map():
  packages = {path.name for path in _PACKAGE.iterdir() if (path / "__init__.py").exists()}
  assert packages == set(architecture.ALLOWED)


def test_nothing_imports_a_binary():
  for path in _SOURCES:
    assert not {f"msk_jax.{name}" for name in _BINARIES} & _imports(path), path


def test_every_binary_is_in_the_table():
  assert (
    sorted(path.stem for path in _PACKAGE.glob("*.py") if path.stem not in ("__init__", "stages", "stage_table"))
    == _BINARIES
  )
  assert len(set(_BINARIES)) == len(_BINARIES)


@pytest.mark.parametrize("stage", stages.STAGES, ids=lambda stage: stage.name)
def test_a_stage_is_as_declared(stage):
  """Its package and config are there, its binary defines its flags from the table, its config has its sections."""
  path = _PACKAGE / f"{stage.name}.py"
  assert (_PACKAGE / stage.package / "__init__.py").exists()
  assert f'stages.define("{stage.name}")' in path.read_text()
  inner = {name.split(".")[1] for name in _imports(path) if name.startswith("msk_jax.")}
  assert stage.package in inner
  reads_lists = ("call.find_withdrawn(", "call.withdrawal_lists")
  assert stage.is_about_people == any(name in path.read_text() for name in reads_lists)
  is_shown = any(f"call.{name}(" in path.read_text() for name in ("find_withdrawn", "keep_from_purges"))
  assert is_shown == (
    stage.is_about_people and stage.name not in ("prepare", "check", "purge")
  )  # a purge waits, or is one
  if stage.config:
    config = importlib.import_module(stage.config.removesuffix(".py").replace("/", ".")).get_config()
    assert set(stage.sections) <= set(config) <= {*stage.sections, *stage.optional_sections}


def test_the_table_of_stages_is_cheap():
  """The launcher and the pages read it: absl and the standard library are all that it needs."""
  heavy = "{'ml_collections', 'numpy', 'yaml'}"
  code = f"import sys; from msk_jax import stages; print(sorted({heavy} & set(sys.modules)))"
  assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=_ROOT).stdout == "[]\n"


def test_the_table_of_stages_names_all_commands():
  table = stages.make_table().splitlines()
  assert len(table) == 2 + len(_BINARIES)
  for name, line in zip([*stages.STAGES, *stages.TOOLS], table[2:], strict=True):
    assert line.startswith(f"| `python -m msk_jax.{name.name}") and name.summary in line and line.count("|") == 5


@pytest.mark.parametrize("package", _NO_JAX)
def test_no_jax_where_fast_starts_count(package):
  for path in (_PACKAGE / package).rglob("*.py"):
    heavy = {name for name in _imports(path) if name.split(".")[0] in ("jax", "flax", "optax", "orbax", "grain")}
    assert not heavy, f"{path.relative_to(_ROOT)} imports {heavy}"


def test_tabular_models_bring_jax_with_the_network_only():
  for path in (_PACKAGE / "tabular").glob("*.py"):
    heavy = {name for name in _imports(path) if name.split(".")[0] in ("jax", "flax", "optax")}
    assert not heavy, f"{path.relative_to(_ROOT)} imports {heavy}"
    at_top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom) and node.module]
    names = {f"{node.module}.{alias.name}" for node in at_top for alias in node.names}
    assert not {name for name in names if name.startswith(("msk_jax.tabular.mlp", "msk_jax.models"))}, path


def test_flax_linen_lives_in_models_only():
  for path in _SOURCES:
    if "flax.linen" in _imports(path):
      assert path.parent.name == "models", path


def test_files_have_one_subject_and_no_old_jax():
  for path in _SOURCES:
    text = path.read_text()
    assert text.count("\n") <= 400, f"{path} is long: split it"
    for old in ("pmap(", "pjit(", "PRNGKey(", "with mesh:", "pickle.", "flax.training"):
      assert old not in text, f"{path}: {old}"
    assert path.stem != "utils"


@pytest.mark.parametrize("stage", _BINARIES)
def test_help_is_instant_and_loads_nothing_heavy(stage):
  """`--help` answers without numerical libraries; a bound on what is loaded is a bound on time on any machine."""
  code = (
    "import sys, runpy\n"
    f"sys.argv = ['{stage}', '--help']\n"
    f"try: runpy.run_module('msk_jax.{stage}', run_name='__main__', alter_sys=True)\n"
    "except SystemExit: pass\n"
    "heavy = {'jax', 'pandas', 'cv2', 'pydicom', 'matplotlib', 'sklearn', 'grain', 'rich'} & set(sys.modules)\n"
    "sys.stderr.write(f'HEAVY {sorted(heavy)}')\n"
  )
  done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=_ROOT, timeout=60)
  assert done.stderr.endswith("HEAVY []"), done.stderr[-500:]
  assert f"msk_jax.{stage}" in done.stdout or "--config" in done.stdout or stage == "audit"
