"""Files, run records, progress and logging that hides participant ids."""
