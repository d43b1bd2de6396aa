"""Whether maps can be believed: numbers that stand beside them.

Attention methods often fail at least one of localisation, randomised weights, repeatability and reproducibility (Arun
et al. 2021; Adebayo et al. 2018). All four are measured, each with its number of samples and people, a standard error
and an interval of 95% from a bootstrap over people; what can't be measured has a row that says why.
"""
