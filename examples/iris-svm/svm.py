from sklearn.svm import SVC


def fit(flow):
    """Fits the classifier on all flowers, and scores it on the same."""
    flow.model = SVC(C=flow.cost, gamma="scale").fit(flow.rows, flow.species)
    flow.accuracy = flow.model.score(flow.rows, flow.species)
    flow.supportVectors = flow.model.n_support_.tolist()
    print(flow.model)
