"""The paper's numbers as CSV, each row with its source, and their reader.

`paper` is Le Goallec et al., medRxiv 2021.06.14.21258896. `website` is a table in the git history of the repository
of their web site (github.com/Deep-Learning-and-Aging/Website), at the commit named.
"""
