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
