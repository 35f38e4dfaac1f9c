"""Type hints as JSON Schema, and as what turns JSON into the values that they mean."""
