"""Where compiled programs are kept."""

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
