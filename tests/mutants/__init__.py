"""Mutated input files: each is read, counted or refused with a reason; none ends, stops or fills the process.

`python -m tests.mutants --help`. A format says what a whole file is and how the package reads it (`forms`). A mutant is
made from its number alone, so that a fault can be made again. It is read in a child process under limits of time and
memory (`guarded`), and what came of it is a line of a log (`log`).
"""
