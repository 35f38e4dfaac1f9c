import { setTimeout as sleep } from "node:timers/promises";
import { CredentialSource, type Credentials } from "./credentials.ts";
import { AwsError } from "./errors.ts";
import { failureOf, lostCall, remedyFor } from "./failures.ts";
import { exchange, type HttpResponse } from "./http.ts";
import { sha256, sign } from "./signature.ts";

/** As signatures name it. */
export type Service = "s3" | "dynamodb" | "states" | "sagemaker" | "application-autoscaling" | "codebuild";

const names: Readonly<Record<Service, string>> = {
  s3: "S3",
  dynamodb: "DynamoDB",
  states: "StepFunctions",
  sagemaker: "SageMaker",
  "application-autoscaling": "ApplicationAutoScaling",
  codebuild: "CodeBuild",
};

export interface AwsCall {
  readonly service: Service;
  /** What it is called in errors: `GetObject`. */
  readonly operation: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The body's SHA-256 in hex, where it is known already. */
  readonly bodyHash?: string;
}

const attempts = 8;
/** Milliseconds after which no further attempt begins. */
const patience = 60_000;
const attemptTimeout: Readonly<Record<Service, number>> = {
  s3: 60_000,
  dynamodb: 10_000,
  states: 10_000,
  sagemaker: 20_000,
  "application-autoscaling": 10_000,
  codebuild: 10_000,
};
const longestDelay = 10_000;

const emptyHash = sha256("");

/**
 * Signed calls to AWS without its SDK, which would add more to a cold start than all else together. Throttled, failed and lost calls are
 * repeated with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), up to 8 attempts within a minute.
 */
export class AwsClient {
  readonly region: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #credentials: CredentialSource;

  /** @param env Region, endpoints and credentials, under the names that the AWS SDKs use. */
  constructor(env: Readonly<Record<string, string | undefined>> = process.env) {
    this.region = env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
    this.#env = env;
    this.#credentials = new CredentialSource(env);
  }

  /** The endpoint that the environment names instead of the service's own, as for an emulator. */
  endpoint(service: Service): string | undefined {
    return (this.#env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || this.#env.AWS_ENDPOINT_URL || undefined)?.replace(
      /\/+$/,
      "",
    );
  }

  get domain(): string {
    return this.region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  }

  /** @throws AwsError where the last attempt failed too, or another one would not help; CredentialsError */
  async send(call: AwsCall): Promise<HttpResponse> {
    const bodyHash = call.bodyHash ?? (call.body === undefined ? emptyHash : sha256(call.body));
    const deadline = Date.now() + patience;
    let refreshed = false;
    for (let attempt = 1; ; attempt++) {
      const credentials = await this.#credentials.get();
      const outcome = await this.#attempt(call, bodyHash, credentials);
      if (!(outcome instanceof AwsError)) return outcome;
      const remedy = remedyFor(outcome);
      if (remedy === "give up" || attempt === attempts || (remedy === "refresh" && refreshed)) throw outcome;
      if (remedy === "refresh") {
        this.#credentials.expire(credentials);
        refreshed = true;
        continue;
      }
      const delay = delayAfter(attempt, remedy, outcome.retryAfter);
      if (Date.now() + delay > deadline) throw outcome;
      await sleep(delay);
    }
  }

  /** The call's headers with its signature, made with the credentials that are at hand: for a caller that cannot wait. */
  signNow(call: AwsCall): Record<string, string> {
    return this.#sign(call, call.bodyHash ?? emptyHash, this.#credentials.last());
  }

  async #attempt(call: AwsCall, bodyHash: string, credentials: Credentials): Promise<HttpResponse | AwsError> {
    const { service, method, url, body } = call;
    const operation = nameOf(call);
    try {
      const headers = this.#sign(call, bodyHash, credentials);
      const response = await exchange(url, { method, headers, body, timeout: attemptTimeout[service] });
      return response.status < 300 ? response : failureOf(operation, response);
    } catch (error) {
      return lostCall(operation, error);
    }
  }

  #sign(
    { service, method, url, headers = {} }: AwsCall,
    bodyHash: string,
    credentials: Credentials,
  ): Record<string, string> {
    return sign({ method, url, headers, bodyHash }, credentials, service, this.region, new Date());
  }
}

export function nameOf({ service, operation }: AwsCall): string {
  return `${names[service]} ${operation}`;
}

function delayAfter(attempt: number, remedy: "retry" | "slow down", retryAfter = 0): number {
  const base = remedy === "slow down" ? 200 : 50;
  return Math.max(retryAfter, Math.random() * Math.min(longestDelay, base * 2 ** attempt));
}
