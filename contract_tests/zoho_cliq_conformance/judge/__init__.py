"""Judge exchanges: the documented facts, the rules of a request, the model of the server, and the verdicts."""
