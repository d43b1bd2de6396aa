"""What programs are compiled with, and where they are kept."""

import jax
import pytest

from msk_jax.trained import compiler


@pytest.fixture(autouse=True)
def _unchanged():
  names = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")
  before = {name: getattr(jax.config, name) for name in names}
  yield
  for name, value in before.items():
    jax.config.update(name, value)


def test_programs_are_kept_by_jaxlibs_version(tmp_path, monkeypatch):
  monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
  compiler.use_cache(str(tmp_path / "cache"))
  (folder,) = (tmp_path / "cache").iterdir()
  assert jax.config.jax_compilation_cache_dir == str(folder) and jax.lib.__version__ in folder.name


def test_jaxs_own_variable_has_precedence(tmp_path, monkeypatch):
  monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/elsewhere")
  before = jax.config.jax_compilation_cache_dir
  compiler.use_cache(str(tmp_path / "cache"))
  assert jax.config.jax_compilation_cache_dir == before and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  ("backend", "switch", "names"),
  [
    ("cpu", "", ["xla_cpu_experimental_ynn_fusion_type"]),
    ("gpu", "", ["xla_gpu_exclude_nondeterministic_ops"]),
    ("tpu", "", []),
    ("cpu", "1", []),
    ("gpu", "1", []),
  ],
)
def test_options_are_of_the_platform_and_can_be_switched_off(monkeypatch, backend, switch, names):
  monkeypatch.setattr(jax, "default_backend", lambda: backend)
  monkeypatch.setenv("MSK_STOCK_COMPILER", switch)
  assert list(compiler.options() or {}) == names


@pytest.mark.parametrize("backend", ["cpu", "gpu"])
def test_xla_takes_the_options_of_every_platform(monkeypatch, backend):
  """XLA reads the names and values of all platforms' options on each of them, and refuses what it does not know."""
  with monkeypatch.context() as patched:
    patched.setattr(jax, "default_backend", lambda: backend)
    options = compiler.options()
  assert jax.jit(lambda x: x + 1, compiler_options=options)(1) == 2
