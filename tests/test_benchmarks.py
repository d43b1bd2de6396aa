"""The benchmarks run: the tiniest setting of each, this package's part only. Nothing is timed here."""

import pytest

from benchmarks import networks, report, workers


def test_worker_answers_between_stops():
  settings = {"variant": networks.VARIANTS["numpy"], "setting": {}}
  with workers.Worker("numpy", "benchmarks.network_worker", settings, {}) as worker:
    assert worker.ask(do="peak") > 0
    assert worker.ask(do="memory") > 0


def test_worker_that_fails_says_why():
  with (
    workers.Worker("broken", "benchmarks.no_such_module", {}, {}) as worker,
    pytest.raises(workers.WorkerError, match="no_such_module"),
  ):
    worker.receive()


def test_networks_table_has_speeds_ratios_and_share_of_peak():
  found = {
    "setting": networks.PRESETS["128x8"],
    "flops": 64e9,
    "ms": {"msk": [400.0, 390.0, 900.0], "torch": [300.0, 320.0, 310.0]},
    "peak_gflops": {"numpy": [200.0], "jax": [180.0, 190.0, 400.0]},
    "memory_gib": {"msk": 1.0, "torch": 1.5},
  }
  table = networks.tabulate(found)
  assert table.columns == ["contestant", "ms a step", "fastest-slowest", "images/s", "x PyTorch", "GFLOP/s", "of peak",
                           "GiB"]  # fmt: skip
  assert list(table.rows[0][1:]) == ["400", "390-900", "20.0", "0.78", "160", "80%", "1.0"]
  assert "PyTorch" in table.markdown()


def test_networks_settings_come_from_presets_or_flags():
  assert [s["size"] for s in networks.parse(["--preset", "299x8", "irv2"]).settings] == [299, 299]
  assert networks.parse(["--size", "160", "--mode", "infer"]).settings[0]["mode"] == "infer"


def test_report_files(tmp_path):
  args = networks.parse(["--json", str(tmp_path / "a.json"), "--markdown", str(tmp_path / "a.md")])
  report.write(args, report.machine(), [report.Table("t", ["a"], [["1"]])], ["note"], {"x": 1})
  assert '"x": 1' in (tmp_path / "a.json").read_text()
  assert "| 1 |" in (tmp_path / "a.md").read_text()
