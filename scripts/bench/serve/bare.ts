// The iris model on the same HTTP framework, called inline: what a service is measured against.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { classify, type Softmax } from "../../../examples/iris-classifier/softmax.ts";

const model: Softmax = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const app = Fastify();
app.post("/predict", async ({ body }) => (body as number[][]).map((row) => classify(model, row)));
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
