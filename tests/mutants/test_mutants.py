"""Mutated input files, a thousand in CI: none ends, stops or fills the process. The search for faults finds faults."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tests import commands
from tests.mutants import log, mutant, mutations

_ROOT = pathlib.Path(__file__).resolve().parents[2]


def _run(module: str, *arguments: str) -> subprocess.CompletedProcess:
  """Runs a module in a process of its own, which stays without threads and so can be forked."""
  command = [sys.executable, "-m", module, *arguments]
  return subprocess.run(command, cwd=_ROOT, env=commands.environment(), capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("count", [pytest.param(1000, marks=pytest.mark.gate), 30])
def test_mutants_have_no_fault(count, tmp_path):
  path = tmp_path / "log.jsonl"
  done = _run("tests.mutants", f"--count={count}", f"--log={path}", f"--folder={tmp_path}", "--seed=tests")
  assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
  lines = log.read(path)
  assert len({line["seed"] for line in lines}) == len(lines) == count
  outcomes = {line["outcome"] for line in lines}
  assert {mutant.SAME, mutant.DROPPED, mutant.REFUSED} <= outcomes
  assert not [path for path in tmp_path.iterdir() if path.name != "log.jsonl"]


@pytest.mark.parametrize("name", sorted(mutations.OF_BYTES))
def test_what_a_first_mutation_leaves_can_be_changed_again(name):
  for seed in range(30):
    rng = np.random.default_rng(seed)
    for length in (*range(1, 10), 300, 5000):
      assert isinstance(mutations.OF_BYTES[name](rng.bytes(length), rng), bytes)


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, list[list[str]]]:
  done = _run("tests.mutants.faulty", str(tmp_path_factory.mktemp("faulty")))
  assert done.returncode == 0, done.stderr[-3000:]
  return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
  ("reader", "outcome", "reason"),
  [
    ("sound", mutant.FAULT, "a changed value passes without a word"),
    ("refuses", mutant.REFUSED, "FILE is damaged: copy it again."),
    ("drops", mutant.DROPPED, "damaged"),
    ("raises", mutant.FAULT, "KeyError"),
    ("names_no_file", mutant.FAULT, "a message that names no file"),
    ("names_a_person", mutant.FAULT, "a participant's id in a message"),
    ("quotes_a_library", mutant.FAULT, "a library's own words in a message"),
    ("dies", mutant.FAULT, "died of SIGSEGV"),
    ("sleeps", mutant.FAULT, "no end in time"),
    ("works_for_ever", mutant.FAULT, "no end in time"),
    ("waits_at_a_pipe", mutant.FAULT, "no end in time"),
    ("fills_the_memory", mutant.FAULT, "MemoryError"),
    ("leaves_a_file", mutant.FAULT, "left files behind"),
  ],
)
def test_each_kind_of_fault_is_found(found, reader, outcome, reason):
  for got, why in found[reader]:
    assert got == outcome and reason in why


def test_a_run_that_was_killed_resumes_and_its_mutants_are_the_same(tmp_path):
  path = tmp_path / "log.jsonl"
  arguments = ("--only", "withdrawals", "--count=12", f"--log={path}", f"--folder={tmp_path}")
  assert _run("tests.mutants", *arguments).returncode == 0
  whole = log.read(path)
  text = path.read_text()
  path.write_text(text[: len(text) // 2])  # a kill leaves half a line
  assert _run("tests.mutants", *arguments).returncode == 0
  again = log.read(path)
  assert len(again) == 12
  strip = [
    {name: value for name, value in line.items() if name != "seconds"} for line in sorted(whole + again, key=str)
  ]
  assert all(strip.count(line) == 2 for line in strip)
