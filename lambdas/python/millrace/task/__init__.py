"""One attempt of one task: load, run, commit - the same code on a laptop, in Lambda, in Batch."""
