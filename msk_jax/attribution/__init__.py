"""Attention: where the networks look.

What a map's values mean, and whether they have a sign, is a property of its method (`methods.MEANINGS`). Where a map
of the predicted age is positive, more of what is there makes it older.
"""
