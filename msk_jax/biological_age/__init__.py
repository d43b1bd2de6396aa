"""The stage `ages`: bias, biological age, accelerated ageing and its correlations.

What holds:

- The bias is one line per model through all its test samples (paper). With `bias_mode=out_of_fold` it is one line per
  fold through the other folds. `predict` always corrects new samples by the line through all.
- A model whose bias can't be fitted has no ages, and the summary says why.
- `ages/` holds individual-level data. Its CSVs and heat maps are aggregates, but with exact numbers of samples per
  model, fold and pair: look at them before they leave.
- "Nothing to do" also asks that the folders of trained models hold the bias that `ages/bias` has of them.
- A model whose predictions do not rise with age more than chance allows, within people of one sex and ethnicity, gets
  a warning (`age_signal.py`): its accelerated ageing is noise. Later stages read that from the table
  (`predictions/age_doubts.py`): correlations, figures, the site and releases say it, and `gwas` and `xwas` warn.
"""
