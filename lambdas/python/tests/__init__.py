"""Run with ``python -m unittest discover -t . -s tests`` in lambdas/python; Node runs the TypeScript side as it stands."""
