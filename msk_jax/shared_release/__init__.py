"""The stage `release`: results of the GWASs in the form that others can use, beside the paper's.

Everything is written through `disclosure.door`. A missing input is a named gap, not a failure: nothing is made up for
it. Inputs that are not of one analysis are refused.
"""
