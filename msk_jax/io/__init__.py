"""Files, run records, the frame around a stage, progress, printed tables, and logging that hides participant ids.

What holds for faults:

- An unfinished file is hidden and has its owner (host, boot, process) in its name (`atomic.py`, `owner.py`). Each
  stage first clears those of dead processes of its host (`leftovers.py`); those of other hosts after 24 hours, by
  `--clear_partials_of_other_hosts`.
- A lock (`locks.py`) is the kernel's. As some shared file systems keep locks per host, its file also names its owner,
  who renews it each minute. Another host's lock counts until it has not been renewed for 15 minutes.
- Stages that write about people show purges that they are at work (`presence.py`).
- `outputs.py` is the frame of every stage: up to date, or made again with the reason logged, its run record last.
- Run records list outputs with size and hash. Every rerun compares sizes; `--check_hashes` compares contents.
- A closed pipe ends a stage with status 141; `train` continues without output.
"""
