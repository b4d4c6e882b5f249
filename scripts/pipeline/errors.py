"""The one exception that the pipeline shows to a person."""


class PipelineError(Exception):
    """Something a maintainer can mend: one line that says what is wrong, where, and how to mend it."""
