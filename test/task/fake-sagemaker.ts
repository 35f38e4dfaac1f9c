import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a test says of the endpoint, as SageMaker describes it. */
export interface FakeEndpoint {
  status: string;
  config: string;
  failure?: string;
}

/** SageMaker with one endpoint, whose fate a test decides, what scales it, and a bucket that takes everything, behind a real HTTP server. */
export class FakeSageMaker implements AsyncDisposable {
  endpoint: FakeEndpoint | undefined;
  readonly configs = new Set<string>();
  readonly models = new Set<string>();
  /** The operations that changed something, with the name that they were asked for. */
  readonly changes: string[] = [];
  /** What an operation was last asked for. */
  readonly payloads = new Map<string, Readonly<Record<string, unknown>>>();
  /** The message of a ValidationException, by the operation that is refused with it. */
  readonly refusals = new Map<string, string>();
  /** What the bucket answers instead, by the method. */
  readonly bucketRefusals = new Map<string, { readonly status: number; readonly code: string }>();
  /** What is in the bucket, by its path. */
  readonly objects = new Map<string, Buffer>();
  readonly #server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    try {
      if (request.headers["x-amz-target"] === undefined) this.#store(request, response, body);
      else response.end(JSON.stringify(this.#answer(request, body)));
    } catch (error) {
      const content = { __type: "ValidationException", message: (error as Error).message };
      response.writeHead(400).end(JSON.stringify(content));
    }
  });

  static async start(): Promise<FakeSageMaker> {
    const fake = new FakeSageMaker();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get env(): Record<string, string> {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
  }

  /** What SageMaker was busy with comes to its end. */
  settle(change: Partial<FakeEndpoint> = {}): void {
    if (this.endpoint) Object.assign(this.endpoint, { status: "InService", ...change });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #store({ method = "", url = "" }: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const refusal = this.bucketRefusals.get(method);
    if (refusal !== undefined) {
      const content = `<Error><Code>${refusal.code}</Code><Message>It says no.</Message></Error>`;
      return void response.writeHead(refusal.status).end(content);
    }
    if (method === "PUT") this.objects.set(url, body);
    response.writeHead(this.objects.has(url) ? 200 : 404).end();
  }

  #answer({ headers }: IncomingMessage, body: Buffer): object {
    const [, operation = ""] = String(headers["x-amz-target"]).split(".");
    const refusal = this.refusals.get(operation);
    if (refusal !== undefined) throw new Error(refusal);
    const payload = JSON.parse(body.toString());
    const { EndpointName, EndpointConfigName: config, ModelName: model, ResourceId: target } = payload;
    this.payloads.set(operation, payload);
    if (operation !== "DescribeEndpoint")
      this.changes.push(`${operation} ${EndpointName ?? config ?? model ?? target}`);
    switch (operation) {
      case "CreateModel":
        this.models.add(model);
        break;
      case "DeleteModel":
        this.models.delete(model);
        break;
      case "CreateEndpointConfig":
        this.configs.add(config);
        break;
      case "DeleteEndpointConfig":
        this.configs.delete(config);
        break;
      case "CreateEndpoint":
        this.endpoint = { status: "Creating", config };
        break;
      case "UpdateEndpoint":
        this.endpoint = { status: "Updating", config };
        break;
      case "RegisterScalableTarget":
      case "PutScalingPolicy":
        break;
      case "DeleteEndpoint":
        this.endpoint = undefined;
        break;
      default: {
        if (this.endpoint === undefined) throw new Error(`Could not find endpoint "${EndpointName}".`);
        const { status, config, failure } = this.endpoint;
        return { EndpointStatus: status, EndpointConfigName: config, FailureReason: failure };
      }
    }
    return {};
  }
}
