"""The image can't be built here, so what its recipe names is held against the project: files, packages, versions."""

import importlib.metadata
import pathlib
import re
import tomllib

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str]]:
  """Instructions and what follows them, comments left out and continued lines joined."""
  text = re.sub(r"\\\n\s*", "", (_ROOT / "launch" / "Dockerfile").read_text())
  return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines()) if word.isupper()]


def _of(lines: list[tuple[str, str]], word: str) -> list[str]:
  return [rest for each, rest in lines if each == word]


def test_it_says_that_it_was_not_built():
  assert "NOT BUILT HERE" in (_ROOT / "launch" / "Dockerfile").read_text().split("FROM")[0]


def test_it_copies_all_that_is_installed_and_no_data(lines):
  copied = [name for rest in _of(lines, "COPY") for name in rest.split()[:-1]]
  assert all((_ROOT / name).exists() for name in copied)
  project = tomllib.loads((_ROOT / "pyproject.toml").read_text())
  packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
  assert {name.rstrip("*") for name in packages} | {"LICENSE", "pyproject.toml", "requirements.txt"} == set(copied)


def test_its_debian_packages_are_those_of_the_gate(lines):
  (install,) = [rest for rest in _of(lines, "RUN") if "apt-get install" in rest]
  names = re.search(r"--no-install-recommends ([a-z0-9. -]+?) &&", install).group(1).split()
  gate = re.search(r"--no-install-recommends (.*)", (_ROOT / ".ci" / "run").read_text()).group(1).split()
  assert "bolt-lmm" in names and set(names) <= set(gate)


def test_its_python_and_its_accelerators_are_those_of_the_project(lines):
  (base,) = _of(lines, "FROM")
  version = re.fullmatch(r"python:(3\.\d+)-slim-bookworm", base).group(1)
  project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
  low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
  assert int(low) <= int(version.partition(".")[2]) < int(high)
  extras = importlib.metadata.metadata("jax").get_all("Provides-Extra")
  header = (_ROOT / "launch" / "Dockerfile").read_text()
  assert {"cuda12", "cuda13"} <= set(extras) and "cuda12" in header and "cuda13" in header
  assert any("-r requirements.txt" in rest for rest in _of(lines, "RUN"))


def test_its_user_is_not_root(lines):
  assert _of(lines, "USER") == ["msk"] and lines.index(("USER", "msk")) > max(
    i for i, (word, _) in enumerate(lines) if word in ("RUN", "COPY")
  )
