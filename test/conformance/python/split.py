def start(flow):
    flow.onlyFilter = "before"


def filtered(flow):
    flow.x = 1
    flow.onlyFilter = "changed by one branch"
    flow.same = 7


def b(flow):
    flow.x = 2
    flow.same = 7


def join(flow, inputs):
    flow.order = [f"x{branch.x}" for branch in inputs]
    flow.x = inputs.filter.x * 10 + inputs.b.x


def end(flow):
    pass
