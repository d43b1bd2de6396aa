"""Regression from sums of products: elastic nets by Gram matrices, and the search of their settings."""
