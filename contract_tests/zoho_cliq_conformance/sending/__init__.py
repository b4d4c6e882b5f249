"""Send requests: the client of a run, transports, pacing, and bodies drawn at random."""
