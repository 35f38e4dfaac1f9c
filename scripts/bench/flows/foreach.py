def start(flow):
    flow.items = list(range(100))


def body(flow):
    pass


def join(flow, inputs):
    flow.done = len(inputs)


def end(flow):
    pass
