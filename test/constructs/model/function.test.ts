import { hash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Duration, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { HttpApi, type IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import { describe, expect, test } from "vitest";
import { FlowEnvironment, ModelFunction, type ModelFunctionProps } from "../../../constructs/index.ts";
import { normalized } from "../support.ts";
import { file, useBundle } from "./support.ts";

const bundle = useBundle();

type Props = Omit<ModelFunctionProps, "source">;

function deployable(props: Props | ((stack: Stack) => Props) = {}, source = bundle()) {
  const stack = new Stack(new App(), "Stack");
  const made = new ModelFunction(stack, "Thirds", { ...(typeof props === "function" ? props(stack) : props), source });
  made.grantInvoke(new Role(stack, "Asker", { assumedBy: new AccountRootPrincipal() }));
  return { stack, made, template: Template.fromStack(stack) };
}

test("the whole template of a service on Lambda", async () => {
  const { template, made, stack } = deployable();
  await expect(JSON.stringify(normalized(template), undefined, 2)).toMatchFileSnapshot("function.template.json");
  expect(stack.resolve(made.url)).toEqual({
    "Fn::GetAtt": [expect.stringMatching(/^ThirdsFunctionUrl/), "FunctionUrl"],
  });
});

test("memory, time-out, variables, tracing and the address are as they are said", () => {
  const url = { authType: FunctionUrlAuthType.NONE, cors: { allowedOrigins: ["https://example.com"] } };
  const { template } = deployable({
    memorySize: 2048,
    timeout: Duration.minutes(2),
    variables: { LEVEL: "2" },
    tracing: false,
    url,
  });
  template.hasResourceProperties("AWS::Lambda::Function", {
    MemorySize: 2048,
    Timeout: 120,
    Environment: { Variables: { LEVEL: "2" } },
  });
  expect(JSON.stringify(template.toJSON())).not.toContain("xray");
  template.hasResourceProperties("AWS::Lambda::Url", {
    AuthType: "NONE",
    Cors: { AllowOrigins: ["https://example.com"] },
  });
});

test("an environment's prefix and key go through everything", () => {
  const { template } = deployable((stack) => ({
    environment: new FlowEnvironment(stack, "Environment", {
      namePrefix: "acme-",
      encryptionKey: new Key(stack, "Key"),
    }),
  }));
  template.hasResourceProperties("AWS::Lambda::Function", {
    Description: "The service Thirds",
    Handler: "lambda.handler",
  });
  for (const { Properties } of Object.values(template.findResources("AWS::Lambda::Function"))) {
    expect(Properties).toMatchObject({ FunctionName: expect.stringMatching(/^acme-/), KmsKeyArn: expect.anything() });
  }
});

describe("behind an API", () => {
  test("a service has the API's routes and authorizer, and no address of its own", () => {
    const { template, made, stack } = deployable((stack) => ({
      httpApi: new HttpApi(stack, "Api", { defaultAuthorizer: new HttpIamAuthorizer() }) as IHttpApi,
    }));
    const routes = Object.values(template.findResources("AWS::ApiGatewayV2::Route")).map(
      ({ Properties }) => Properties,
    );
    expect(routes.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]).sort()).toEqual([
      ["ANY /", "AWS_IAM"],
      ["ANY /{proxy+}", "AWS_IAM"],
    ]);
    template.resourceCountIs("AWS::Lambda::Url", 0);
    template.hasResourceProperties("AWS::ApiGatewayV2::Integration", { PayloadFormatVersion: "2.0" });
    expect(stack.resolve(made.url)).toEqual({
      "Fn::Join": ["", [{ "Fn::GetAtt": [expect.any(String), "ApiEndpoint"] }, "/"]],
    });
  });

  test("a service may be below a path", () => {
    const { template, made, stack } = deployable((stack) => ({
      httpApi: new HttpApi(stack, "Api") as IHttpApi,
      path: "/thirds/",
    }));
    const routes = Object.values(template.findResources("AWS::ApiGatewayV2::Route"));
    expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual(["ANY /thirds/{proxy+}"]);
    expect(JSON.stringify(stack.resolve(made.url))).toContain('"/thirds/"');
  });
});

describe("what Lambda can't run is an error at synthesis:", () => {
  const refusal = (props: Props | ((stack: Stack) => Props), source = bundle()) => {
    try {
      deployable(props, source);
    } catch (error) {
      const { message, fix } = error as { message: string; fix: string };
      return `${message} ${fix}`;
    }
    throw new Error("it is synthesized");
  };

  test("two addresses, a path without an API, a path that is none", () => {
    const httpApi = (stack: Stack) => new HttpApi(stack, "Api") as IHttpApi;
    expect(refusal((stack) => ({ url: {}, httpApi: httpApi(stack) }))).toBe(
      "Both url and httpApi are given: a service has one address. Leave one of them out.",
    );
    expect(refusal({ path: "/a" })).toBe("path is given, and there is no httpApi. Give the API, or leave path out.");
    expect(refusal((stack) => ({ path: "a", httpApi: httpApi(stack) }))).toBe(
      '"a" is no path of an API. Write "/iris".',
    );
  });

  test("a service without its models", () => {
    expect(refusal({}, file)).toMatch(
      /^Thirds has no value for divider.divisor, offsets, and is served as it is deployed./,
    );
  });

  test("a bundle that needs packages", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "millrace-native-"));
    try {
      const native = join(scratch, "native");
      await cp(bundle(), native, { recursive: true });
      const read = async (name: string) => JSON.parse(await readFile(join(native, name), "utf8"));
      const changed = JSON.stringify({
        ...(await read("package.json")),
        dependencies: { "onnxruntime-node": "1.20.0" },
      });
      await writeFile(join(native, "package.json"), changed);
      const manifest = await read("millrace-bundle.json");
      manifest.files["package.json"] = { sha256: hash("sha256", changed), size: changed.length };
      await writeFile(join(native, "millrace-bundle.json"), JSON.stringify(manifest));
      expect(refusal({}, native)).toBe(
        "The bundle of Thirds needs packages that are installed where it runs: onnxruntime-node. Serve it with a ModelEndpoint, whose image has what it needs.",
      );
    } finally {
      await rm(scratch, { recursive: true });
    }
  });
});
