def start(flow):
    flow.generation = 0
    flow.sums = []


def open(flow):
    flow.generation += 1
    flow.items = [1, 2]


def multiply(flow):
    flow.value = flow.input * 10**flow.generation


def join(flow, inputs):
    flow.sums.append(sum(item.value for item in inputs))
    del flow.items
    return "open" if len(flow.sums) < 3 else "end"


def end(flow):
    pass
