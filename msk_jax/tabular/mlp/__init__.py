"""A small network on tabular data: many fits side by side in one compiled program."""
