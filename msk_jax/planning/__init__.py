"""The plan of a whole study: its jobs, what each waits for and needs, and which are done.

`plan.py` makes the jobs from the table of stages; `plan_file.py` keeps them in the workdir, where an engine
(`launch/Snakefile`) reads them; `execution.py` runs one job; `status.py` says what is done and what is due.
"""
