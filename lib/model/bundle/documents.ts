import type { ApiDescription, BodyDescription } from "../service/description.ts";
import { isBinary } from "../service/media.ts";
import type { BundlePython } from "./manifest.ts";
import { typeOf } from "./typescript.ts";

/** What a bundle is called, and what it offers. */
export interface BundleFacts {
  /** A package's name: `iris-classifier`. */
  readonly name: string;
  readonly version: string;
  /** The service's class. */
  readonly service: string;
  readonly apis: readonly ApiDescription[];
  /** The models that are not in it. */
  readonly unpacked?: readonly string[];
  readonly python?: BundlePython;
  /** Packages that npm installs, with their versions. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

export const serverModule = `#!/usr/bin/env node
import module from "node:module";

module.enableCompileCache?.();
const [{ main }, { Service }] = await Promise.all([import("./runtime.mjs"), import("./service.mjs")]);
await main(Service, import.meta.dirname);
`;

export const lambdaModule = `import { lambdaHandler } from "./runtime.mjs";
import { Service } from "./service.mjs";

export const handler = await lambdaHandler(Service, import.meta.dirname);
`;

export const indexModule = `import { open } from "./runtime.mjs";
import { Service } from "./service.mjs";

export async function load() {
  return await open(Service, import.meta.dirname);
}
`;

/** The types of {@link indexModule}. */
export function indexTypes({ service, apis }: BundleFacts): string {
  const methods = apis.map(
    ({ name, input, output }) => `  ${name}(input: ${inputType(input)}): Promise<${outputType(output)}>;`,
  );
  const tensor = apis.some(({ input, output }) => isTensor(input) || isTensor(output)) ? tensorType : "";
  return `${tensor}/** The service in this process: inputs and outputs are checked as the server checks them. */
export interface ${service} {
${methods.join("\n")}
  /** Stops the service. */
  close(): Promise<void>;
}

/** Reads the models and starts the service. */
export function load(): Promise<${service}>;
`;
}

/** What an image has beside the bundle. */
interface ImageNeeds {
  /** Python's version. */
  readonly python?: string | undefined;
  /** Whether there is a lock of npm packages. */
  readonly npm?: boolean;
}

/** The one that the tests run on. */
export const nodeVersion = "24.21.0";

const nodeImage = `ARG NODE_IMAGE=public.ecr.aws/docker/library/node:${nodeVersion}-slim`;

const install = `COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
`;

/**
 * The base images are arguments: nobody can edit the Dockerfile of a bundle, whose files have hashes. Users are numbers, without which
 * Kubernetes does not know that they are not root.
 */
export function dockerfile({ python, npm = false }: ImageNeeds = {}): string {
  return python === undefined ? onNode(npm) : onPython(python, npm);
}

function onNode(npm: boolean): string {
  return `${nodeImage}

FROM \${NODE_IMAGE}
ENV NODE_ENV=production PORT=3000
WORKDIR /opt/service
${npm ? install : ""}COPY . .
USER 1000:1000
${served("10s")}`;
}

/** The server is Node's also where a service or a model is Python's. */
function onPython(version: string, npm: boolean): string {
  return `${nodeImage}
ARG PYTHON_IMAGE=public.ecr.aws/docker/library/python:${version}-slim

FROM \${NODE_IMAGE} AS node
${npm ? `WORKDIR /opt/service\n${install}` : ""}
FROM \${PYTHON_IMAGE}
COPY --from=node /usr/local/bin/node /usr/local/bin/node
ENV NODE_ENV=production PORT=3000 MILLRACE_PYTHON=/usr/local/bin/python3
WORKDIR /opt/service
${npm ? "COPY --from=node /opt/service/node_modules node_modules\n" : ""}COPY requirements.txt .
RUN pip install --no-cache-dir --root-user-action=ignore --requirement requirements.txt
COPY . .
RUN python3 -m compileall -q python
USER 65534:65534
${served("30s")}`;
}

function served(startPeriod: string): string {
  return `EXPOSE 3000 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=${startPeriod} \\
  CMD ["node", "server.mjs", "health"]
ENTRYPOINT ["node", "server.mjs"]
CMD ["--host", "0.0.0.0"]
`;
}

/** Of a service in Python: its class is made from the manifest. */
export const pythonServiceModule = `import { pythonService } from "./runtime.mjs";

export const Service = await pythonService(import.meta.dirname);
`;

/** What makes a wheel is in the bundle: nothing is fetched for it. */
export const pyproject = `[build-system]
requires = []
build-backend = "millrace.model.wheel"
backend-path = ["python"]
`;

/** What `npm ci`, `npm pack`, Python and `pip wheel` leave in the folder. */
export const dockerignore = "node_modules\n*.tgz\n**/__pycache__\n*.whl\n";

export function packageJson({ name, version, service, dependencies }: BundleFacts, files: readonly string[]): string {
  const document = {
    name,
    version,
    description: `${service}, a model service.`,
    type: "module",
    exports: { ".": { types: "./index.d.mts", default: "./index.mjs" } },
    bin: { [name]: "server.mjs" },
    files,
    ...(dependencies !== undefined && { dependencies }),
    engines: { node: ">=22.18" },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function readme({ name, version, service, apis, unpacked = [], python, dependencies }: BundleFacts): string {
  const routes = apis.map(
    ({ name, input, output }) => `| \`POST /${name}\` | ${input.types.join(", ")} | ${output.types.join(", ")} |`,
  );
  const needs =
    python === undefined
      ? "Node 22.18 or later"
      : `Node 22.18 or later, and Python ${python.version} with the packages of\n\`requirements.txt\``;
  const commands = [
    ...(python === undefined ? [] : ["pip install -r requirements.txt"]),
    ...(dependencies === undefined ? [] : ["npm ci --ignore-scripts"]),
    "node server.mjs                      # http://127.0.0.1:3000, with a page to try it",
    `docker build -t ${name} . && docker run --rm -p 3000:3000 ${name}`,
    `docker run --rm -p 8080:8080 ${name} serve   # as SageMaker starts it: /ping and /invocations`,
    `npm pack                             # a package: import { load } from "${name}"`,
    ...(python?.file === undefined
      ? []
      : [`pip wheel --no-deps .                # another: import ${moduleName(name)}`]),
  ];
  return `# ${service}

Version ${version}. Everything that the service needs is in this folder, but for ${needs}${
    unpacked.length === 0 ? "." : `\nand its models (${unpacked.join(", ")}), which are mounted as \`/opt/ml/model\`.`
  }

\`\`\`sh
${commands.join("\n")}
\`\`\`

| API | takes | answers |
| --- | --- | --- |
${routes.join("\n")}

\`GET /openapi.json\` has the schemas; \`/healthz\`, \`/livez\`, \`/readyz\` and \`/metrics\` are there too. \`millrace-bundle.json\` has the SHA-256 of every
file; a file that was changed keeps the service from starting.
`;
}

/** The Python package's. */
function moduleName(name: string): string {
  return name.replaceAll("-", "_");
}

const tensorType = `/** Numbers in row-major order, with the lengths of their dimensions, outermost first. */
export interface Tensor {
  readonly data:
    | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
    | BigInt64Array | BigUint64Array | Float32Array | Float64Array;
  readonly shape: readonly number[];
}

`;

function isTensor({ types }: BodyDescription): boolean {
  return types.includes("application/x-npy");
}

/** A tensor may be one that an API has answered. */
function inputType(body: BodyDescription): string {
  return isTensor(body) ? `${bodyType(body)} | Tensor` : bodyType(body);
}

function outputType(body: BodyDescription): string {
  return isTensor(body) ? "Tensor" : bodyType(body);
}

function bodyType({ types, schema }: BodyDescription): string {
  if (isBinary(types)) return "Uint8Array";
  return types[0] === "text/plain" ? "string" : typeOf(schema);
}
