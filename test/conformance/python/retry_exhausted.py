def start(flow):
    pass


def fragile(flow):
    raise IndexError(f"attempt {flow.current.attempt} is too early")


def end(flow):
    pass
