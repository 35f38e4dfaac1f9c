"""AWS on this machine, without Docker and without an account. README.md says what is emulated and how to run it."""
