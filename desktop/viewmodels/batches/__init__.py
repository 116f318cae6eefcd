"""View-models of the page Many at once: a batch of pasted addresses, and one change of all."""
