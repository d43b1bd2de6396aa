"""Training of one network on one split: state, objective, optimiser, step, schedule, loop.

What holds:

- The trajectory depends on config, seed and number of devices alone. Position p of the stream of training images is a
  pure function of (seed, p) (`input/order.py`), dropout noise of (seed, step). Everything else that decides something
  is in `TrainState`: the plateau rule's counters, the epoch's sums, the best validation RMSE. So kill -9, SIGTERM, a
  spent budget and other numbers of threads, workers or hosts leave the same bits (`tests/training/test_resume.py`).
- The order of operations is that of `loop.py` and `epoch_end.py`. Each step is one program. At an epoch's end it
  evaluates, updates the progress, logs, saves the best and saves the last. Then it looks whether to stop. Metrics are
  fetched one step late, so that the device never waits for the host.
- `config.train.max_epochs`, `early_stopping_patience`, `max_hours`, `checkpoint_every_steps`, `evaluation_batch_size`
  and `config.input.threads`, `workers`, `prefetch` are not part of the trajectory: a run may be resumed with others
  (with more epochs and patience, also after its end; never with fewer than it has passed). Any other change is refused,
  and the message names what differs. A finished training that continues loses its result until it ends again. Epochs
  and patience are in `result.json`, as `limits`.
- A finished training needs its best parameters alone to write its files again (`completion.py`). One that continues
  needs a checkpoint, and is refused without one (`continuation.py`).
- One budget and one handler of signals serve a whole command (`pausing.py`).
- Before its first step the network gives the features of a ridge regression (`frozen_baseline.py`). The result says
  whether training did better (`verdict.py`).
- Devices, versions, forms of layers, compiler options and the size of evaluation batches change how sums are rounded
  (`compute_environment.py`). The run record has them. A resume under others warns, and `result.json` lists what
  changed. With `MSK_STOCK_COMPILER=1` a GPU adds in any order: then nothing here leaves the same bits, and the log says
  so.
- A batch in parts (`accumulation_parts`) is a `lax.scan`. It is made for accelerators: on CPUs, XLA runs convolutions
  inside loops slowly.
"""
