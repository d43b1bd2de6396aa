"""A copy of a workdir in a durable folder, from which a lost workdir comes back.

The durable folder may be slow, and without appending, locks or atomic renames. So a file is written there once, under
the hash of its content; a manifest, written last, says which files there are; and whoever reads checks both.
"""
