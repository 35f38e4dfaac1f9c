import { Command, CommanderError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { exitCode, printError, UsageError } from "./terminal/errors.ts";
import { watchOutput } from "./terminal/output.ts";

const program = new Command("millrace")
  .description("Typed ML flows: here in milliseconds, on AWS as Step Functions state machines.")
  .version(packageJson.version)
  .configureHelp({ sortSubcommands: false })
  // Else an option of a command that is called as one of the program, --version, would be the program's.
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ outputError: () => {} });

/** A command's options are read here; what it does is imported when it is called. */
function command(usage: string, description: string): Command {
  return program.command(usage).description(description).option("--json", "print JSON instead of text");
}

/** Of an option that may be repeated. */
const all = (value: string, values: readonly string[] = []) => [...values, value];

const storeFolder = ["--store <folder>", "the store; default $MILLRACE_STORE or .millrace"] as const;
const storeOrAws = [storeFolder[0], `${storeFolder[1]}; aws: of the deployed flows`] as const;

command("run", "run a flow on this machine")
  .usage("FILE [--PARAMETER VALUE]... [options] [-- --PARAMETER VALUE...]")
  .argument("[file]", "the flow: flow.ts, flow.ts#Class or flow.yaml")
  .option("--max-workers <n>", "tasks at a time; default the number of cores")
  .option("--tag <tag>", "tag the run; may be repeated", all)
  .option("--run-id-file <file>", "write the run's id to this file as soon as the run begins")
  .option(...storeFolder)
  .allowUnknownOption()
  .allowExcessArguments()
  .helpOption(false)
  .action(async (_file, options, self: Command) => (await import("./commands/run.ts")).run(self, options));

command("check <file>", "check a flow's graph without running it").action(async (file, options) =>
  (await import("./commands/check.ts")).check(file, options),
);

command("show <file>", "a flow's steps, parameters and documentation").action(async (file, options) =>
  (await import("./commands/show.ts")).show(file, options),
);

command("graph <file>", "a flow as a picture, a document or a state machine")
  .option("--format <format>", "mermaid, dot, json (the FlowDefinition) or asl (the state machine)", "mermaid")
  .action(async (file, options) => (await import("./commands/graph.ts")).graph(file, options));

command("list [flow]", "flows, or the runs of a flow, newest first")
  .option("--limit <n>", "runs at the most", "20")
  .option("--tag <tag>", "only runs with this tag")
  .option(...storeOrAws)
  .action(async (flow, options) => (await import("./commands/list.ts")).list(flow, options));

command("logs <pathspec>", "the console lines of Flow/run, Flow/run/step or Flow/run/step/task")
  .option("--attempt <n>", "of this attempt; default the last")
  .option(...storeOrAws)
  .action(async (pathspec, options) => (await import("./commands/logs.ts")).logs(pathspec, options));

command("dump <pathspec>", "the artifacts of Flow/run, Flow/run/step or Flow/run/step/task")
  .option("--artifact <name>", "only this artifact")
  .option(...storeOrAws)
  .action(async (pathspec, options) => (await import("./commands/dump.ts")).dump(pathspec, options));

const models = program.command("models").description("versions of models, and the aliases that point to them");

/** A command of `models`. */
function modelsCommand(usage: string, description: string): Command {
  const added = models.command(usage).description(description).option("--json", "print JSON instead of text");
  return added.option(...storeOrAws);
}

modelsCommand("list [name]", "models with their newest version, or the versions of a model, newest first")
  .option("--limit <n>", "versions at the most", "20")
  .action(async (name, options) => (await import("./commands/models.ts")).list(name, options));

modelsCommand("get <model>", "what is on record of iris, iris:VERSION or iris:ALIAS").action(async (model, options) =>
  (await import("./commands/models.ts")).get(model, options),
);

modelsCommand("export <model> <file>", "write a version with its record as one file").action(
  async (model, file, options) => (await import("./commands/models.ts")).exportTo(model, file, options),
);

modelsCommand("import <file>", "put an exported version into the store").action(async (file, options) =>
  (await import("./commands/models.ts")).importFrom(file, options),
);

modelsCommand("delete <model>", "delete a version that no alias points to").action(async (model, options) =>
  (await import("./commands/models.ts")).remove(model, options),
);

modelsCommand("alias <alias> [model]", "let iris:production point to a version of iris")
  .option("--delete", "remove the alias")
  .action(async (alias, model, options) => (await import("./commands/models.ts")).alias(alias, model, options));

command(
  "deployments [endpoint]",
  "endpoints with their latest deployment, or the deployments of an endpoint, newest first",
)
  .option("--limit <n>", "deployments at the most", "20")
  .option(...storeOrAws)
  .action(async (endpoint, options) => (await import("./commands/deployments.ts")).deployments(endpoint, options));

/** A command that loads a service's file. */
function packing(command: Command): Command {
  return command
    .option("--model <field=model>", "pack a model of the store: model=iris:production; may be repeated", all)
    .option(...storeOrAws);
}

packing(command("serve <target>", "serve a model service: service.ts, service.ts#Class or the folder of a bundle"))
  .option("--host <address>", "listen on this address", "127.0.0.1")
  .option("--port <n>", "listen on this port; 0 takes any", "3000")
  .option("--workers <n>", "processes that share the port", "1")
  .option("--log-level <level>", "debug, info, warn, error or silent", "info")
  .option("--reload", "start again when a file of the service changes")
  .action(async (target, options) => (await import("./commands/serve.ts")).serve(target, options));

packing(command("bundle <file>", "write a model service with its models as a folder that runs anywhere"))
  .option("--output <folder>", "default the service's name")
  .option("--version <version>", "such as 1.2.0; default a hash of the content")
  .addOption(new Option("--model-files <file>", "what save() in Python has written").hideHelp())
  .action(async (file, options) => (await import("./commands/bundle.ts")).bundle(file, options));

command("containerize <folder>", "build a bundle's image with docker or podman, here or on another machine")
  .option("--tag <name>", "the image's; default the bundle's name and version; may be repeated", all)
  .option("--platform <platform>", "linux/amd64 or linux/arm64, say; default the builder's own")
  .option("--builder <name>", "a builder of docker buildx, which may be remote; default $BUILDX_BUILDER")
  .option("--push", "push it to the registry that --tag names")
  .option("--build-arg <name=value>", "of the Dockerfile: NODE_IMAGE, PYTHON_IMAGE; may be repeated", all)
  .action(async (folder, options) => (await import("./commands/containerize.ts")).containerize(folder, options));

/** Carries out the command that this process was called with. */
export async function main(): Promise<void> {
  watchOutput();
  const options = process.argv.slice(2);
  const json = options.slice(0, options.includes("--") ? options.indexOf("--") : undefined).includes("--json");
  try {
    const [name = "--help"] = options;
    const isUnknown =
      !name.startsWith("-") && ![...program.commands.map((known) => known.name()), "help"].includes(name);
    // Commander would answer --help behind it with the help of the whole program.
    await program.parseAsync(isUnknown ? [name] : options, { from: "user" });
  } catch (error) {
    const failure = error instanceof CommanderError ? usage(error) : error;
    if (failure !== undefined) {
      printError(failure, json);
      process.exitCode = exitCode(failure);
    }
  }
}

/** Nothing where commander has answered a call for help. */
function usage(error: CommanderError): UsageError | undefined {
  if (error.exitCode === 0) return undefined;
  if (error.code === "commander.help") {
    process.exitCode = 2;
    return undefined;
  }
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\.?\n\((.*)\)$/, " ($1)")
    .replace(/\.$/, "");
  return new UsageError(
    `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    "`millrace --help` and `millrace COMMAND --help` tell what there is.",
  );
}
