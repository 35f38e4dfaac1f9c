def start(flow):
    flow.items = [1, 2, 3, 4]


def body(flow):
    if flow.input == 2:
        raise ValueError("two is not wanted")
    flow.value = flow.input


def join(flow, inputs):
    flow.values = [item.value for item in inputs]
    del flow.items


def end(flow):
    pass
