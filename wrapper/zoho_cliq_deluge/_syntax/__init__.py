"""Parse scripts to typed trees, report syntax errors, and format scripts."""
