def start(flow):
    flow.numbers = [[1, 2], [], [3]]


def open(flow):
    flow.row = flow.input


def square(flow):
    flow.cell = f"{flow.current.path}:{flow.input ** 2}"


def close_row(flow, inputs):
    flow.rows = [item.cell for item in inputs]


def close_table(flow, inputs):
    flow.table = " ".join(f"[{' '.join(item.rows)}]" for item in inputs)
    del flow.numbers


def end(flow):
    pass
