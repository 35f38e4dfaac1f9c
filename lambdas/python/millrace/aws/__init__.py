"""AWS without its SDK: signed calls by the standard library."""
