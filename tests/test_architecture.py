"""The structure keeps itself: dependencies point one way, files stay small, starts stay fast."""

import ast
import pathlib
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_PACKAGE = _ROOT / "msk_jax"

# What each package may import of msk_jax besides itself; stages (files of msk_jax/) may import everything but stages.
_ALLOWED = {
  "io": set(),
  "published": set(),
  "cohort": {"io"},
  "labels": {"io"},
  "imaging": {"io", "labels"},
  "figures": {"io", "predictions", "scores"},
  "disclosure": set(),
  "scores": {"io"},
  "predictions": {"io", "cohort", "scores", "disclosure", "published"},
  "simulation": {"io", "imaging", "cohort"},
  "simulated_predictions": {"io", "cohort", "scores", "predictions", "simulation"},
  "preparation": {"io", "cohort", "labels", "imaging", "simulation"},
  "input": {"io", "cohort", "imaging"},
  "models": set(),
  "weights": {"io", "models"},
  "regression": {"io"},
  "tabular": {"io", "cohort", "models", "regression", "scores"},
  "scalar_models": {"io", "cohort", "figures", "predictions", "regression", "scores", "tabular"},
  "ensembling": {"io", "cohort", "regression", "scores", "predictions"},
  "evaluation": {"io", "cohort", "disclosure", "figures", "predictions", "scores"},
  "biological_age": {"io", "cohort", "evaluation", "figures", "predictions", "scores"},
  "training": {"io", "cohort", "imaging", "input", "models", "weights", "scores", "figures", "predictions"},
  "inference": {"io", "cohort", "labels", "imaging", "input", "models", "predictions", "training"},
}
_NO_JAX = (
  "io",
  "cohort",
  "labels",
  "imaging",
  "simulation",
  "preparation",
  "figures",
  "disclosure",
  "scores",
  "predictions",
  "simulated_predictions",
  "published",
  "evaluation",
  "regression",
  "ensembling",
  "biological_age",
)
_STAGES = sorted(path.stem for path in _PACKAGE.glob("*.py") if path.stem != "__init__")
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


@pytest.mark.parametrize("package", sorted(_ALLOWED))
def test_dependencies_point_one_way(package):
  for path in (_PACKAGE / package).rglob("*.py"):
    inner = {name.split(".")[1] for name in _imports(path) if name.startswith("msk_jax.")}
    surplus = inner - _ALLOWED[package] - {package}
    assert not surplus, f"{path.relative_to(_ROOT)} imports {surplus}"


def test_every_package_is_in_the_map():
  packages = {path.name for path in _PACKAGE.iterdir() if (path / "__init__.py").exists()}
  assert packages == set(_ALLOWED)


def test_nothing_imports_a_stage():
  for path in _SOURCES:
    assert not {f"msk_jax.{stage}" for stage in _STAGES} & _imports(path), path


@pytest.mark.parametrize("package", _NO_JAX)
def test_no_jax_where_fast_starts_count(package):
  for path in (_PACKAGE / package).rglob("*.py"):
    heavy = {name for name in _imports(path) if name.split(".")[0] in ("jax", "flax", "optax", "orbax", "grain")}
    assert not heavy, f"{path.relative_to(_ROOT)} imports {heavy}"


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


@pytest.mark.parametrize("stage", _STAGES)
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
