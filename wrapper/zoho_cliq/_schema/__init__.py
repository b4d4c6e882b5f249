"""Check arguments against the composed document, read answers by it, and record how they differ from it."""
