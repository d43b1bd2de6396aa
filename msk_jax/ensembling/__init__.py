"""The hierarchy of ensembles: from model names to elastic nets on predictions.

What holds:

- Split k's elastic nets know fold k - 1 alone: the validation predictions and ages of its samples. Setting,
  standardisation and coefficients come from them. Inner folds are cut by participant. Test predictions are only
  multiplied.
- The product `participant` holds to that too. What moves a split's predictions from visit to visit is a bias line
  through the split's own validation samples, for both parts (`predictions/averaging.py`; the authors fit one through
  all splits).
- Validation predictions of ensembles are cross-fitted: each person's come from nets that never saw the person's inner
  fold, neither in coefficients nor in settings, at any level. A test changes the fold's ages and compares bits.
- Ensembles of ensembles are nested (`problems.py`). A net above sees the lower ensembles as refitted on its own rows,
  all rows through the same nets, so that noise gains nothing. This needs moments alone, since a lower ensemble is a
  linear function of models. `stacking=published` feeds cross-fitted predictions instead; on noise its top has a
  validation R2 of .12 at 1,500 people. `benchmarks.stacking` measures both.
- The tree has an input for each model and ensemble below a node (`inputs=children`: those right below). The paper's
  31 models give 47 inputs at the top. The authors' 49 count a second ensemble of the same two networks for hips and
  for knees.
- A node needs all of its inputs. Samples without one are left out. With `cases=available` they get the mean of the
  members they have, weighted by the inverse of the validation errors (over all validation samples: one number per
  member knows a little of every inner fold; on noise that gains an R2 of .001, SE .004). Only an input without any
  prediction in a split is dropped from that split. A single one that is left is copied. The node's JSON names who was
  dropped where.
- `cohort/participants` and `cohort/visits` say who is in. The fold map is the models' own, and there must be one. A
  model's splits must be trained alike (`predictions/split_settings.py`).
- A node is fitted again when a model below it, the cohort or the settings change (fingerprint in its JSON).
"""
