"""Compile the tree to Python functions and run them."""
