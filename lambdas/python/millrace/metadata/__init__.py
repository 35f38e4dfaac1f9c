"""Records of runs and tasks, and the stores that keep them."""
