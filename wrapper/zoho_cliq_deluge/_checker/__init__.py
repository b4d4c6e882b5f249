"""The rules that find mistakes in scripts that follow the grammar."""
