"""Send requests: the client of a run, transports, pacing, and random request bodies."""
