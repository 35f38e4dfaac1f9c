def start(flow):
    import numpy

    flow.floats = numpy.random.default_rng().random(flow.count)


def measure(flow):
    flow.total = len(flow.floats)


def end(flow):
    pass
