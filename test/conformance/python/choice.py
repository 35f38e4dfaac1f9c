def start(flow):
    return "bad" if flow.loss > 0.1 else "good"


def bad(flow):
    flow.verdict = "bad"


def good(flow):
    flow.verdict = "good"


def end(flow):
    pass
