"""The values of scripts: types, conversions, arithmetic and printing, and the memory and time that a run uses."""
