"""The programs that do the analysis: their commands, how they are run, what they write. One module per program."""
