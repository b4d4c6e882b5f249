"""Find mistakes in a script that follows the grammar."""
