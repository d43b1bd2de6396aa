"""Raw tables to clean variables: a float64 column per variable, a row per sample.

What each cell becomes is a rule of the catalogue. What is not understood is counted, and named where at least five
people share it.
"""
