"""The version. It is stored in the package, so that it is known in a zip file or a frozen program too."""

__version__ = "0.1.0"
