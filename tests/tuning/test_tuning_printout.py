"""What is printed of a search: the best first, its noise, and the command; of an unfinished one no choice."""

from msk_jax.tuning import printout, run
from tests.training import cohort
from tests.tuning import fake_trainer
from tests.tuning.fake_trainer import FakeTrainer

_DEFAULT, _GOOD, _BAD = (cohort.LEARNING_RATE, 0.5), (1e-3, 0.5), (1e-4, 0.5)


def _printed(workdir, capsys, errors) -> str:
  search = fake_trainer.plan(workdir)
  ended = run.run(search, FakeTrainer(errors))
  capsys.readouterr()
  printout.print_search(search, ended.table, is_complete=not ended.can_continue)
  return capsys.readouterr().out


def test_a_search_that_is_done_names_its_choice(tmp_path, capsys):
  text = _printed(tmp_path, capsys, {_DEFAULT: 6.0, _GOOD: 3.0, _BAD: fake_trainer.DIVERGES})
  rows = [line for line in text.splitlines() if line[:3].strip().isdecimal()]
  assert [int(line.split()[0]) for line in rows] == [1, 3, 0, 2]
  assert "validation samples of split 0, 6 people" in text and "DIVERGED: step 3" in text
  assert "Trial 1 (learning_rate 0.001) has the lowest validation RMSE" in text and "TOO FEW PEOPLE TO SAY" in text
  assert "optimistic" in text and "--config.train.learning_rate=0.001" in text and "the default  python" in text


def test_an_unfinished_search_says_so_and_names_none(tmp_path, capsys):
  text = _printed(tmp_path, capsys, {_GOOD: fake_trainer.PAUSES})
  assert "SO FAR" in text and "3 trials are left." in text and "PAUSED: out of" in text
  assert "msk_jax.train" not in text and "lowest" not in text
