def start(flow):
    flow.numbers = [3, 0, 1]


def begin(flow):
    flow.left = flow.input
    flow.rounds = 0


def next_round(flow):
    flow.rounds += 1
    flow.left -= 1
    return "round" if flow.left >= 0 else "join"


def join(flow, inputs):
    flow.allRounds = [item.rounds for item in inputs]
    del flow.numbers


def end(flow):
    pass
