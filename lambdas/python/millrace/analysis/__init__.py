"""What a step's function does with the artifacts, from its source."""
