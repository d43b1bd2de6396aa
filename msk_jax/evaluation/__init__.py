"""The stage `evaluate`: performance of all models, by group, beside the published numbers.

What holds:

- `predictions/` and `cohort/` are all that `evaluate` reads, and only as `ensembles/run.json` lists the predictions:
  `ensemble` writes it last. What an interrupted or older run left is refused (`predictions/pooled_record.py`). Who is
  not in `cohort/participants` is left out.
- Scores are those before bias correction. The best model of a dimension is chosen on validation rows. The calibration
  slope regresses age on predicted age: 1 is ideal; below 1, predictions are spread too widely.
- An ensemble stands beside the paper's number only if all of the paper's models below it are there.
- `performance/` holds aggregates alone: no cell, mark or count of fewer than five people (`disclosure`); every file
  leaves through `disclosure/door.py`. People who are in two age bands or centres count once. Counts of different
  models are of different people and are not compared.
- A single model's participant product is scored at the first visits' ages, but its mean was learnt over all visits.
  Where people come back for years, weak models have a negative R2 there (phantom scalars: down to -.34). Ensembles
  are fitted to that product.
"""
