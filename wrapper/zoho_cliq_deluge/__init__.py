"""Read, lay out and run Deluge scripts."""
