"""The data section: validated, light to import, and the binary's --help."""

import subprocess
import sys
import time

import pytest

from msk_jax.io import errors
from msk_jax.preparation import spec
from tests import commands

HEAVY = ("pandas", "numpy", "pyarrow", "cv2", "pydicom", "jax", "matplotlib", "rich", "scipy", "sklearn")


def test_a_mapping_becomes_a_spec():
  made = spec.from_mapping({"kind": "ukb", "root": "/x", "tables": ["a.csv"]})
  assert made == spec.DataSpec(kind="ukb", root="/x", tables=("a.csv",))
  made = spec.from_mapping({"kind": "phantom", "tables": ["a.csv"], "phantom": {"num_participants": 9}})
  assert made == spec.DataSpec(tables=("a.csv",), phantom=spec.PhantomSpec(num_participants=9))


@pytest.mark.parametrize(
  ("values", "said"),
  [
    ({"knd": "ukb"}, "config.data: unknown key.* knd"),
    ({"kind": "dicom"}, "config.data.kind"),
    ({"num_folds": "ten"}, "config.data.num_folds"),
    ({"num_folds": 2}, "num_folds must be"),
    ({"fold_seed": -1}, "fold_seed"),
    ({"workers": -2}, "workers"),
    ({"tables": "a.csv"}, "config.data.tables: expected a list"),
    ({"allow_no_withdrawals": "yes"}, "config.data.allow_no_withdrawals"),
    ({"phantom": {"size": 3}}, "config.data.phantom: unknown key.* size"),
    ({"images_only": True, "scalars_only": True}, "images_only and scalars_only"),
    ({"scalar_sets": ["hand_grip", "teeth"]}, "config.data.scalar_sets: 'teeth' is not one of anthropometry"),
    ({"kind": "folder", "folder": {"rows": "x"}}, "config.data.folder.rows"),
    ({"folder": {"rows": 9}}, "config.data.folder: data of kind phantom have no such setting"),
  ],
)
def test_mistakes_are_named(values, said):
  with pytest.raises(errors.InputError, match=said):
    spec.from_mapping(values)


def _run(*arguments, **environment):
  return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_help_and_config_load_nothing_heavy():
  code = "import sys, msk_jax.prepare, configs.ukb; configs.ukb.get_config(); print(*sorted(sys.modules))"
  done = _run("-c", code)
  assert done.returncode == 0, done.stderr
  assert not set(HEAVY) & set(done.stdout.split())


def test_help_reads_well():
  began = time.monotonic()
  done = _run("-m", "msk_jax.prepare", "--help")
  assert time.monotonic() - began < 10  # it takes half a second; a loaded machine may be slow
  assert "MSK_DATA=/data/ukb python -m msk_jax.prepare" in done.stdout and "--workdir" in done.stdout


@pytest.mark.parametrize(
  ("argument", "said"),
  [
    ("--config.data.num_folds=1", "config.data: num_folds must be from 3"),
    ("--config.data.num_folds=many", "num_folds"),
    ("--config.data.rot=x", "did you mean config.data.root?"),
    ("--config=configs/ukb.py:fold=1", "unknown config argument 'fold'"),
    ("--config=configs/nothing.py", "No such file"),
    ("--workdirr=x", "workdirr"),
    ("--config.data.allow_no_withdrawals=True", "is not a folder"),
  ],
)
def test_the_binary_says_in_one_line_what_is_wrong(tmp_path, argument, said):
  where = [f"--workdir={tmp_path}/w", argument]
  if "configs/" not in argument:
    where.append(f"--config.data.root={tmp_path}/nowhere")
  done = commands.run("prepare", *where)
  assert done.returncode == 1
  assert said in done.stderr and "Traceback" not in done.stderr
  assert done.stderr.splitlines()[-1].startswith("error: ")
