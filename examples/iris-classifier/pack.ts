// Trains a model, packs it into the service, asks it, and saves both as a folder that runs anywhere.
import { readFlowers } from "./flowers.ts";
import { IrisClassifier } from "./service.ts";
import { fitSoftmax } from "./softmax.ts";

const { training } = readFlowers();
const clf = fitSoftmax(
  training.map(({ measures }) => measures),
  training.map(({ species }) => species),
  { epochs: 300, learningRate: 0.5 },
);

const service = new IrisClassifier().pack("model", clf);
console.log(service.predict([[5.1, 3.5, 1.4, 0.2]]));
console.log(await service.save("iris"));
