import { type AnyNode, type Class, type MethodDefinition, parse } from "acorn";
import type { Location } from "../../errors.ts";
import type { FlowClass } from "../spec/flow-spec.ts";
import { chainOf, type DeclaredStep } from "../spec/steps-of.ts";
import { methodsOf } from "./classes.ts";
import { readModule, type SourceModule } from "./module.ts";
import type { FunctionNode } from "./nodes.ts";
import type { Origin } from "./origin.ts";

/** A method or accessor of a flow. */
export interface Member {
  readonly name: string;
  readonly isStep: boolean;
  readonly isGetter: boolean;
  readonly declaredIn: FlowClass;
  /** Absent where it cannot be read: a bound or native function. */
  readonly source?: MemberSource;
}

export interface MemberSource {
  readonly node: FunctionNode;
  readonly code: string;
  /** Where it is declared; absent where no file is known, and the source is that of the function itself. */
  readonly origin?: Origin;
  at(node: AnyNode): Location | undefined;
  /** The text of a file that the user wrote, types included; absent with `origin`. */
  readonly text?: (path: string) => string;
}

/** A class of the inheritance chain in its file. */
export interface ClassSource {
  readonly module: SourceModule;
  readonly node: Class;
  readonly methods: ReadonlyMap<string, readonly MethodDefinition[]>;
}

/** The methods of a flow and of the classes that it extends, FlowSpec left out, with their sources. */
export class Members {
  readonly #steps: ReadonlyMap<string, DeclaredStep>;
  /** The flow first. */
  readonly #chain: readonly FlowClass[];
  readonly #files: readonly string[];
  readonly #classes = new Map<FlowClass, ClassSource | undefined>();
  readonly #members = new Map<FlowClass, Map<string, Member>>();

  constructor(flow: FlowClass, steps: ReadonlyMap<string, DeclaredStep>) {
    this.#steps = steps;
    this.#chain = chainOf(flow).toReversed();
    this.#files = [
      ...new Set(
        [...steps.values()].flatMap(({ callers }) =>
          callers()
            .slice(0, 2)
            .map(({ file }) => file),
        ),
      ),
    ];
  }

  /** What `this.name` is or, with `above`, what `super.name` is in a method of that class. */
  find(name: string, above?: FlowClass): Member | undefined {
    const chain = above === undefined ? this.#chain : this.#chain.slice(this.#chain.indexOf(above) + 1);
    for (const flow of chain) {
      const member = this.#own(flow).get(name);
      if (member !== undefined) return member;
    }
    return undefined;
  }

  /** The members that are no steps, and the steps that another class overrides. */
  *helpers(): Iterable<Member> {
    for (const flow of this.#chain) for (const member of this.#own(flow).values()) if (!member.isStep) yield member;
  }

  /** Whether the name is FlowSpec's own, as `next` is. */
  isBuiltIn(name: string): boolean {
    const base = this.#chain.at(-1);
    return base !== undefined && name in Object.getPrototypeOf(base.prototype);
  }

  /** The file of a class is that of its steps; a class without steps is looked for where the others are. */
  classOf(flow: FlowClass): ClassSource | undefined {
    if (!this.#classes.has(flow)) this.#classes.set(flow, this.#locate(flow));
    return this.#classes.get(flow);
  }

  #locate(flow: FlowClass): ClassSource | undefined {
    const names = Object.getOwnPropertyNames(flow.prototype).filter((name) => name !== "constructor");
    const own = [...this.#steps.values()].find(({ declaredIn }) => declaredIn === flow);
    const files = new Set([
      ...(own
        ?.callers()
        .slice(0, 3)
        .map(({ file }) => file) ?? []),
      ...this.#files,
    ]);
    for (const file of files) {
      const module = readModule(file);
      const found = (module?.classes.get(flow.name) ?? [])
        .map((node) => ({ node, methods: methodsOf(node) }))
        .filter(({ methods }) => names.every((name) => methods.has(name)));
      const [only] = found;
      if (module !== undefined && only !== undefined && found.length === 1) return { module, ...only };
    }
    return undefined;
  }

  #own(flow: FlowClass): Map<string, Member> {
    const known = this.#members.get(flow);
    if (known !== undefined) return known;
    const members = new Map<string, Member>();
    this.#members.set(flow, members);
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(flow.prototype))) {
      const value: unknown = descriptor.get ?? descriptor.value;
      if (name === "constructor" || typeof value !== "function") continue;
      const isGetter = descriptor.get !== undefined;
      const source = this.#inFile(flow, name, isGetter ? "get" : "method") ?? ownSource(value);
      const isStep = this.#steps.has(name);
      members.set(name, { name, isStep, isGetter, declaredIn: flow, ...(source !== undefined && { source }) });
    }
    return members;
  }

  #inFile(flow: FlowClass, name: string, kind: MethodDefinition["kind"]): MemberSource | undefined {
    const found = this.classOf(flow);
    const method = found?.methods.get(name)?.findLast((method) => method.kind === kind);
    if (found === undefined || method === undefined) return undefined;
    const { module } = found;
    const at = ({ start }: AnyNode) => {
      const { file, line } = module.origin(start);
      return { file, line };
    };
    return { node: method.value, code: module.code, origin: module.origin(method.key.start), at, text: module.text };
  }
}

/** What the function itself says that it is. */
function ownSource(value: object): MemberSource | undefined {
  const text = Function.prototype.toString.call(value);
  for (const code of [`(class extends Object { ${text} })`, `(${text})`]) {
    try {
      const [statement] = parse(code, { ecmaVersion: "latest" }).body;
      const expression = statement?.type === "ExpressionStatement" ? statement.expression : undefined;
      const [method] = expression?.type === "ClassExpression" ? expression.body.body : [];
      const node = method?.type === "MethodDefinition" ? method.value : expression;
      if (node?.type === "FunctionExpression" || node?.type === "ArrowFunctionExpression") {
        return { node, code, at: () => undefined };
      }
    } catch {
      // No method: perhaps a function that another decorator put in its place.
    }
  }
  return undefined;
}
