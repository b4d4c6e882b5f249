"""The composed document at work: arguments are checked, answers read, and differences noted."""
