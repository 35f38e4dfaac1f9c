import type { AnyNode, SwitchCase } from "acorn";
import { type Assigned, meet, withNames } from "./assigned.ts";
import { eachChild, type FunctionNode } from "./nodes.ts";

/** Where `break` and `continue` lead. */
interface Target {
  readonly label: string | undefined;
  readonly isLoop: boolean;
  readonly breaks: Assigned[];
  readonly continues: Assigned[];
}

/** Goes through a function in the order of its execution, along all ways, with what is certainly assigned by then. */
export abstract class ControlFlow {
  protected now: Assigned = new Set();
  #exits: Assigned[] = [];
  #targets: Target[] = [];

  /** Takes a node that does not branch; it visits the node's children itself. */
  protected abstract visitPlain(node: AnyNode): void;
  /** What is assigned to: an identifier, a member or a pattern. */
  protected abstract visitTarget(node: AnyNode): void;

  /** What is assigned on every way to the function's end. */
  protected run({ params, body }: FunctionNode): ReadonlySet<string> {
    for (const parameter of params) this.visit(parameter);
    this.visit(body);
    return meet(this.now, ...this.#exits) ?? new Set();
  }

  /** Runs at another time, or never: it sees what is assigned here, and nothing is certain of what it assigns. */
  protected visitLater(node: FunctionNode): void {
    const [now, exits, targets] = [this.now, this.#exits, this.#targets];
    [this.#exits, this.#targets] = [[], []];
    this.run(node);
    [this.now, this.#exits, this.#targets] = [now, exits, targets];
  }

  protected visitChildren(node: AnyNode): void {
    eachChild(node, (child) => this.visit(child));
  }

  protected maybe(...nodes: readonly AnyNode[]): void {
    this.#either(
      () => this.#all(nodes),
      () => undefined,
    );
  }

  protected visit(node: AnyNode): void {
    switch (node.type) {
      case "ConditionalExpression":
      case "IfStatement":
        this.visit(node.test);
        this.#either(
          () => this.visit(node.consequent),
          () => node.alternate && this.visit(node.alternate),
        );
        break;
      case "LogicalExpression":
      case "AssignmentPattern":
        this.visit(node.left);
        this.maybe(node.right);
        break;
      case "ReturnStatement":
        if (node.argument) this.visit(node.argument);
        this.#exits.push(this.now);
        this.now = undefined;
        break;
      case "ThrowStatement":
        this.visit(node.argument);
        this.now = undefined;
        break;
      case "BreakStatement":
      case "ContinueStatement":
        this.#jump(node.type === "BreakStatement", node.label?.name);
        break;
      case "LabeledStatement": {
        const { breaks, continues } = this.#inside(node.label.name, false, () => this.visit(node.body));
        this.now = meet(this.now, ...breaks, ...continues);
        break;
      }
      case "ForStatement":
        if (node.init) this.visit(node.init);
        this.#loop(node.test, [node.body, ...(node.update ? [node.update] : [])]);
        break;
      case "WhileStatement":
        this.#loop(node.test, [node.body]);
        break;
      case "DoWhileStatement": {
        const { breaks, continues } = this.#inside(undefined, true, () => this.visit(node.body));
        this.now = meet(this.now, ...continues);
        this.visit(node.test);
        this.now = meet(this.now, ...breaks);
        break;
      }
      case "ForInStatement":
      case "ForOfStatement":
        this.visit(node.right);
        this.#either(
          () => this.#inside(undefined, true, () => this.#each(node.left, node.body)),
          () => undefined,
        );
        break;
      case "SwitchStatement":
        this.visit(node.discriminant);
        this.#switch(node.cases);
        break;
      case "TryStatement":
        this.#try(node.block, node.handler ?? undefined, node.finalizer ?? undefined);
        break;
      default:
        this.visitPlain(node);
    }
  }

  #all(nodes: readonly AnyNode[]): void {
    for (const node of nodes) this.visit(node);
  }

  #either(...ways: readonly (() => void)[]): void {
    const before = this.now;
    const after = ways.map((visit) => {
      this.now = before;
      visit();
      return this.now;
    });
    this.now = meet(...after);
  }

  #inside(label: string | undefined, isLoop: boolean, visit: () => void): Target {
    const target: Target = { label, isLoop, breaks: [], continues: [] };
    this.#targets.push(target);
    visit();
    this.#targets.pop();
    return target;
  }

  #jump(isBreak: boolean, label: string | undefined): void {
    const target = this.#targets.findLast((target) =>
      label === undefined ? target.isLoop || (isBreak && target.label === undefined) : target.label === label,
    );
    (isBreak ? target?.breaks : target?.continues)?.push(this.now);
    this.now = undefined;
  }

  #loop(test: AnyNode | null | undefined, body: readonly AnyNode[]): void {
    const endless = !test || (test.type === "Literal" && test.value === true);
    if (test) this.visit(test);
    const before = this.now;
    const { breaks } = this.#inside(undefined, true, () => this.#all(body));
    this.now = endless ? meet(...breaks) : meet(before, ...breaks);
  }

  #each(left: AnyNode, body: AnyNode): void {
    if (left.type === "VariableDeclaration") this.visit(left);
    else this.visitTarget(left);
    this.visit(body);
  }

  #switch(cases: readonly SwitchCase[]): void {
    const before = this.now;
    this.now = undefined;
    const { breaks } = this.#inside(undefined, false, () => {
      for (const { test, consequent } of cases) {
        this.now = meet(this.now, before);
        if (test) this.maybe(test);
        this.#all(consequent);
      }
    });
    const isComplete = cases.some(({ test }) => !test);
    this.now = meet(this.now, ...breaks, ...(isComplete ? [] : [before]));
  }

  /** A block may break off anywhere: behind its handler only what was assigned before is certain, and what the handler assigns. */
  #try(block: AnyNode, handler: AnyNode | undefined, finalizer: AnyNode | undefined): void {
    const before = this.now;
    this.visit(block);
    if (handler !== undefined) {
      const completed = this.now;
      this.now = before;
      this.visit(handler);
      this.now = meet(completed, this.now);
    }
    if (finalizer === undefined) return;
    const completed = this.now;
    this.now = before;
    this.visit(finalizer);
    this.now = this.now === undefined ? undefined : withNames(completed, this.now);
  }
}
