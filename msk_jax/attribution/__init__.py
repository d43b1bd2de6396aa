"""Attention: where the networks look.

A map is signed: where it is positive, more of what is there makes the predicted age older.
"""
