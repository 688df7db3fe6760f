"""One run: what is tested how thoroughly, by whom, and the rows that say what was seen."""
