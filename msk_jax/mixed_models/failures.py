"""What mixed models raise where data allow no answer."""


class NotEstimableError(ValueError):
  """The data do not determine what was to be estimated; the message says why."""
