def start(flow):
    flow.items = []
    flow.untouched = "as it was"


def body(flow):
    flow.untouched = str(flow.input)


def join(flow, inputs):
    flow.count = len(inputs)


def end(flow):
    pass
