"""Values as bytes, and where the bytes are kept."""
