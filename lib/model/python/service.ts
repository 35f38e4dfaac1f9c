import { z } from "zod";
import { unset } from "../../flow/spec/fields.ts";
import { type ApiContext, type ApiOptions, markApi } from "../service/api.ts";
import type { BodyDescription } from "../service/description.ts";
import { withJsonSchema } from "../service/json-schema.ts";
import { file, isBinary, text, withMedia } from "../service/media.ts";
import { ModelService, type ServiceClass } from "../service/model-service.ts";
import { modelsOf } from "../service/parts.ts";
import { columnsOf } from "../service/table/columns.ts";
import { arrowStream, tableMedia } from "../service/table/media.ts";
import type { PythonApi, PythonDescription, PythonHost, PythonModelFile, PythonSaved } from "./host.ts";

/** A model that the service's file has packed itself. */
const packedInPython = Symbol("packed in Python");

/** Of an image that has a service's code alone: its models are made where these packages are. */
export interface PythonImage {
  readonly requirements: readonly string[];
  /** Python's version. Default: that of the interpreter here. */
  readonly python?: string;
}

interface Runtime {
  readonly image: PythonImage | undefined;
  /** Opened when it is first asked for. */
  host(): PythonHost;
}

/** Not a member: an API may have any name. */
const runtimes = new WeakMap<ModelService, Runtime>();

/**
 * The class of a service that a Python process has described: its methods run there. To the server it is as any other.
 *
 * @param open Called for each instance that is started or saved.
 */
export function pythonServiceClass(
  { name, apis, models }: PythonDescription,
  open: () => PythonHost,
  image?: PythonImage,
): ServiceClass {
  class Service extends ModelService {
    constructor() {
      super();
      let host: PythonHost | undefined;
      runtimes.set(this, {
        image,
        host: () => {
          host ??= open();
          return host;
        },
      });
      for (const { name, isPacked } of models) setModel(this, name.split("."), isPacked ? packedInPython : unset);
    }

    override async onStartup(): Promise<void> {
      await runtimes.get(this)?.host().start(modelFiles(this));
    }

    override async onShutdown(): Promise<void> {
      await runtimes.get(this)?.host().stop();
    }

    override isReady(): boolean {
      return runtimes.get(this)?.host().isUp === true;
    }
  }
  Object.defineProperty(Service, "name", { value: name });
  for (const api of apis) Object.defineProperty(Service.prototype, api.name, { value: methodOf(api) });
  return Service;
}

export function isPythonService(service: ModelService): boolean {
  return runtimes.has(service);
}

/** What a service in Python has in an image of its code alone; `undefined` where nobody names it. */
export function pythonImage(service: ModelService): PythonImage | undefined {
  return runtimes.get(service)?.image;
}

/**
 * Writes the models that a Python service has packed itself; tells what the service needs. It is done then.
 *
 * @param codeOnly Whether its models are left out: what it needs is then what its environment names, if it names any.
 * @throws ModelError
 */
export async function savePythonService(
  service: ModelService,
  folder: string,
  codeOnly: boolean,
): Promise<PythonSaved> {
  const runtime = runtimes.get(service);
  if (runtime === undefined) throw new TypeError(`${service.constructor.name} is no service in Python.`);
  const host = runtime.host();
  if (codeOnly) return { ...(await host.save(undefined, folder)), ...runtime.image };
  const models = modelFiles(service);
  const saved = await host.save(models, folder);
  return {
    ...saved,
    models: [...saved.models, ...Object.entries(models).map(([name, model]) => ({ name, ...model }))],
  };
}

function methodOf({ name, input, output, options }: PythonApi): object {
  function method(this: ModelService, value: unknown, { signal }: ApiContext): unknown {
    return runtimes.get(this)?.host().call(name, value, signal);
  }
  markApi(method, name, {
    ...(options as Partial<ApiOptions<z.ZodType, z.ZodType>>),
    input: schemaOf(input),
    output: schemaOf(output),
  });
  return method;
}

function schemaOf({ types, schema }: BodyDescription): z.ZodType {
  const [usual] = types;
  if (isBinary(types)) return file(...types);
  const checks = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  if (types.includes(arrowStream)) {
    const columns = columnsOf((schema.items ?? true) as Parameters<typeof columnsOf>[0]);
    return withJsonSchema(
      withMedia(
        checks,
        tableMedia(types, () => columns),
      ),
      schema,
    );
  }
  return withJsonSchema(usual === "text/plain" ? text(checks as z.ZodType<string, string>) : checks, schema);
}

/** A model's path leads through services that are parts; here they only hold models. */
function setModel(service: ModelService, path: readonly string[], value: unknown): void {
  const [field = "", ...rest] = path;
  const fields = service as unknown as Record<string, unknown>;
  if (rest.length === 0) fields[field] = value;
  else {
    fields[field] ??= new Part();
    setModel(fields[field] as ModelService, rest, value);
  }
}

class Part extends ModelService {}

function modelFiles(service: ModelService): Record<string, PythonModelFile> {
  const given = [...modelsOf(service)].filter(([, value]) => value !== packedInPython);
  return Object.fromEntries(given) as Record<string, PythonModelFile>;
}
