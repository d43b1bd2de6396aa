"""Linear regression from sums of products: moments per fold, elastic nets by the thousand, seeded search.

The elastic net reads each row once. Moments per fold are centred on the fold's own means and combined by Chan's
formula. Then every fit is p x p work: scikit-learn's coordinate descent finds zeros and signs, one linear system the
rest, and the conditions of the minimum check it (`solver.py`). Held-out R2 comes from held-out moments.
"""
