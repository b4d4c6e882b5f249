"""The values of a script: their types, conversions, arithmetic and text, and the account of what a run uses."""
