import type { AnyNode, CallExpression, ForOfStatement, MemberExpression } from "acorn";
import { eachChild, type FunctionNode, isFunction, memberName, pickedNames } from "./nodes.ts";

/** What a name or an expression stands for: all inputs of the join, or one of them. */
type Kind = "inputs" | "input";
type Scope = ReadonlyMap<string, Kind | undefined>;

/** Methods of the inputs by what they give; a function that they take gets an input as its first argument. */
const givesInputs: ReadonlySet<string> = new Set(["filter", "slice", "toSorted", "toReversed", "values"]);
const givesInput: ReadonlySet<string> = new Set(["find", "findLast", "at"]);
const givesOther: ReadonlySet<string> = new Set([
  "map",
  "flatMap",
  "forEach",
  "some",
  "every",
  "findIndex",
  "findLastIndex",
]);

const reduces: ReadonlySet<string> = new Set(["reduce", "reduceRight"]);
const takesNumbers: ReadonlySet<string> = new Set(["slice", "at"]);

/** The artifacts that a join reads of its inputs; `"all"` where it gives them away. */
export function readInputs(node: FunctionNode): ReadonlySet<string> | "all" {
  const [parameter] = node.params;
  if (parameter === undefined) return new Set();
  const reader = new InputsReader();
  const scope = reader.bind(parameter, "inputs", new Map());
  reader.visit(node.body, scope);
  return reader.all ? "all" : reader.reads;
}

class InputsReader {
  readonly reads = new Set<string>();
  all = false;

  /** Takes a pattern that a value of the kind is assigned to; gives the scope with its names. */
  bind(pattern: AnyNode, kind: Kind | undefined, scope: Scope): Scope {
    if (pattern.type === "Identifier") return new Map(scope).set(pattern.name, kind);
    if (pattern.type === "AssignmentPattern") {
      this.visit(pattern.right, scope);
      return this.bind(pattern.left, kind, scope);
    }
    let bound = scope;
    if (pattern.type === "ObjectPattern") {
      const names = pickedNames(pattern);
      if (kind !== undefined && names === undefined) this.all = true;
      if (kind === "input") for (const name of names ?? []) this.reads.add(name);
      const inner = kind === "inputs" ? "input" : undefined;
      for (const property of pattern.properties) {
        bound = this.bind(property.type === "Property" ? property.value : property.argument, inner, bound);
      }
    } else if (pattern.type === "ArrayPattern") {
      for (const element of pattern.elements) {
        if (element?.type === "RestElement") bound = this.bind(element.argument, kind, bound);
        else if (element) bound = this.bind(element, kind === "inputs" ? "input" : undefined, bound);
      }
    }
    return bound;
  }

  visit(node: AnyNode, scope: Scope): void {
    if (node.type === "BlockStatement") this.#block(node.body, scope);
    else if (node.type === "ForOfStatement") this.#forOf(node, scope);
    else if (isFunction(node)) this.#function(node, [], scope);
    else if (node.type === "CallExpression" && this.#call(node, scope)) return;
    else if (node.type === "MemberExpression") this.#member(node, scope);
    else if (node.type === "Property") {
      if (node.computed) this.visit(node.key, scope);
      this.visit(node.value, scope);
    } else if (this.#kindOf(node, scope) !== undefined) this.all = true;
    else eachChild(node, (child) => this.visit(child, scope));
  }

  #member(node: MemberExpression, scope: Scope): void {
    const kind = this.#kindOf(node.object, scope);
    const name = memberName(node);
    if (kind === "input") {
      if (name === undefined) this.all = true;
      else this.reads.add(name);
      this.#inside(node.object, scope);
      return;
    }
    // The number of the inputs tells nothing of them; any other member is one of them, and given away here.
    if (kind === "inputs" && name !== "length") this.all = true;
    if (kind === undefined) this.visit(node.object, scope);
    if (node.computed) this.visit(node.property, scope);
  }

  /** Declarations of `const first = inputs[0]` and the like add to the scope of the statements behind them. */
  #block(statements: readonly AnyNode[], outer: Scope): void {
    let scope = outer;
    for (const statement of statements) {
      if (statement.type !== "VariableDeclaration") {
        this.visit(statement, scope);
        continue;
      }
      for (const { id, init } of statement.declarations) {
        const kind = init && statement.kind === "const" ? this.#kindOf(init, scope) : undefined;
        if (init && kind === undefined) this.visit(init, scope);
        else if (init) this.#inside(init, scope);
        scope = this.bind(id, kind, scope);
      }
    }
  }

  #forOf(node: ForOfStatement, scope: Scope): void {
    const entries = entriesOf(node.right);
    const list = entries ?? node.right;
    const kind = this.#kindOf(list, scope);
    if (kind === undefined) this.visit(node.right, scope);
    else this.#inside(list, scope);
    const item = kind === "inputs" ? "input" : undefined;
    const target = node.left.type === "VariableDeclaration" ? node.left.declarations[0]?.id : undefined;
    let inner = scope;
    if (target === undefined || (entries !== undefined && target.type !== "ArrayPattern")) {
      if (item !== undefined) this.all = true;
    } else if (entries === undefined || target.type !== "ArrayPattern") {
      inner = this.bind(target, item, scope);
    } else {
      const [index, value] = target.elements;
      if (index) inner = this.bind(index, undefined, inner);
      if (value) inner = this.bind(value, item, inner);
    }
    this.visit(node.body, inner);
  }

  #function(node: FunctionNode, kinds: readonly (Kind | undefined)[], scope: Scope): void {
    let inner = scope;
    node.params.forEach((parameter, i) => {
      inner = this.bind(parameter, kinds[i], inner);
    });
    this.visit(node.body, inner);
  }

  /** A call that goes over the inputs: whether it was one. */
  #call(node: CallExpression, scope: Scope): boolean {
    const [first, mapper] = node.arguments;
    if (isArrayFrom(node) && first !== undefined && this.#kindOf(first, scope) === "inputs") {
      this.#inside(first, scope);
      if (mapper !== undefined) this.#callback(mapper, ["input"], scope);
      return true;
    }
    if (node.callee.type !== "MemberExpression" || this.#kindOf(node.callee.object, scope) !== "inputs") return false;
    const name = memberName(node.callee) ?? "";
    const isReduce = reduces.has(name) && mapper !== undefined;
    if (!givesInputs.has(name) && !givesInput.has(name) && !givesOther.has(name) && !isReduce) return false;
    // Nothing follows what becomes of the inputs that it gives.
    if (givesInput.has(name) || givesInputs.has(name)) this.all = true;
    this.#inside(node, scope);
    return true;
  }

  #callback(node: AnyNode, kinds: readonly (Kind | undefined)[], scope: Scope): void {
    if (isFunction(node)) this.#function(node, kinds, scope);
    else this.all = true;
  }

  /** What runs in an expression that stands for inputs: the functions and indices in it, not the inputs themselves. */
  #inside(node: AnyNode, scope: Scope): void {
    if (node.type === "ChainExpression") this.#inside(node.expression, scope);
    else if (node.type === "CallExpression" && node.callee.type === "MemberExpression" && !isArrayFrom(node)) {
      const name = memberName(node.callee) ?? "";
      const [first, ...rest] = node.arguments;
      this.#inside(node.callee.object, scope);
      if (first !== undefined && !takesNumbers.has(name)) this.#callback(first, argumentsOf(name), scope);
      else if (first !== undefined) this.visit(first, scope);
      for (const argument of rest) this.visit(argument, scope);
    } else if (node.type === "MemberExpression") {
      this.#inside(node.object, scope);
      if (node.computed) this.visit(node.property, scope);
    }
  }

  #kindOf(node: AnyNode, scope: Scope): Kind | undefined {
    switch (node.type) {
      case "Identifier":
        return scope.get(node.name);
      case "ChainExpression":
      case "ParenthesizedExpression":
        return this.#kindOf(node.expression, scope);
      case "ArrayExpression": {
        const [only, ...rest] = node.elements;
        return only?.type === "SpreadElement" && rest.length === 0 ? this.#listOf(only.argument, scope) : undefined;
      }
      case "MemberExpression":
        return this.#listOf(node.object, scope) !== undefined && memberName(node) !== "length" ? "input" : undefined;
      case "CallExpression": {
        if (isArrayFrom(node)) {
          const [first, ...rest] = node.arguments;
          return first !== undefined && rest.length === 0 ? this.#listOf(first, scope) : undefined;
        }
        if (node.callee.type !== "MemberExpression") return undefined;
        const name = memberName(node.callee) ?? "";
        if (this.#listOf(node.callee.object, scope) === undefined) return undefined;
        return givesInputs.has(name) ? "inputs" : givesInput.has(name) ? "input" : undefined;
      }
      default:
        return undefined;
    }
  }

  #listOf(node: AnyNode, scope: Scope): "inputs" | undefined {
    return this.#kindOf(node, scope) === "inputs" ? "inputs" : undefined;
  }
}

/** What the function that a method of the inputs takes gets. */
function argumentsOf(method: string): readonly (Kind | undefined)[] {
  if (reduces.has(method)) return [undefined, "input"];
  return method === "toSorted" ? ["input", "input"] : ["input"];
}

function isArrayFrom({ callee }: CallExpression): boolean {
  if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier") return false;
  const name = `${callee.object.name}.${memberName(callee)}`;
  return name === "Array.from" || name === "Object.values";
}

/** The `inputs` of `inputs.entries()`. */
function entriesOf(node: AnyNode): AnyNode | undefined {
  const isEntries =
    node.type === "CallExpression" && node.callee.type === "MemberExpression" && memberName(node.callee) === "entries";
  return isEntries && node.callee.type === "MemberExpression" ? node.callee.object : undefined;
}
