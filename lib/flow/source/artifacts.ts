import type { AnyNode, CallExpression, MemberExpression } from "acorn";
import type { Location } from "../../errors.ts";
import { type Assigned, meet, withNames } from "./assigned.ts";
import type { Member, Members } from "./members.ts";
import { childrenOf, type FunctionNode, isFunction, memberName, memberOfThis, pickedNames, walk } from "./nodes.ts";

/** What a function does with the members of its `this`. */
export interface Accesses {
  readonly reads: ReadonlySet<string> | "all";
  /** Set on every path through it. */
  readonly writes: ReadonlySet<string>;
  /** Every place that sets a member, on whichever path. */
  readonly assignments: readonly { readonly name: string; readonly at: Location | undefined }[];
}

const nothing: Accesses = { reads: new Set(), writes: new Set(), assignments: [] };

/** Follows methods and accessors of the flow into their own sources, each once. */
export class AccessReader {
  readonly #members: Members;
  readonly #known = new Map<Member, Accesses>();

  constructor(members: Members) {
    this.#members = members;
  }

  of(member: Member): Accesses {
    const known = this.#known.get(member);
    if (known !== undefined) return known;
    // A method that comes back to itself adds nothing to what its first round finds.
    this.#known.set(member, nothing);
    const accesses: Accesses =
      member.source === undefined
        ? { ...nothing, reads: "all" }
        : new FunctionReader(member, this.#members, this).read(member.source.node);
    this.#known.set(member, accesses);
    return accesses;
  }
}

/** A way out of a block: `break` and `continue`. */
interface Target {
  readonly label: string | undefined;
  readonly isLoop: boolean;
  readonly breaks: Assigned[];
  readonly continues: Assigned[];
}

/** Goes through one function in the order of its execution, with what is certainly set by then. */
class FunctionReader {
  readonly #member: Member;
  readonly #members: Members;
  readonly #accesses: AccessReader;
  readonly #reads = new Set<string>();
  readonly #assignments: { name: string; at: Location | undefined }[] = [];
  #readsAll = false;
  #now: Assigned = new Set();
  #exits: Assigned[] = [];
  #targets: Target[] = [];

  constructor(member: Member, members: Members, accesses: AccessReader) {
    this.#member = member;
    this.#members = members;
    this.#accesses = accesses;
  }

  read(node: FunctionNode): Accesses {
    for (const parameter of node.params) this.#visit(parameter);
    this.#visit(node.body);
    return {
      reads: this.#readsAll ? "all" : this.#reads,
      writes: meet(this.#now, ...this.#exits) ?? new Set(),
      assignments: this.#assignments,
    };
  }

  #visit(node: AnyNode): void {
    switch (node.type) {
      case "ThisExpression":
        this.#readsAll = true;
        return;
      case "MemberExpression":
        return this.#memberAccess(node);
      case "CallExpression":
        return this.#call(node);
      case "AssignmentExpression": {
        if (node.operator === "=") {
          if (this.#pick(node.left, node.right)) return;
          this.#targetParts(node.left);
          this.#visit(node.right);
          return this.#assign(node.left);
        }
        this.#visit(node.left);
        // Behind `??=`, `||=` and `&&=` the member has a value either way, if it is at all.
        if (["??=", "||=", "&&="].includes(node.operator)) this.#maybe(() => this.#visit(node.right));
        else this.#visit(node.right);
        return this.#assign(node.left);
      }
      case "UpdateExpression":
        this.#visit(node.argument);
        return this.#assign(node.argument);
      case "VariableDeclarator":
        if (node.init && this.#pick(node.id, node.init)) return;
        if (node.init) this.#visit(node.init);
        return this.#visit(node.id);
      case "ConditionalExpression":
      case "IfStatement":
        this.#visit(node.test);
        return this.#either(
          () => this.#visit(node.consequent),
          () => node.alternate && this.#visit(node.alternate),
        );
      case "LogicalExpression":
        this.#visit(node.left);
        return this.#maybe(() => this.#visit(node.right));
      case "AssignmentPattern":
        this.#visit(node.left);
        return this.#maybe(() => this.#visit(node.right));
      case "ReturnStatement":
        if (node.argument) this.#visit(node.argument);
        this.#exits.push(this.#now);
        this.#now = undefined;
        return;
      case "ThrowStatement":
        this.#visit(node.argument);
        this.#now = undefined;
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return this.#jump(node.type === "BreakStatement", node.label?.name);
      case "LabeledStatement":
        return this.#labeled(node.label.name, node.body);
      case "ForStatement":
        if (node.init) this.#visit(node.init);
        return this.#loop(node.test ?? undefined, node.body, node.update ?? undefined);
      case "WhileStatement":
        return this.#loop(node.test, node.body);
      case "DoWhileStatement":
        return this.#doWhile(node.body, node.test);
      case "ForInStatement":
      case "ForOfStatement":
        this.#visit(node.right);
        return this.#maybe(() =>
          this.#inside({ label: undefined, isLoop: true }, () => {
            this.#targetParts(node.left);
            this.#assign(node.left);
            this.#visit(node.body);
          }),
        );
      case "SwitchStatement":
        return this.#switch(node.discriminant, node.cases);
      case "TryStatement":
        return this.#try(node.block, node.handler ?? undefined, node.finalizer ?? undefined);
      default:
        if (isFunction(node)) return this.#nested(node);
        if (node.type === "ClassBody") return this.#ownThis(node);
        for (const child of childrenOf(node)) this.#visit(child);
    }
  }

  /** `this.x`, or a member of something else. */
  #memberAccess(node: MemberExpression): void {
    if (node.object.type === "Super") {
      const member = this.#members.find(memberName(node) ?? "", this.#member.declaredIn);
      return member === undefined ? undefined : this.#follow(member, member.isGetter);
    }
    if (node.object.type !== "ThisExpression") {
      this.#visit(node.object);
      if (node.computed) this.#visit(node.property);
      return;
    }
    const name = memberName(node);
    if (name === undefined) {
      this.#readsAll = true;
      return this.#visit(node.property);
    }
    const member = this.#members.find(name);
    if (member === undefined) this.#readName(name);
    else if (!member.isStep) this.#follow(member, member.isGetter);
  }

  #call(node: CallExpression): void {
    const { callee } = node;
    const isSuper = callee.type === "MemberExpression" && callee.object.type === "Super";
    const name = isSuper ? memberName(callee) : memberOfThis(callee);
    const member = name === undefined ? undefined : this.#members.find(name, isSuper ? this.#member.declaredIn : undefined);
    if (member === undefined || member.isGetter || (member.isStep && !isSuper)) this.#visit(callee);
    for (const argument of node.arguments) this.#visit(argument);
    if (member !== undefined && !member.isGetter && (isSuper || !member.isStep)) this.#follow(member, true);
  }

  /** What a method or accessor of the flow does; one that is only mentioned may run at another time, so that its writes are not certain. */
  #follow(member: Member, runs: boolean): void {
    const { reads, writes, assignments } = this.#accesses.of(member);
    if (reads === "all") this.#readsAll = true;
    else for (const name of reads) this.#readName(name);
    this.#assignments.push(...assignments);
    if (runs) this.#now = withNames(this.#now, writes);
  }

  #readName(name: string): void {
    if (!this.#now?.has(name) && !this.#members.isBuiltIn(name)) this.#reads.add(name);
  }

  /** `const { x, y } = this`: whether it was that. */
  #pick(target: AnyNode, value: AnyNode): boolean {
    if (value.type !== "ThisExpression") return false;
    const names = pickedNames(target);
    for (const name of names ?? []) {
      const member = this.#members.find(name);
      if (member === undefined) this.#readName(name);
      else if (!member.isStep) this.#follow(member, member.isGetter);
    }
    if (names === undefined) this.#readsAll = true;
    if (target.type === "ObjectPattern") for (const property of target.properties) this.#visit(property);
    return true;
  }

  /** What runs in the left side of an assignment before the right side does. */
  #targetParts(target: AnyNode): void {
    if (target.type === "MemberExpression") {
      if (memberOfThis(target) === undefined) this.#visit(target);
    } else if (target.type !== "Identifier") for (const child of childrenOf(target)) this.#targetParts(child);
  }

  #assign(target: AnyNode): void {
    const name = memberOfThis(target);
    if (name !== undefined) {
      this.#assignments.push({ name, at: this.#member.source?.at(target) });
      this.#now = withNames(this.#now, [name]);
    } else if (target.type !== "MemberExpression") {
      for (const child of childrenOf(target)) this.#assign(child);
    }
  }

  #maybe(visit: () => void): void {
    this.#either(visit, () => undefined);
  }

  #either(...ways: readonly (() => void)[]): void {
    const before = this.#now;
    const after = ways.map((visit) => {
      this.#now = before;
      visit();
      return this.#now;
    });
    this.#now = meet(...after);
  }

  #jump(isBreak: boolean, label: string | undefined): void {
    const target = this.#targets.findLast((target) =>
      label === undefined ? target.isLoop || (isBreak && target.label === undefined) : target.label === label,
    );
    (isBreak ? target?.breaks : target?.continues)?.push(this.#now);
    this.#now = undefined;
  }

  #inside(target: Pick<Target, "label" | "isLoop">, visit: () => void): Target {
    const entered: Target = { ...target, breaks: [], continues: [] };
    this.#targets.push(entered);
    visit();
    this.#targets.pop();
    return entered;
  }

  #labeled(label: string, body: AnyNode): void {
    const { breaks, continues } = this.#inside({ label, isLoop: false }, () => this.#visit(body));
    this.#now = meet(this.#now, ...breaks, ...continues);
  }

  #loop(test: AnyNode | undefined, body: AnyNode, update?: AnyNode): void {
    const endless = test === undefined || (test.type === "Literal" && test.value === true);
    if (test !== undefined) this.#visit(test);
    const before = this.#now;
    const { breaks } = this.#inside({ label: undefined, isLoop: true }, () => {
      this.#visit(body);
      if (update !== undefined) this.#visit(update);
    });
    this.#now = endless ? meet(...breaks) : meet(before, ...breaks);
  }

  #doWhile(body: AnyNode, test: AnyNode): void {
    const { breaks, continues } = this.#inside({ label: undefined, isLoop: true }, () => this.#visit(body));
    this.#now = meet(this.#now, ...continues);
    this.#visit(test);
    this.#now = meet(this.#now, ...breaks);
  }

  #switch(discriminant: AnyNode, cases: readonly { test?: AnyNode | null; consequent: readonly AnyNode[] }[]): void {
    this.#visit(discriminant);
    const before = this.#now;
    this.#now = undefined;
    const { breaks } = this.#inside({ label: undefined, isLoop: false }, () => {
      for (const { test, consequent } of cases) {
        this.#now = meet(this.#now, before);
        if (test) this.#maybe(() => this.#visit(test));
        for (const statement of consequent) this.#visit(statement);
      }
    });
    const complete = cases.some(({ test }) => !test);
    this.#now = meet(this.#now, ...breaks, ...(complete ? [] : [before]));
  }

  /** A block may break off anywhere: behind its handler only what was set before is certain, and what the handler sets. */
  #try(block: AnyNode, handler: AnyNode | undefined, finalizer: AnyNode | undefined): void {
    const before = this.#now;
    this.#visit(block);
    if (handler !== undefined) {
      const completed = this.#now;
      this.#now = before;
      this.#visit(handler);
      this.#now = meet(completed, this.#now);
    }
    if (finalizer === undefined) return;
    const completed = this.#now;
    this.#now = before;
    this.#visit(finalizer);
    this.#now = this.#now === undefined ? undefined : withNames(completed, this.#now);
  }

  /** An arrow function has the step's `this`, but runs at another time, or never. */
  #nested(node: FunctionNode): void {
    if (node.type !== "ArrowFunctionExpression") return this.#ownThis(node);
    const [now, exits, targets] = [this.#now, this.#exits, this.#targets];
    [this.#exits, this.#targets] = [[], []];
    for (const parameter of node.params) this.#visit(parameter);
    this.#visit(node.body);
    [this.#now, this.#exits, this.#targets] = [now, exits, targets];
  }

  /** A function with a `this` of its own: it may be called with the step's. */
  #ownThis(node: AnyNode): void {
    walk(node, (inner) => {
      if (inner.type === "ThisExpression") this.#readsAll = true;
      return undefined;
    });
  }
}
