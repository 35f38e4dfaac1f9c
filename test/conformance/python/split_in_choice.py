def start(flow):
    flow.part = ""
    return "left" if flow.wide else "narrow"


def left(flow):
    flow.part = "left"


def right(flow):
    flow.part = "right"


def join(flow, inputs):
    flow.parts = f"{inputs.left.part} and {inputs.right.part}"
    flow.part = ""


def narrow(flow):
    flow.parts = "narrow"


def end(flow):
    pass
