"""Mistakes in a config file are shown with their line; the preset is chosen by what the parsed flags say."""

import pathlib

import pytest
from absl import flags
from ml_collections import config_flags

from configs import common
from msk_jax.io import config_files, errors
from tests import commands

pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")  # of ml_collections
_ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_data(monkeypatch):
  monkeypatch.delenv(common.DATA_VARIABLE, raising=False)
  monkeypatch.chdir(_ROOT)


def _parse(*arguments, default="configs/knee.py"):
  """Returns the config that a binary with these arguments gets."""
  argv, values = ["train", *map(str, arguments)], flags.FlagValues()
  config_flags.DEFINE_config_file("config", default, "", values, sys_argv=argv)
  values(argv)
  config_files.choose_preset(values)
  return values["config"].value


def _flagfile(folder):
  path = folder / "flags"
  path.write_text("--config.data.root=/data/ukb\n")
  return f"--flagfile={path}"


@pytest.mark.parametrize(
  "arguments",
  [
    ["--config.data.root=/data/ukb"],
    ["-config.data.root=/data/ukb"],
    ["--config.data.root", "/data/ukb"],
    ["-config.data.root", "/data/ukb"],
    [_flagfile],
  ],
)
@pytest.mark.parametrize("config", [[], ["--config=configs/hip.py:fold=3"], ["--config", "configs/scalars.py"]])
def test_a_root_in_any_spelling_means_real_data(tmp_path, config, arguments):
  made = _parse(*config, *(one(tmp_path) if callable(one) else one for one in arguments))
  assert (made.data.kind, made.data.root) == ("ukb", "/data/ukb") and made.is_locked
  if "train" in made:
    assert made.train.batch_size == 32 and made.train.images_per_epoch == 32_768


def test_a_variable_of_the_environment_means_real_data(monkeypatch):
  monkeypatch.setenv(common.DATA_VARIABLE, "/data/ukb")
  assert (_parse().data.kind, _parse().data.root) == ("ukb", "/data/ukb")
  assert _parse("--config=configs/knee.py:preset=phantom").data.kind == "phantom"


def test_without_data_there_is_a_phantom_with_its_own_settings():
  made = _parse(
    "--config=configs/knee.py:fold=2", "--config.train.batch_size=32", "--config.model.image_shape=(80, 76)"
  )
  assert (made.data.kind, made.data.root, made.fold) == ("phantom", "", 2)
  assert made.train.images_per_epoch < 32_768  # the phantom's
  assert made.train.batch_size == 32 and made.model.image_shape == (80, 76)  # what the command line says counts
  assert _parse("--config.data.kind=phantom").train.images_per_epoch == made.train.images_per_epoch
  assert _parse("--config.data.kind=ukb").train.images_per_epoch == 32_768
  assert _parse("--config=configs/scalars.py").data.scalars_only


def test_an_empty_root_is_refused():
  with pytest.raises(errors.InputError, match=r"config\.data\.root is empty"):
    _parse("--config.data.root=")


def test_a_config_that_takes_no_preset_says_so(tmp_path):
  (tmp_path / "mine.py").write_text(
    "from configs import knee\ndef get_config(text=''):\n  assert not text, 'none'\n  return knee.get_config()\n"
  )
  with pytest.raises(errors.InputError, match=r"can't be built, .* line 3: AssertionError: none, in the line: assert"):
    _parse(f"--config={tmp_path / 'mine.py'}")


@pytest.mark.parametrize(
  ("line", "said"),
  [
    ("return {}['b']", "KeyError: 'b'"),
    ("return nothing", "NameError: name 'nothing' is not defined"),
    ("return len(3)", "TypeError: object of type 'int' has no len()"),
    ("raise ValueError('bad')", "ValueError: bad"),
    ("import nowhere_to_be_had", "ModuleNotFoundError: No module named"),
    ("return knee.get_config().training", "AttributeError: "),
    ("knee.get_config().bogus = 3", "AttributeError: "),
    ("open('/nowhere/at/all')", "FileNotFoundError: "),
    ("return )", "SyntaxError: "),
    ("raise SystemError", "SystemError: "),
  ],
)
def test_a_mistake_in_a_config_file_is_shown_with_its_line(tmp_path, line, said):
  path = tmp_path / "mine.py"
  path.write_text(f"from configs import knee\ndef get_config(argument=''):\n  {line}\n")
  done = commands.run("prepare", f"--config={path}", f"--workdir={tmp_path / 'work'}")
  assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
  assert done.stderr.startswith(f"error: {path}, line 3: {said}") and done.stderr.endswith(f"in the line: {line}\n")


def test_a_mistake_on_the_command_line_is_none_of_the_file():
  for argument in ("--config.train.batchsize=3", "--config.train.batch_size=x"):
    with pytest.raises(Exception, match=r"batchsize|batch_size") as caught:
      _parse(argument)
    assert config_files.describe_mistake(caught.value) == ""
