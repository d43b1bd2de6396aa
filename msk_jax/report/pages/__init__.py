"""The pages of the site, a file each with a `PAGE`; see `report/__init__.py`."""
