"""The only exception whose message the pipeline shows to users."""


class PipelineError(Exception):
    """An error that a maintainer can correct: one line that says what is wrong, where, and how to correct it."""
