"""Reports: everything that is made from a results file, with no framework installed."""
