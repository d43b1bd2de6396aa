"""Strictness for every test: two simulated CPU devices, no silent rank promotion, absl flags parsed.

The tests of one run, and the commands that they start, share what JAX compiles (`JAX_COMPILATION_CACHE_DIR`, a
temporary folder unless it is set). Where several workers share the tests, a file's tests stay together, slow ones start
first, and the summary shows how much memory each worker took.
"""

import atexit
import collections
import contextlib
import ctypes
import gc
import os
import pathlib
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")
os.environ.setdefault("JAX_NUMPY_RANK_PROMOTION", "raise")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "agg")
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # the workers of this run inherit the variable
  _compiled = tempfile.TemporaryDirectory(prefix="msk_jax_compiled_")
  atexit.register(_compiled.cleanup)
  os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name

import jax
import pytest
from absl import flags

from tests import compiling

_SHARED_DATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"
_MAX_GROWTH_BYTES = 1 << 30  # of a process between two clearings
_MEMORY, _NUM_LARGEST = "memory", 4
_PEAKS = pytest.StashKey[dict[str, tuple[str, int]]]()


def pytest_configure(config: pytest.Config) -> None:
  if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background job; what tests start has to heed it
    signal.signal(signal.SIGINT, signal.default_int_handler)
  config.stash[_PEAKS] = {}
  if pathlib.Path("/proc/self/statm").exists():
    config.pluginmanager.register(_Memory(), _MEMORY)
  if not flags.FLAGS.is_parsed():  # grain asks absl for its flags
    flags.FLAGS(sys.argv[:1])


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
  """The public example files beside the project; skips the test where they are absent."""
  if not _SHARED_DATA.exists():
    pytest.skip("public example data (../shared/data) are not beside the project")
  return _SHARED_DATA


@pytest.fixture(scope="module")
def _forget_programs() -> Iterator[None]:
  yield
  jax.clear_caches()


@pytest.fixture
def compile_quickly(_forget_programs) -> Iterator[None]:
  """Compiles without most optimisations: for networks of which a test asks what they compute, not how fast.

  Tests of other modules do not get these programs.
  """
  with compiling.quickly():
    yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
  """Begins with the files that have most slow tests; keeps a file's tests together."""
  if not hasattr(config, "workerinput"):
    return
  num_slow = collections.Counter(item.path for item in items if item.get_closest_marker("slow"))
  items.sort(key=lambda item: (-num_slow[item.path], item.path))


class _Memory:
  """Keeps a process from growing: clears what JAX compiled when the process has grown much since the last clearing."""

  def __init__(self) -> None:
    self._floor = resident_bytes()
    self.peak_mb: dict[str, int] = {}  # by file of tests

  @pytest.hookimpl(wrapper=True)
  def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
    yield
    self.peak_mb[item.path.name] = max(self.peak_mb.get(item.path.name, 0), _take_peak_mb())
    if resident_bytes() > self._floor + _MAX_GROWTH_BYTES:
      jax.clear_caches()  # the folder of compiled programs still has them
      gc.collect()
      ctypes.CDLL(None).malloc_trim(0)
      self._floor = resident_bytes()


def resident_bytes() -> int:
  """Returns the memory that this process has now."""
  pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
  return pages * resource.getpagesize()


def _take_peak_mb() -> int:
  """Returns the most memory that this process has had since the last call; it counts from now on."""
  status = pathlib.Path("/proc/self/status").read_text()
  peak_kb = int(status.partition("VmHWM:")[2].split()[0])
  with contextlib.suppress(OSError):  # where it is not allowed, peaks stay
    pathlib.Path("/proc/self/clear_refs").write_text("5")
  return peak_kb >> 10


def _peaks(config: pytest.Config) -> tuple[str, int]:
  """Returns the files whose tests took most memory here, and the most that any started process had (MB)."""
  memory = config.pluginmanager.get_plugin(_MEMORY)
  largest = sorted(memory.peak_mb.items(), key=lambda item: -item[1])[:_NUM_LARGEST] if memory else []
  started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
  return ", ".join(f"{peak} MB in {name}" for name, peak in largest), started


def pytest_sessionfinish(session: pytest.Session) -> None:
  if hasattr(session.config, "workeroutput"):
    session.config.workeroutput["peaks"] = _peaks(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
  if "peaks" in getattr(node, "workeroutput", {}):
    node.config.stash[_PEAKS][node.gateway.id] = node.workeroutput["peaks"]


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
  peaks = config.stash[_PEAKS] or {"this process": _peaks(config)}
  for name, (own, started) in sorted(peaks.items()):
    terminalreporter.write_line(f"{name}: at most {own}; the commands that it started at most {started} MB each")
