"""Fits a classifier, packs it into the service, asks it, and saves both as a folder that runs anywhere."""

from service import IrisClassifier
from sklearn import datasets, svm

clf = svm.SVC(gamma="scale")
iris = datasets.load_iris()
clf.fit(iris.data, iris.target)

service = IrisClassifier().pack("model", clf)
print(service.predict([[5.1, 3.5, 1.4, 0.2]]))
print(service.save("iris"))
