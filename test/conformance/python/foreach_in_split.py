def start(flow):
    flow.sum = 0


def numbers(flow):
    flow.items = [1, 2, 3]


def square(flow):
    flow.squared = flow.input**2


def add(flow, inputs):
    for item in inputs:
        flow.sum += item.squared
    del flow.items


def words(flow):
    flow.text = "words"


def meet(flow, inputs):
    flow.text = f"{inputs.numbers.sum} {inputs.words.text}"


def end(flow):
    pass
