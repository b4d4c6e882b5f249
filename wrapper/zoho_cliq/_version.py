"""The version of this package, as in the distribution's metadata, which a zip or a frozen program does not have."""

__version__ = "0.1.0"
