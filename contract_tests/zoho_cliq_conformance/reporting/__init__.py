"""Report a run: as data, for people, for machines, as lines of shell; and plan one before it is sent."""
