"""The built-in functions, one module for each kind of receiver."""
