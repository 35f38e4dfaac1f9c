import cluster, { type Worker } from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";

// A scrape reaches one worker. It asks the primary, which asks every worker for its part and adds the parts up.

type Part = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

type Message =
  | { readonly type: "metrics-wanted" | "metrics-part-wanted"; readonly id: number }
  | { readonly type: "metrics-part"; readonly id: number; readonly part: Part }
  | { readonly type: "metrics"; readonly id: number; readonly text: string };

/** Milliseconds after which a worker is left out: a call that computes keeps its thread. */
const patience = 2_000;

let count = 0;

/** The metrics of a server: in a worker those of all workers. In Prometheus' text format. */
export async function metricsText(registry: Registry): Promise<string> {
  if (!cluster.isWorker) return await registry.metrics();
  const id = count++;
  const { promise, resolve } = Promise.withResolvers<string>();
  const onMessage = (message: Message) => {
    if (message.type !== "metrics" || message.id !== id) return;
    process.off("message", onMessage);
    resolve(message.text);
  };
  process.on("message", onMessage);
  send(process, { type: "metrics-wanted", id });
  return await promise;
}

/** Lets a worker tell its part when it is asked. @returns Ends that. */
export function tellPart(registry: Registry): () => void {
  if (!cluster.isWorker) return () => {};
  const onMessage = async (message: Message) => {
    if (message.type !== "metrics-part-wanted") return;
    send(process, { type: "metrics-part", id: message.id, part: await registry.getMetricsAsJSON() });
  };
  process.on("message", onMessage);
  return () => process.off("message", onMessage);
}

/** In the primary: answers the workers that ask. */
export function addUpMetrics(workers: () => Iterable<Worker>): void {
  cluster.on("message", async (worker, message: Message) => {
    if (message.type !== "metrics-wanted") return;
    const parts = await Promise.all(Array.from(workers(), partOf));
    const known = parts.filter((part) => part !== undefined);
    const text = await AggregatorRegistry.aggregate(known).metrics();
    if (worker.isConnected()) send(worker, { type: "metrics", id: message.id, text });
  });
}

/** `undefined` where the worker ends or is busy. */
function partOf(worker: Worker): Promise<Part | undefined> {
  const id = count++;
  return new Promise((resolve) => {
    const settle = (part?: Part) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("exit", onExit);
      resolve(part);
    };
    const onMessage = (message: Message) => {
      if (message.type === "metrics-part" && message.id === id) settle(message.part);
    };
    const onExit = () => settle();
    const timer = setTimeout(settle, patience);
    worker.on("message", onMessage).on("exit", onExit);
    if (worker.isConnected()) send(worker, { type: "metrics-part-wanted", id });
    else settle();
  });
}

function send(to: { send?(message: Message): boolean }, message: Message): void {
  to.send?.(message);
}
