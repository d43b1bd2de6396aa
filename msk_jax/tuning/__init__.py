"""The search for a network's settings on split 0: trials, the choice by validation, its table.

What holds:

- A trial is a training like any other (`training.experiment`), in a folder of its own below `tuning/`, where no
  ensemble and no evaluation looks. Its folder is named by a hash of its resolved settings: another search takes it over
  as it is, whatever its number there.
- Validation samples alone choose. No row of the test fold and no test score reaches the table (`validation.py`).
- The paper says that the authors tuned by hand, and the lists that they took values from are in their scripts
  (`published/search_lists.csv`). By hand is done here as one setting at a time, from the published choice. A random
  sample of all combinations is the other procedure (`candidates.py`).
- A trial that diverges would do so again, so it is not trained again. One that failed otherwise is tried in each call.
- The best of many is chosen by noise too. Intervals of differences from the default hold for all trials at once
  (`comparison.py`). They know the noise of people, not that of the seed.
"""
