import { readFile } from "node:fs/promises";
import { CredentialsError } from "./errors.ts";
import { exchange } from "./http.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

interface Expiring extends Credentials {
  /** In milliseconds since 1970; infinite where they are for good. */
  readonly expires: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** New ones are fetched when fewer than these are left, as the SDKs do. */
const margin = 5 * 60_000;
const containerHost = "http://169.254.170.2";
const allowedHosts = /^(localhost|127(\.\d+){3}|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/;

/**
 * The credentials of a task on AWS: from the environment in Lambda, from the container's endpoint on Batch, where they are fetched again
 * before they expire.
 */
export class CredentialSource {
  readonly #env: Environment;
  #current: Expiring | undefined;
  #fetching: Promise<Expiring> | undefined;

  constructor(env: Environment = process.env) {
    this.#env = env;
    this.#current = fromEnvironment(env);
  }

  /** @throws CredentialsError */
  async get(): Promise<Credentials> {
    const current = this.#current;
    if (current !== undefined && Date.now() < current.expires - margin) return current;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    try {
      return await this.#fetching;
    } catch (error) {
      // The old ones still hold for a while; the next call tries again.
      if (current !== undefined && Date.now() < current.expires) return current;
      throw error;
    }
  }

  /** Those that were fetched last, for a caller that cannot wait. @throws CredentialsError where there are none yet. */
  last(): Credentials {
    if (this.#current === undefined) throw new CredentialsError("No AWS credentials were fetched yet.");
    return this.#current;
  }

  async #fetch(): Promise<Expiring> {
    const fetched = await fetchContainerCredentials(this.#env);
    this.#current = fetched;
    // A step may compute for hours without a call, and then make one that cannot wait.
    const delay = Math.min(fetched.expires - margin - Date.now(), 2 ** 31 - 1);
    if (delay > 0) setTimeout(() => this.get().catch(() => {}), delay).unref();
    return fetched;
  }

  /** What the service no longer accepts is not used again. */
  expire(credentials: Credentials): void {
    if (credentials === this.#current && Number.isFinite(this.#current.expires)) this.#current = undefined;
  }
}

function fromEnvironment(env: Environment): Expiring | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined, expires: Number.POSITIVE_INFINITY };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
async function fetchContainerCredentials(env: Environment): Promise<Expiring> {
  const url = containerUrl(env);
  let problem: unknown;
  for (let attempt = 0; attempt < 4; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
    try {
      const response = await exchange(url, { method: "GET", headers: await containerToken(env), timeout: 2000 });
      if (response.status === 200)
        return parseContainerCredentials(JSON.parse(new TextDecoder().decode(response.content)));
      problem = new Error(`it answered ${response.status}`);
    } catch (error) {
      problem = error;
    }
  }
  const reason = problem instanceof Error ? problem.message : String(problem);
  throw new CredentialsError(`The container's credentials could not be fetched from ${url.origin}: ${reason}.`, {
    fix: "Check that the job has a job role.",
    cause: problem,
  });
}

function containerUrl(env: Environment): URL {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  if (!relative && !full) {
    throw new CredentialsError("There are no AWS credentials in the environment, and no container that gives any.", {
      fix: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the Lambda function or the Batch job a role.",
    });
  }
  const url = new URL(relative ? containerHost + relative : String(full));
  if (url.protocol !== "https:" && !allowedHosts.test(url.hostname)) {
    throw new CredentialsError(
      `AWS_CONTAINER_CREDENTIALS_FULL_URI names ${url.host}, which is neither HTTPS nor this machine.`,
    );
  }
  return url;
}

async function containerToken(env: Environment): Promise<Record<string, string>> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = env;
  const authorization = file ? (await readFile(file, "utf8")).trim() : token;
  return authorization ? { authorization } : {};
}

function parseContainerCredentials(answer: unknown): Expiring {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = Object(answer) as Record<string, unknown>;
  if (typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string") throw new Error("its answer has no keys");
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === "string" ? Token : undefined,
    expires: typeof Expiration === "string" ? Date.parse(Expiration) : Number.POSITIVE_INFINITY,
  };
}
