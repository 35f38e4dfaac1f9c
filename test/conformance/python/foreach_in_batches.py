def start(flow):
    flow.numbers = [1, 2, 3, 4, 5]


def square(flow):
    flow.squared = flow.input**2


def join(flow, inputs):
    flow.squares = [item.squared for item in inputs]
    del flow.numbers


def end(flow):
    pass
