def start(flow):
    flow.words = ["one", "two", "three"]


def measure(flow):
    flow.length = len(flow.input)


def name(flow):
    flow.label = f"{flow.index} {flow.input} {flow.current.path}"


def join(flow, inputs):
    flow.lengths = [item.length for item in inputs]
    flow.labels = [item.label for item in inputs]


def end(flow):
    pass
