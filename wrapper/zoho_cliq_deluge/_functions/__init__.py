"""The built-in functions, grouped in modules by the type of the receiver or by subject."""
