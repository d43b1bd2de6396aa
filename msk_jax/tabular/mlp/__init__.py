"""A small network for tabular data: many fits side by side in one compiled program."""
