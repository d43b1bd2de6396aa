"""How `make test` shares the tests between workers."""

import os
import pathlib
import re
import subprocess
import sys

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_TESTS = """
import os, pathlib, pytest
@pytest.mark.parametrize("number", range(6))
def test_of_many(number):
  with open(__file__ + ".workers", "a") as file:
    file.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def test_a_files_tests_stay_in_one_worker(tmp_path):
  """Else each worker makes the fixtures of the file."""
  options = re.findall(r"pytest (-n 2 .*?--no-loadscope-reorder)", (_ROOT / "Makefile").read_text())
  assert options and len(set(options)) == 1
  for name in ("test_a.py", "test_b.py"):
    (tmp_path / name).write_text(_TESTS)
  environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
  subprocess.run(
    [sys.executable, "-m", "pytest", *options[0].split(), "-p", "no:cacheprovider", f"--rootdir={tmp_path}", tmp_path],
    env=environment,
    cwd=tmp_path,
    check=True,
    capture_output=True,
  )
  workers = [(tmp_path / f"{name}.workers").read_text().split() for name in ("test_a.py", "test_b.py")]
  assert [len(of_file) for of_file in workers] == [6, 6]
  assert [len(set(of_file)) for of_file in workers] == [1, 1]


def test_the_gate_runs_what_make_test_leaves_to_it():
  """A test that is also `long` takes too long for CI."""
  makefile, gate = (_ROOT / "Makefile").read_text(), (_ROOT / ".ci/run").read_text().splitlines()
  assert "MARKED := not long and not gate\n" in makefile and '$(MAKE) test MARKED="gate and not long"\n' in makefile
  assert "make test" in gate and "make test-gate" in gate
