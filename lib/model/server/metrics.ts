import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { Histogram, type Series } from "./histogram.ts";

/** What a server counts, for Prometheus. */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly #requestSeconds: Histogram<"api" | "status">;
  readonly batchRows: Histogram<"api">;

  constructor(service: string, inProgress: () => Iterable<readonly [api: string, requests: number]>) {
    const registers = [this.registry];
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
    this.#requestSeconds = new Histogram({
      name: "millrace_request_duration_seconds",
      help: "From a request's last byte to its answer's first.",
      labelNames: ["api", "status"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.batchRows = new Histogram({
      name: "millrace_batch_rows",
      help: "Rows of one call of a batched method.",
      labelNames: ["api"],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    });
    new Gauge({
      name: "millrace_requests_in_progress",
      help: "Requests that are being answered.",
      labelNames: ["api"],
      registers,
      collect() {
        for (const [api, requests] of inProgress()) this.set({ api }, requests);
      },
    });
  }

  /** Counts the requests of an API. */
  requestObserver(api: string): (status: number, seconds: number) => void {
    const known = new Map<number, Series>();
    return (status, seconds) => {
      let series = known.get(status);
      if (series === undefined) {
        series = this.#requestSeconds.series({ api, status });
        known.set(status, series);
      }
      series.observe(seconds);
    };
  }
}
