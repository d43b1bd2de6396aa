"""The paper's numbers, as tables with the source of every row."""
