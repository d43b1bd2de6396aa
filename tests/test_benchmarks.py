"""The benchmarks run: the tiniest setting of each, this package's part only. Nothing is timed here."""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import (
  accelerator,
  bootstrap,
  compile_time,
  data_wait,
  elastic_net,
  ensembles,
  fine_mapping,
  flax_networks,
  image_store,
  input_pipeline,
  mixed_models,
  mlp,
  networks,
  own_radiographs,
  report,
  seed_log,
  stacking,
  trainings,
  workers,
  xwas,
)
from msk_jax.tabular.mlp import training

pytestmark = pytest.mark.gate


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
  assert table.columns == [
    "contestant",
    "ms a step",
    "fastest-slowest",
    "images/s",
    "x PyTorch",
    "GFLOP/s",
    "of peak",
    "GiB",
  ]
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


def test_flax_contestant_takes_steps():
  flax_networks.make_runner("simple_cnn", 32, 2, "train", is_fast=None)(2)


def test_compile_time_table_leaves_warm_empty_where_nothing_is_kept():
  found = {
    "setting": networks.PRESETS["irv2"],
    "cold": {"msk": [(20.0, 18.0)], "torch": [(5.0, 3.0), (7.0, 3.0)]},
    "warm": {"msk": [(4.0, 2.0)]},
    "cache_mb": {"msk": 12.3, "torch": 0.0},
  }
  assert compile_time.tabulate(found).rows[1] == ["PyTorch channels-last", "6.0", "3.0", "", "", ""]


def test_input_pipeline_counts_images_and_memory(tmp_path):
  image_store.write_store(tmp_path, 8, (40, 32))
  found = input_pipeline.measure(["msk"], tmp_path, batch=4, rounds=1, share=0.05)
  assert found["images_per_core_second"]["msk"][0] > 0
  assert input_pipeline.tabulate(found, 4).rows[0][0] == "msk_jax, 1 thread"


def test_stacking_continues_from_its_log(tmp_path, monkeypatch, capsys):
  arguments = ["--quick", "--log", str(tmp_path / "log"), "--markdown", str(tmp_path / "table.md")]
  stacking.main(arguments)
  first = (tmp_path / "table.md").read_text()
  monkeypatch.setattr(stacking, "score", None)
  stacking.main(arguments)
  rows = [line for line in first.splitlines() if line.startswith("| noise, 15 scalar models, nested | 300 | 2 |")]
  assert len(rows) == 1 and rows[0] in (tmp_path / "table.md").read_text()


def test_ensembles_has_the_published_hierarchy_and_a_time_for_each():
  settings = ensembles.spec.EnsembleSpec(num_trials=1)
  found, universe = ensembles.simulate(400)
  ours = ensembles.time_ours(found, universe, settings)
  assert len(ours) == 19 and ours["general"]["inputs"] == 49
  peer = ensembles.time_peer(found, universe, settings)
  assert peer.keys() == ours.keys() and min(peer.values()) > 0


@pytest.mark.slow
def test_data_wait_share_lies_between_0_and_1(tmp_path):
  setting = data_wait.Setting("simple_cnn", (40, 32), 32, 3)
  found = data_wait.measure(setting, tmp_path, threads=1, stored=(48, 40), num_samples=40)
  assert 0 <= found["share"] <= 1
  assert found["step_ms"] >= found["wait_ms"] > 0
  assert len(data_wait.tabulate([found]).rows) == 1


def test_roofline_counts_products_once():
  found = accelerator.roofline("simple_cnn", (40, 32), "infer", batch=2)
  trained = accelerator.roofline("simple_cnn", (40, 32), "train", batch=2)
  assert 2 < trained["flops"] / found["flops"] < 4
  assert found["least_bytes"] < found["unfused_bytes"]
  assert accelerator.tabulate([found, trained]).rows[0][0] == "simple_cnn 40x32 infer"


def test_least_traffic_counts_each_product_and_nothing_else():
  @jax.jit
  def step(x, y):
    return jnp.tanh(jax.checkpoint(lambda x: x @ y)(x) + 1)

  x, y = jax.ShapeDtypeStruct((8, 4), jnp.bfloat16), jax.ShapeDtypeStruct((4, 16), jnp.bfloat16)
  assert accelerator.least_traffic(step.trace(x, y)) == 2 * (8 * 4 + 4 * 16 + 8 * 16)  # two bytes a value


def test_elastic_net_grids_choose_alike_and_peers_are_extrapolated():
  found = elastic_net.measure(num_samples=1500, num_trials=1, rounds=1, loop_fits=1, cv_splits=1)
  assert found["same"] == [True] and found["num_features"] == 46
  table = elastic_net.tabulate({**found, "loop_fit": [0.5], "search": [0.1]})
  assert list(table.rows[-1][1:4]) == ["90", "45.00", "450.0"]


def test_mlp_takes_equal_epochs_and_extrapolates():
  found = mlp.measure(num_rows=300, num_splits=1, epochs=1, rounds=1, peer_fits=1)
  assert found["fits"] == found["steps"] == 9  # one batch an epoch
  table = mlp.tabulate({**found, "ours_s": {"random": [(0.9, 0.9)], "chosen": [(1.8, 1.8)]}})
  assert [row[0].split(",")[0] for row in table.rows] == ["msk_jax"] * 3 + ["scikit-learn"] * 2
  assert [row[3] for row in table.rows[:3]] == ["0.100", "0.200", "0.133"]  # 20 random rounds, 10 chosen ones
  assert float(table.rows[2][4]) == pytest.approx(2700 * 0.4 / 3 / 60)
  assert max(float(row[5]) for row in table.rows[3:]) == 1


def test_mlp_rounds_train_equal_fits_once(monkeypatch):
  trained = []
  original = training.Trainer.train
  monkeypatch.setattr(
    training.Trainer, "train", lambda self, problems: trained.append(len(problems)) or original(self, problems)
  )
  samples = mlp.make_samples(300)
  for is_random in (True, False):
    search = mlp.Search(samples, 2, epochs=1, is_random=is_random)
    search.ours()
    assert len(search.fits) == 18
  assert trained == [17, 18]  # two splits share the fit without both of their folds


def test_bootstrap_times_every_contestant():
  found = bootstrap.measure(bootstrap.QUICK, 1)
  table = bootstrap.tabulate(found)
  assert len(table.rows) == 5 and all(times[0] > 0 for times in found["seconds"].values())


def test_mixed_models_are_tabulated_and_resumed(tmp_path, capsys):
  """Estimates and null chromosomes of 200 people; GEMMA is not needed."""
  log = tmp_path / "log.jsonl"
  flags = ["--quick", "--parts", "null", "components", "--settings", "30% relatives", "--log", str(log)]
  mixed_models.main(flags)
  first = log.read_text()
  mixed_models.main([*flags, "--json", str(tmp_path / "out.json")])
  assert log.read_text() == first
  assert len(first.splitlines()) == 6
  assert "rg = 0.95" in capsys.readouterr().out


def test_credible_sets_are_tabulated_and_resumed(tmp_path, capsys):
  log = tmp_path / "log.jsonl"
  flags = ["--quick", "--settings", "drawn", "relatives", "--log", str(log)]
  fine_mapping.main(flags)
  first = log.read_text()
  fine_mapping.main([*flags, "--markdown", str(tmp_path / "out.md")])
  assert log.read_text() == first and len(first.splitlines()) == 6
  assert "coverage" in capsys.readouterr().out and "relatives" in (tmp_path / "out.md").read_text()


def test_associations_are_scored_and_a_log_resumes(tmp_path, capsys):
  log = tmp_path / "log.jsonl"
  arguments = ["--quick", "--parts", "null", "planted", "speed", "--log", str(log)]
  xwas.main(arguments)
  first, out = log.read_text(), capsys.readouterr().out
  assert "Null variables" in out and "Planted effects" in out and "one thread" in out
  xwas.main(arguments)
  assert log.read_text() == first


def test_own_radiographs_pools_splits_and_names_every_run(tmp_path):
  rng = np.random.default_rng(0)
  done = {}
  for fold in range(2):
    age = rng.uniform(2, 18, 40)
    columns = {"age_years": age, "predicted_age_years": age + rng.normal(0, 2, 40), "ridge_years": age * 0.2 + 8}
    ages = {name: values.tolist() for name, values in (columns | {"mean_years": np.full(40, 10.0)}).items()}
    run = {"minutes": 3.0, "epochs": 9, "best_epoch": 4, "ending": "patience", "worst_validation": 0.9}
    done[f"simple_cnn:{fold}:0"] = {**run, "person": list(range(40)), "ages": ages}
  runs, models = own_radiographs._tables(done)
  assert [row[0] for row in runs.rows] == list(done)
  assert models.rows[0][:3] == ["simple_cnn, seed 0", "2", "80"] and models.rows[0][-1] == "learned"


def test_a_trainings_log_knows_its_arguments_and_pictures(tmp_path):
  for folder, text in (("here", "a"), ("there", "a"), ("other", "b")):
    (tmp_path / folder / "knee_xrays").mkdir(parents=True)
    (tmp_path / folder / "knee_xrays/labels.csv").write_text(text)

  def key(folder, *arguments):
    run = own_radiographs.parse("knees/inception_v3:2:1", tmp_path, tmp_path / folder, arguments)
    assert f"--config.data.root={tmp_path / folder}/knee_xrays" in run.command
    assert run.folder == tmp_path / "knees/seed_1/models/folder/inception_v3/fold_2"
    return run.key

  assert key("here") == key("there")
  assert len({key("here"), key("other"), key("here", "--config.train.max_epochs=2")}) == 3


def test_a_resumed_training_counts_all_its_minutes(tmp_path):
  program = (sys.executable, "-c", "import sys; sys.exit(75)")
  run = trainings.Training("a run", (), (), tmp_path / "models/fold_0")
  minutes = tmp_path / "models/.minutes_fold_0.json"
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(trainings.Training, "command", program)
    for calls in (1, 2):
      with pytest.raises(SystemExit, match="status 75"):
        trainings.finish(run)
      assert len(json.loads(minutes.read_text())) == calls


@pytest.mark.parametrize("half", ["", "[1.5, 2", "{}", '["a"]', "3"])
def test_minutes_that_are_half_written_count_as_unknown(tmp_path, capsys, half):
  run = trainings.Training("a run", (), (), tmp_path / "models/fold_0")
  minutes = tmp_path / "models/.minutes_fold_0.json"
  minutes.parent.mkdir()
  minutes.write_text(half)
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(trainings.Training, "command", (sys.executable, "-c", "import sys; sys.exit(75)"))
    with pytest.raises(SystemExit, match="status 75"):
      trainings.finish(run)
  assert "minutes of earlier calls are unknown" in capsys.readouterr().err
  first, last = json.loads(minutes.read_text())
  assert first is None and last > 0


def test_minutes_of_a_run_are_unknown_if_those_of_a_call_are(tmp_path):
  run = trainings.Training("a run", (), (), tmp_path / "models/fold_0")
  run.folder.mkdir(parents=True)
  (run.folder / "result.json").write_text("{}")
  (run.folder / "metrics.jsonl").write_text("")
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(trainings.Training, "command", (sys.executable, "-c", ""))
    assert trainings.finish(run)["minutes"] > 0
    (tmp_path / "models/.minutes_fold_0.json").write_text("[1.5")
    for _ in range(2):
      assert trainings.finish(run)["minutes"] is None


def test_half_a_line_of_a_log_is_run_again(tmp_path, capsys):
  log = tmp_path / "log.jsonl"
  seed_log.append(log, "a", {"x": 1})
  with log.open("a") as file:
    file.write('{"key": "b", "sco')
  assert seed_log.read(log) == {"a": {"x": 1}} and "line 2 is damaged" in capsys.readouterr().err
  seed_log.append(log, "b", {"x": 2})
  assert seed_log.read(log) == {"a": {"x": 1}, "b": {"x": 2}}
