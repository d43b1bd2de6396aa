"""The catalogue of variables: which fields belong to which category, and how each is cleaned.

`catalogue.csv` is the table; `python -m msk_jax.associations.catalogue.rebuild` makes it from the published lists
(`published_lists.csv`) and the public showcase. `codings.csv` holds the codes and meanings of their answers, and
`categories.csv` the categories with what is published of their sizes.
"""
