import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Duration, RemovalPolicy, Resource } from "aws-cdk-lib";
import { HttpMethod, HttpRoute, HttpRouteKey, type IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { type Grant, type IGrantable, type IPrincipal, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Code,
  type FunctionUrl,
  FunctionUrlAuthType,
  type FunctionUrlOptions,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { DeployError } from "../errors.ts";
import { applyConventions, type IFlowEnvironment } from "../flow-environment.ts";
import { createLogGroup } from "../log-group.ts";
import { logStatement } from "../permissions.ts";
import { given } from "../props.ts";
import { acknowledgeWildcards } from "../wildcards.ts";
import { assertPacked } from "./packed.ts";
import type { ServiceBundle } from "./request.ts";
import { assertProps, bundleOf, type ModelSource } from "./source.ts";

export interface ModelFunctionProps {
  readonly source: ModelSource;
  /** Whose key, prefix, permissions boundary and removal policy are used. Default: none of them; logs are retained. */
  readonly environment?: IFlowEnvironment;
  /** In MiB, 128 to 10,240; the processor's share goes with it. Default: 1,024. */
  readonly memorySize?: number;
  /** For one request. Default: 30 seconds. */
  readonly timeout?: Duration;
  /** Environment variables. Not for secrets: whoever may describe the function reads them. Default: none. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether requests are traced with X-Ray. Default: true. */
  readonly tracing?: boolean;
  /** The function's own address: who may use it (`authType`), from which pages (`cors`). Default: whoever may by IAM, unless there is an `httpApi`. */
  readonly url?: FunctionUrlOptions;
  /** An API in front of the service, instead of an address of its own. Its default authorizer holds. Default: none. */
  readonly httpApi?: IHttpApi;
  /** Where in `httpApi` the service is: `/iris` lets `/iris/predict` be its API `predict`. Default: `/`. */
  readonly path?: string;
}

/**
 * A service on Lambda: its bundle, without an image. For models that load fast, and requests that come now and then; nothing costs between them.
 *
 * @example
 * ```ts
 * const iris = new ModelFunction(stack, "Iris", {
 *   source: { service: "service.ts", models: { model: "iris:production" } },
 * });
 * iris.grantInvoke(webServer);
 * new CfnOutput(stack, "Url", { value: iris.url });
 * ```
 */
export class ModelFunction extends Resource implements IGrantable {
  readonly function: IFunction;
  /** The console lines. */
  readonly logGroup: ILogGroup;
  /** Ends in a slash: behind it comes an API's name. */
  readonly url: string;
  readonly #functionUrl?: FunctionUrl;

  /** @throws MillraceError where the service or its models are not right, or Lambda can't run the bundle. */
  constructor(scope: Construct, id: string, props: ModelFunctionProps) {
    super(scope, id);
    assertProps(this, props);
    const { environment, httpApi, path = "/" } = props;
    checkAddress(props);
    const bundle = bundleOf(this, props.source);
    assertRunnable(bundle);
    this.logGroup = createLogGroup(this, "Logs", environment ?? { removalPolicy: RemovalPolicy.RETAIN });
    this.function = this.#createFunction(bundle, props);
    if (httpApi) {
      const below = path.replace(/\/$/, "");
      this.#addRoutes(httpApi, below);
      this.url = `${httpApi.apiEndpoint}${below}/`;
    } else {
      this.#functionUrl = this.function.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM, ...props.url });
      this.url = this.#functionUrl.url;
    }
    if (environment) applyConventions(this, environment);
  }

  get grantPrincipal(): IPrincipal {
    return this.function.grantPrincipal;
  }

  /** To invoke the function, and to use its address. */
  grantInvoke(grantee: IGrantable): Grant {
    const grant = this.function.grantInvoke(grantee);
    return this.#functionUrl ? grant.combine(this.#functionUrl.grantInvokeUrl(grantee)) : grant;
  }

  #createFunction({ folder, manifest }: ServiceBundle, props: ModelFunctionProps): IFunction {
    const { environment, variables, timeout = Duration.seconds(30), memorySize = 1024, tracing = true } = props;
    const role = new Role(this, "Role", {
      description: `Runs the service ${manifest.service}`,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    role.addToPrincipalPolicy(logStatement(this.logGroup));
    acknowledgeWildcards(role, {});
    return new LambdaFunction(this, "Resource", {
      description: `The service ${manifest.service}`,
      runtime: Runtime.NODEJS_24_X,
      code: Code.fromAsset(folder),
      handler: "lambda.handler",
      memorySize,
      timeout,
      role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...given({ environment: variables, environmentEncryption: environment?.encryptionKey }),
    });
  }

  #addRoutes(httpApi: IHttpApi, path: string): void {
    const integration = new HttpLambdaIntegration("Integration", this.function);
    const { defaultAuthorizer: authorizer } = httpApi;
    const routes = { Routes: `${path}/{proxy+}`, ...(path === "" && { Root: "/" }) };
    for (const [id, route] of Object.entries(routes)) {
      const routeKey = HttpRouteKey.with(route, HttpMethod.ANY);
      new HttpRoute(this, id, { httpApi, integration, routeKey, ...given({ authorizer }) });
    }
  }
}

function checkAddress({ url, httpApi, path }: ModelFunctionProps): void {
  if (httpApi && url) {
    throw new DeployError("Both url and httpApi are given: a service has one address.", "Leave one of them out.");
  }
  if (path === undefined) return;
  if (!httpApi) throw new DeployError("path is given, and there is no httpApi.", "Give the API, or leave path out.");
  if (!/^\/[\w./-]*$/.test(path)) {
    throw new DeployError(`${JSON.stringify(path)} is no path of an API.`, 'Write "/iris".');
  }
}

/** What an unzipped package may have. */
const most = 250 * 2 ** 20;

/** @throws DeployError where the bundle needs more than Node, lacks models or is too large. */
function assertRunnable({ folder, manifest }: ServiceBundle): void {
  assertPacked(manifest);
  const { service, files } = manifest;
  const elsewhere = "Serve it with a ModelEndpoint, whose image has what it needs.";
  const size = Object.values(files).reduce((sum, file) => sum + file.size, 0);
  if (size > most) {
    const megabytes = Math.ceil(size / 2 ** 20);
    throw new DeployError(`The bundle of ${service} has ${megabytes} MiB, and Lambda takes 250 MiB.`, elsewhere);
  }
  // Of a stack that is not to be deployed there is no bundle.
  if (Object.keys(files).length === 0) return;
  if (!("lambda.mjs" in files)) {
    throw new DeployError(`The bundle of ${service} has no lambda.mjs: it needs more than Node.`, elsewhere);
  }
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const packages = Object.keys(dependencies);
  if (packages.length > 0) {
    throw new DeployError(
      `The bundle of ${service} needs packages that are installed where it runs: ${packages.join(", ")}.`,
      elsewhere,
    );
  }
}
