"""The phantom's body measurements."""
