"""The simulation's folders build on each other in one direction."""

import ast
import pathlib

import pytest

from msk_jax import simulation

_ROOT = pathlib.Path(simulation.__file__).parent
# What the modules of each folder may import of the simulation, besides their own folder; "" is the folder itself.
_ALLOWED = {
  "": set(),  # people, latent accelerations, random numbers, the spec
  "pictures": {""},
  "scalars": {""},
  "genotypes": {""},
  "exposures": {""},
  "files": {"", "pictures", "scalars", "genotypes", "exposures"},
}
_TOP = _ROOT / "cohort.py"  # writes all of it


def _folders_imported(path: pathlib.Path) -> set[str]:
  """Returns the folders of the simulation that a file imports from; modules of the simulation itself are ""."""
  modules = []
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.ImportFrom) and node.module:
      modules += [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Import):
      modules += [alias.name for alias in node.names]
  inner = [name.removeprefix("msk_jax.simulation.") for name in modules if name.startswith("msk_jax.simulation.")]
  return {name.split(".")[0] if (_ROOT / name.split(".")[0]).is_dir() else "" for name in inner}


def test_every_folder_is_in_the_map() -> None:
  assert {path.parent.name for path in _ROOT.glob("*/__init__.py")} == set(_ALLOWED) - {""}


@pytest.mark.parametrize("folder", sorted(_ALLOWED))
def test_folders_import_only_what_is_below_them(folder: str) -> None:
  for path in (_ROOT / folder).glob("*.py"):
    if path != _TOP:
      surplus = _folders_imported(path) - _ALLOWED[folder] - {folder}
      assert not surplus, f"{path.name} imports {surplus}"
