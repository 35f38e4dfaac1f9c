def start(flow):
    flow.numbers = [1, 2, 3, 4]


def look(flow):
    return "even" if flow.input % 2 == 0 else "odd"


def even(flow):
    flow.kind = f"{flow.input} is even"


def odd(flow):
    flow.kind = f"{flow.input} is odd"


def join(flow, inputs):
    flow.kinds = [item.kind for item in inputs]
    del flow.numbers


def end(flow):
    pass
