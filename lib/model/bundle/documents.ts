import type { ApiDescription, BodyDescription } from "../service/description.ts";
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
    ({ name, input, output }) => `  ${name}(input: ${bodyType(input)}): Promise<${bodyType(output)}>;`,
  );
  return `/** The service in this process: inputs and outputs are checked as the server checks them. */
export interface ${service} {
${methods.join("\n")}
  /** Stops the service. */
  close(): Promise<void>;
}

/** Reads the models and starts the service. */
export function load(): Promise<${service}>;
`;
}

export const dockerfile = `FROM public.ecr.aws/docker/library/node:24-slim
ENV NODE_ENV=production PORT=3000
WORKDIR /opt/service
COPY --chown=root:root . .
USER node
EXPOSE 3000 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \\
  CMD ["node", "server.mjs", "health"]
ENTRYPOINT ["node", "server.mjs"]
CMD ["--host", "0.0.0.0"]
`;

export const dockerignore = "node_modules\n*.tgz\n";

export function packageJson({ name, version, service }: BundleFacts, files: readonly string[]): string {
  const document = {
    name,
    version,
    description: `${service}, a model service.`,
    type: "module",
    exports: { ".": { types: "./index.d.mts", default: "./index.mjs" } },
    bin: { [name]: "server.mjs" },
    files,
    engines: { node: ">=22.18" },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function readme({ name, version, service, apis, unpacked = [] }: BundleFacts): string {
  const routes = apis.map(
    ({ name, input, output }) => `| \`POST /${name}\` | ${input.types.join(", ")} | ${output.types.join(", ")} |`,
  );
  return `# ${service}

Version ${version}. Everything that the service needs is in this folder, but for Node 22.18 or later${
    unpacked.length === 0 ? "." : ` and its models (${unpacked.join(", ")}).\nThey are mounted as \`/opt/ml/model\`.`
  }

\`\`\`sh
node server.mjs                      # http://127.0.0.1:3000, with a page to try it
docker build -t ${name} . && docker run --rm -p 3000:3000 ${name}
docker run --rm -p 8080:8080 ${name} serve   # as SageMaker starts it: /ping and /invocations
npm pack                             # a package: import { load } from "${name}"
\`\`\`

| API | takes | answers |
| --- | --- | --- |
${routes.join("\n")}

\`GET /openapi.json\` has the schemas; \`/healthz\`, \`/livez\`, \`/readyz\` and \`/metrics\` are there too. \`millrace-bundle.json\` has the SHA-256 of every
file; a file that was changed keeps the service from starting.
`;
}

function bodyType({ types: [first], schema }: BodyDescription): string {
  if (first === "application/json") return typeOf(schema);
  return first === "text/plain" ? "string" : "Uint8Array";
}
