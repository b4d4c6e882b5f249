"""Drive a server: the table of scenarios, the machine, the fuzzer, thresholds, the creation limit, recordings."""
