"""Upkeep of a whole workdir: `check` finds what is wrong in it, `purge` takes withdrawn people out of it.

- A check never writes. Each finding names the file, what is wrong, and the command that mends it.
- Raw data are not looked at: `prepare` does that.
"""
