import type { Location } from "../../errors.ts";
import { type Problem, parameterWrite } from "../check/problem.ts";
import type { FlowDefinition, StepDefinition } from "../definition.ts";
import type { FlowClass } from "../spec/flow-spec.ts";
import type { DeclaredStep } from "../spec/steps-of.ts";
import { AccessReader } from "./artifacts.ts";
import { declaredInputs, docComments } from "./declared.ts";
import { readInputs } from "./inputs.ts";
import { type Member, Members } from "./members.ts";
import { type Finding, findStepCalls, findTransitions, strayTransitions } from "./transitions.ts";

/** What the source tells of a step. */
export type StepSource = Pick<
  StepDefinition,
  "transitions" | "inputs" | "reads" | "inputReads" | "writes" | "doc" | "file" | "line"
>;

/** What the source tells of a flow. */
export interface FlowSource {
  readonly doc?: string;
  readonly at?: Location;
  readonly steps: ReadonlyMap<string, StepSource>;
  readonly problems: readonly Problem[];
}

/**
 * Reads the steps of a flow from its source: edges, lines, documentation, and the artifacts that each step reads and writes. No step runs.
 * Every class of the inheritance chain is read in its own file; where that is not to be found, a method is its own source.
 */
export function readSource(
  flow: FlowClass,
  steps: ReadonlyMap<string, DeclaredStep>,
  fields: Pick<FlowDefinition, "artifacts" | "parameters">,
): FlowSource {
  return new SourceReader(flow, steps, fields).read();
}

class SourceReader {
  readonly #flow: FlowClass;
  readonly #steps: ReadonlyMap<string, DeclaredStep>;
  readonly #names: ReadonlySet<string>;
  readonly #artifacts: ReadonlySet<string>;
  readonly #parameters: ReadonlySet<string>;
  readonly #members: Members;
  readonly #accesses: AccessReader;
  readonly #docs = new Map<string, Map<string, string>>();
  readonly #problems: Problem[] = [];

  constructor(
    flow: FlowClass,
    steps: ReadonlyMap<string, DeclaredStep>,
    fields: Pick<FlowDefinition, "artifacts" | "parameters">,
  ) {
    this.#flow = flow;
    this.#steps = steps;
    this.#names = new Set(steps.keys());
    this.#artifacts = new Set(fields.artifacts);
    this.#parameters = new Set(Object.keys(fields.parameters));
    this.#members = new Members(flow, steps);
    this.#accesses = new AccessReader(this.#members);
  }

  read(): FlowSource {
    const found = [...this.#steps.keys()].flatMap((name) => {
      const member = this.#members.find(name);
      return member === undefined ? [] : [{ member, transitions: this.#transitions(member) }];
    });
    this.#checkHelpers();
    const bodies = new Set(
      found.flatMap(({ transitions }) => transitions.flatMap((t) => (t.kind === "foreach" ? [t.body] : []))),
    );
    const steps = found.map(
      ({ member, transitions }) => [member.name, this.#step(member, transitions, bodies.has(member.name))] as const,
    );
    return { ...this.#ofClass(), steps: new Map(steps), problems: this.#problems };
  }

  /** With those that `return super.step()` takes over. */
  #transitions(member: Member): StepSource["transitions"] {
    const { name, source, declaredIn } = member;
    if (source === undefined) {
      this.#problems.push({
        code: "NO_SOURCE",
        message: `The source of ${name} cannot be read.`,
        fix: "Let the step be a plain method, neither bound nor made by another decorator.",
      });
      return [];
    }
    const { transitions, inherits, findings } = findTransitions(name, source, this.#names, !this.#isDeclared(name));
    this.#report(member, findings);
    const base = inherits ? this.#members.find(name, declaredIn) : undefined;
    return base === undefined ? transitions : [...transitions, ...this.#transitions(base)];
  }

  /** Whether the step's body is elsewhere, so that its method only declares where it goes. */
  #isDeclared(name: string): boolean {
    return this.#steps.get(name)?.settings.body !== undefined;
  }

  #checkHelpers(): void {
    for (const member of this.#members.helpers()) {
      if (member.source === undefined) continue;
      const { node } = member.source;
      this.#report(member, [
        ...strayTransitions(member.name, node, new Set()),
        ...findStepCalls(member.name, node, this.#names),
      ]);
    }
  }

  #step(member: Member, transitions: StepSource["transitions"], isBody: boolean): StepSource {
    const { name, source } = member;
    const { reads, writes, assignments } = this.#accesses.of(member);
    for (const { name: field, at } of assignments) {
      if (this.#parameters.has(field)) this.#problems.push({ ...parameterWrite(name, field), ...(at && { at }) });
    }
    const inputs = isBody ? undefined : this.#inputs(member);
    const doc = this.#doc(member);
    return {
      transitions,
      reads: reads === "all" ? "all" : this.#fields(reads),
      writes: [...writes].filter((field) => this.#artifacts.has(field)),
      ...(inputs !== undefined && { inputs, inputReads: this.#inputReads(member) }),
      ...(doc !== undefined && { doc }),
      ...(source?.origin !== undefined && { file: source.origin.file, line: source.origin.line }),
    };
  }

  /** Reads of a parameter are none of an artifact; a name that is neither is left for the graph check to refuse. */
  #fields(names: Iterable<string>): string[] {
    return [...names].filter((name) => !this.#parameters.has(name));
  }

  #inputs({ name, source }: Member): StepSource["inputs"] {
    if (source === undefined || source.node.params.length === 0) return undefined;
    const { origin, text } = source;
    return (origin && text && declaredInputs(text(origin.path), origin.line, name)) ?? true;
  }

  #inputReads({ source }: Member): "all" | string[] {
    const reads = source === undefined ? "all" : readInputs(source.node);
    return reads === "all" ? "all" : [...reads].filter((name) => this.#artifacts.has(name));
  }

  #doc({ name, source }: Member): string | undefined {
    return (
      source?.origin &&
      source.text &&
      this.#docsOf(source.origin.path, source.text).get(`${name}:${source.origin.line}`)
    );
  }

  #ofClass(): Pick<FlowSource, "doc" | "at"> {
    const found = this.#members.classOf(this.#flow);
    if (found === undefined) return {};
    const { path, file, line } = found.module.origin(found.node.start);
    const docs = this.#docsOf(path, found.module.text);
    const doc = docs.get(`${this.#flow.name}:${line}`) ?? docs.get(`class:${line}`);
    return { ...(doc !== undefined && { doc }), at: { file, line } };
  }

  #docsOf(path: string, text: (path: string) => string): Map<string, string> {
    const docs = this.#docs.get(path) ?? docComments(text(path));
    this.#docs.set(path, docs);
    return docs;
  }

  #report({ source }: Member, findings: readonly Finding[]): void {
    for (const { code, message, fix, node } of findings) {
      const at = source?.at(node);
      this.#problems.push({ code, message, fix, ...(at !== undefined && { at }) });
    }
  }
}
