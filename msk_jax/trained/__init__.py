"""Trained networks: model card, checkpoints, devices, and the one program that predicts.

What holds:

- A trained fold is complete: `model.json` (network, image shape, scalers, input scale) and `best/` are all that
  predicting reads.
- A checkpoint holds the hashes of its files. A state with numbers that are not finite is never written. A damaged
  checkpoint is passed over for the one before it.
- The mesh has the axes `data` and `state`. The batch is split over both, the optimiser's moments over `state`,
  parameters over none.
- `processes.py` joins several processes into one program, by explicit flag. Each process reads its rows of every
  batch (`input/order.py`). Process 0 writes files; all write checkpoints. Whether to pause travels with the batches,
  so that all processes stop at the same step.
- On CPUs and GPUs the step is compiled with other options than JAX's defaults (`compiler.py`; `MSK_STOCK_COMPILER=1`
  turns that off): on CPUs for speed, on GPUs so that two runs have equal bits. CPUs also have layers written for them
  (`models/fast_layers.py`; equal up to rounding; `MSK_PLAIN_LAYERS=1` turns them off).
"""
