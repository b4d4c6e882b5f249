"""Compile the tree to functions of Python and run it."""
