import type { AnyNode, AssignmentExpression, CallExpression, MemberExpression } from "acorn";
import type { Location } from "../../errors.ts";
import { withNames } from "./assigned.ts";
import { ControlFlow } from "./control-flow.ts";
import type { Member, Members } from "./members.ts";
import { eachChild, isFunction, memberName, memberOfThis, pickedNames, walk } from "./nodes.ts";

/** What a function does with the members of its `this`. */
export interface Accesses {
  readonly reads: ReadonlySet<string> | "all";
  /** Set on every way through it. */
  readonly writes: ReadonlySet<string>;
  /** Every place that sets a member, on whichever way. */
  readonly assignments: readonly { readonly name: string; readonly at: Location | undefined }[];
}

const nothing: Accesses = { reads: new Set(), writes: new Set(), assignments: [] };

/** Finds what the methods and accessors of a flow do, following one into another; each is read once. */
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

class FunctionReader extends ControlFlow {
  readonly #member: Member;
  readonly #members: Members;
  readonly #accesses: AccessReader;
  readonly #reads = new Set<string>();
  readonly #assignments: { name: string; at: Location | undefined }[] = [];
  #readsAll = false;

  constructor(member: Member, members: Members, accesses: AccessReader) {
    super();
    this.#member = member;
    this.#members = members;
    this.#accesses = accesses;
  }

  read(node: Parameters<ControlFlow["run"]>[0]): Accesses {
    const writes = this.run(node);
    return { reads: this.#readsAll ? "all" : this.#reads, writes, assignments: this.#assignments };
  }

  protected override visitPlain(node: AnyNode): void {
    if (node.type === "ThisExpression") this.#readsAll = true;
    else if (node.type === "MemberExpression") this.#memberAccess(node);
    else if (node.type === "CallExpression") this.#call(node);
    else if (node.type === "AssignmentExpression") this.#assignment(node);
    else if (node.type === "UpdateExpression") {
      this.visit(node.argument);
      this.#assign(node.argument);
    } else if (node.type === "VariableDeclarator") {
      if (node.init && this.#pick(node.id, node.init)) return;
      if (node.init) this.visit(node.init);
      this.visit(node.id);
    } else if (node.type === "ArrowFunctionExpression") this.visitLater(node);
    else if (isFunction(node) || node.type === "ClassBody") this.#ownThis(node);
    else this.visitChildren(node);
  }

  protected override visitTarget(target: AnyNode): void {
    this.#targetParts(target);
    this.#assign(target);
  }

  #memberAccess(node: MemberExpression): void {
    const name = memberName(node);
    if (node.object.type === "Super") {
      const member = this.#members.find(name ?? "", this.#member.declaredIn);
      if (member !== undefined) this.#follow(member, member.isGetter);
    } else if (node.object.type === "ThisExpression") {
      if (name === undefined) {
        this.#readsAll = true;
        this.visit(node.property);
      } else this.#mention(name);
    } else {
      this.visit(node.object);
      if (node.computed) this.visit(node.property);
    }
  }

  /** `this.name`, which may be a step in a transition, a method that is handed on, an accessor or an artifact. */
  #mention(name: string): void {
    const member = this.#members.find(name);
    if (member === undefined) this.#readName(name);
    else if (!member.isStep) this.#follow(member, member.isGetter);
  }

  #call(node: CallExpression): void {
    const { callee } = node;
    const isSuper = callee.type === "MemberExpression" && callee.object.type === "Super";
    const name = isSuper ? memberName(callee) : memberOfThis(callee);
    const above = isSuper ? this.#member.declaredIn : undefined;
    const member = name === undefined ? undefined : this.#members.find(name, above);
    // A call of another step is a fault of its own; that of the step which this one overrides is not.
    const runs = member !== undefined && !member.isGetter && (isSuper || !member.isStep);
    if (!runs) this.visit(callee);
    for (const argument of node.arguments) this.visit(argument);
    if (runs) this.#follow(member, true);
  }

  #assignment({ left, right, operator }: AssignmentExpression): void {
    if (operator === "=") {
      if (this.#pick(left, right)) return;
      this.#targetParts(left);
      this.visit(right);
    } else {
      this.visit(left);
      // Behind `??=`, `||=` and `&&=` the member has a value either way, if it is at all.
      if (["??=", "||=", "&&="].includes(operator)) this.maybe(right);
      else this.visit(right);
    }
    this.#assign(left);
  }

  /** What a method or accessor does. One that is only mentioned may run at another time, so that its writes are not certain. */
  #follow(member: Member, runs: boolean): void {
    const { reads, writes, assignments } = this.#accesses.of(member);
    if (reads === "all") this.#readsAll = true;
    else for (const name of reads) this.#readName(name);
    this.#assignments.push(...assignments);
    if (runs) this.now = withNames(this.now, writes);
  }

  #readName(name: string): void {
    if (!this.now?.has(name) && !this.#members.isBuiltIn(name)) this.#reads.add(name);
  }

  /** `const { x, y } = this`: whether it was that. */
  #pick(target: AnyNode, value: AnyNode): boolean {
    if (value.type !== "ThisExpression") return false;
    const names = pickedNames(target);
    if (names === undefined) this.#readsAll = true;
    for (const name of names ?? []) this.#mention(name);
    if (target.type === "ObjectPattern") for (const property of target.properties) this.visit(property);
    return true;
  }

  /** What runs in the left side of an assignment before the right side does. */
  #targetParts(target: AnyNode): void {
    if (target.type === "MemberExpression") {
      if (memberOfThis(target) === undefined) this.visit(target);
    } else if (target.type !== "Identifier") eachChild(target, (child) => this.#targetParts(child));
  }

  #assign(target: AnyNode): void {
    const name = memberOfThis(target);
    if (name !== undefined) {
      this.#assignments.push({ name, at: this.#member.source?.at(target) });
      this.now = withNames(this.now, [name]);
    } else if (target.type !== "MemberExpression") {
      eachChild(target, (child) => this.#assign(child));
    }
  }

  /** A function with a `this` of its own: it may be called with the step's. */
  #ownThis(node: AnyNode): void {
    walk(node, (inner) => {
      if (inner.type === "ThisExpression") this.#readsAll = true;
      return undefined;
    });
  }
}
