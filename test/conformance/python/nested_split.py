def start(flow):
    flow.trail = []


def a(flow):
    flow.trail.append("a")


def a1(flow):
    flow.trail.append("a1")


def a2(flow):
    flow.trail.append("a2")


def inner(flow, inputs):
    flow.trail = inputs.a1.trail + inputs.a2.trail


def b(flow):
    flow.trail.append("b")


def outer(flow, inputs):
    flow.trail = inputs.a.trail + inputs.b.trail


def end(flow):
    pass
