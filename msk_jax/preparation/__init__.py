"""From raw data of any kind to the workdir's cohort and images.

What holds for withdrawals:

- One function, `withdrawn.of_workdir(workdir, --withdrawn)`, says who of the cohort has withdrawn: those on the data
  root's lists as they are now, on the lists given, and whoever an earlier call found so. `cohort/withdrawn.json`
  remembers them, as keyed hashes, so that a list counts for good. `prepare` also remembers whoever is on a list of
  the data root (not the phantom's), so that a newer list may take its place.
- Lists are files named `w<digits>...` or `withdraw...`, `.csv` or `.txt`, also gzipped, in any case. Files named
  almost so are warned of (`look_alikes.py`), as for relatedness files and archives. All ids go through `io/ids.py`.
- Lists that together name over 1% of the people and over 50, not counting those known already, are refused without
  `--confirm_withdrawals`, by `prepare` and by all later stages.
- `prepare --forget_withdrawals` keeps, of the people remembered, those whom a list in the data root or given with
  `--withdrawn` names now, and makes the cohort again. `prepare --withdrawn=list.csv` leaves a list's people out of
  `cohort/` and `images/` at once.
- Every stage that writes about people asks this function at its edge and hands the ids on. The inputs of its run
  record hold a keyed hash of those left out, if any, or the hash of the samples without them: with new withdrawals
  the stage runs again. A finished training stays, and its rows of theirs are removed; an unfinished one is refused
  without `--overwrite`.
- Images and rows of withdrawn people leave `cohort/` and `images/` with the next `prepare` that finds the list in the
  data root, or that runs for another reason. It makes the fold map again.
"""
