import type { AnyNode, CallExpression } from "acorn";
import type { Transition } from "../definition.ts";
import { readForeachOptions } from "./foreach-options.ts";
import type { MemberSource } from "./members.ts";
import { type FunctionNode, isFunction, memberName, memberOfThis, pickedNames, walk } from "./nodes.ts";

/** A fault of the source, before its place is known to people. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly node: AnyNode;
}

export interface ReturnedTransitions {
  readonly transitions: Transition[];
  /** `return super.step()`: the transitions of the step that this one overrides are its own too. */
  readonly inherits: boolean;
  readonly findings: Finding[];
}

/**
 * The transitions that a step returns. One that it writes anywhere else is a fault, since the graph could not know of it.
 *
 * @param runs whether the method is what runs; else it only declares, and of a foreach's items too
 */
export function findTransitions(
  step: string,
  source: MemberSource,
  steps: ReadonlySet<string>,
  runs: boolean,
): ReturnedTransitions {
  const transitions: Transition[] = [];
  const findings: Finding[] = [];
  const returned = new Set<AnyNode>();
  let inherits = false;
  for (const value of returnedValues(source.node)) {
    if (isTransition(value)) {
      returned.add(value);
      transitions.push(...readTransition(step, value, source, runs, findings));
    } else if (isSuperCall(value, step)) {
      inherits = true;
    } else if (!isNothing(value)) {
      findings.push({
        code: "TRANSITION_HIDDEN",
        message: `${step} returns ${snippet(value, source)}, which the source does not show to be a transition.`,
        fix: "Return this.next(…) or this.foreach(…) itself.",
        node: value,
      });
    }
  }
  findings.push(...strayTransitions(step, source.node, returned), ...findStepCalls(step, source.node, steps));
  return { transitions: distinct(transitions), inherits, findings };
}

/** Transitions outside of where a step returns them: in a helper, in a function inside of a step, or under another name. */
export function strayTransitions(name: string, node: FunctionNode, returned: ReadonlySet<AnyNode>): Finding[] {
  const findings: Finding[] = [];
  const selves = selvesOf(node);
  const called = new Set<AnyNode>();
  const alias = (node: AnyNode) =>
    findings.push({
      code: "TRANSITION_ALIAS",
      message: `${name} uses a transition under another name.`,
      fix: "Call it as it is, where it is returned: return this.next(…) or return this.foreach(…).",
      node,
    });
  walk(node, (inner) => {
    if (inner.type === "CallExpression" && isTransition(inner)) {
      called.add(inner.callee);
      if (!returned.has(inner)) {
        findings.push({
          code: "TRANSITION_NOT_RETURNED",
          message: `${name} writes a transition where no step returns it.`,
          fix: "Write it in the step itself, where it is returned: return this.next(…) or return this.foreach(…).",
          node: inner,
        });
      }
    } else if (inner.type === "MemberExpression" && isVerb(memberName(inner)) && !called.has(inner)) {
      const { object } = inner;
      const ofSelf = object.type === "Identifier" && selves.has(object.name);
      if (ofSelf || object.type === "ThisExpression" || object.type === "Super") alias(inner);
    } else if (inner.type === "VariableDeclarator" || inner.type === "AssignmentExpression") {
      const [target, value] = inner.type === "VariableDeclarator" ? [inner.id, inner.init] : [inner.left, inner.right];
      const ofThis = value?.type === "ThisExpression" || (value?.type === "Identifier" && selves.has(value.name));
      if (ofThis && pickedNames(target)?.some(isVerb)) alias(inner);
    }
    return undefined;
  });
  return findings;
}

/** A step that is called runs as no task of its own, so that nothing of it is on record. */
export function findStepCalls(step: string, node: FunctionNode, steps: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  const selves = selvesOf(node);
  walk(node, (inner) => {
    if (inner.type !== "CallExpression" || inner.callee.type !== "MemberExpression") return undefined;
    const { callee } = inner;
    const called = memberName(callee);
    const ofSelf = callee.object.type === "Identifier" && selves.has(callee.object.name);
    if (called === undefined || !steps.has(called)) return undefined;
    if (!ofSelf && callee.object.type !== "ThisExpression" && !(callee.object.type === "Super" && called !== step)) {
      return undefined;
    }
    findings.push({
      code: "STEP_CALL",
      message: `${step} calls the step ${called}.`,
      fix: `Go there by return this.next(this.${called}), or move what both need to a method without @step.`,
      node: inner,
    });
    return undefined;
  });
  return findings;
}

/** The names that stand for `this`: `const self = this`. */
function selvesOf(node: FunctionNode): Set<string> {
  const names = new Set<string>();
  walk(node, (inner) => {
    if (
      inner.type === "VariableDeclarator" &&
      inner.init?.type === "ThisExpression" &&
      inner.id.type === "Identifier"
    ) {
      names.add(inner.id.name);
    }
    return undefined;
  });
  return names;
}

/** The expressions whose value a function may return, each at the end of its conditions. */
function* returnedValues(node: FunctionNode): Iterable<AnyNode> {
  if (node.body.type !== "BlockStatement") return yield* tails(node.body);
  const returns: AnyNode[] = [];
  walk(node.body, (inner) => {
    if (isFunction(inner) || inner.type === "ClassBody") return false;
    if (inner.type === "ReturnStatement" && inner.argument) returns.push(inner.argument);
    return undefined;
  });
  for (const value of returns) yield* tails(value);
}

function* tails(node: AnyNode): Iterable<AnyNode> {
  if (node.type === "ConditionalExpression") {
    yield* tails(node.consequent);
    yield* tails(node.alternate);
  } else if (node.type === "LogicalExpression") {
    if (node.operator !== "&&") yield* tails(node.left);
    yield* tails(node.right);
  } else if (node.type === "SequenceExpression") {
    const last = node.expressions.at(-1);
    if (last !== undefined) yield* tails(last);
  } else if (node.type === "AwaitExpression") yield* tails(node.argument);
  else if (node.type === "ParenthesizedExpression") yield* tails(node.expression);
  else yield node;
}

function isVerb(name: string | undefined): name is "next" | "foreach" {
  return name === "next" || name === "foreach";
}

function isTransition(node: AnyNode): node is CallExpression {
  return node.type === "CallExpression" && isVerb(memberOfThis(node.callee));
}

function isSuperCall(node: AnyNode, step: string): boolean {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return false;
  return node.callee.object.type === "Super" && memberName(node.callee) === step;
}

/** `return;`, `return undefined`, `return void …`: what a step that falls through gives. */
function isNothing(node: AnyNode): boolean {
  return (
    (node.type === "Identifier" && node.name === "undefined") ||
    (node.type === "UnaryExpression" && node.operator === "void")
  );
}

function readTransition(
  step: string,
  call: CallExpression,
  source: MemberSource,
  runs: boolean,
  findings: Finding[],
): Transition[] {
  const { line } = source.at(call) ?? {};
  const at = line === undefined ? {} : { line };
  const verb = memberOfThis(call.callee);
  const targets = (verb === "foreach" ? call.arguments.slice(1, 2) : call.arguments).map((argument) => {
    const name = memberOfThis(argument);
    if (name === undefined) {
      findings.push({
        code: "TARGET",
        message: `${step} goes to ${snippet(argument, source)}, which the source does not show to be a step.`,
        fix: "Name the step as a member of this, this.next(this.train), and let a choice be several transitions.",
        node: argument,
      });
    }
    return name;
  });
  const known = targets.filter((name) => name !== undefined);
  if (known.length < targets.length) return [];
  if (verb === "next") return known.length === 0 ? [] : [{ kind: "next", steps: known, ...at }];
  const [body] = known;
  if (body === undefined) return [];
  const { options, findings: faults } = readForeachOptions(step, call.arguments[2], source);
  findings.push(...faults);
  const [over] = call.arguments;
  const items = runs || over === undefined ? undefined : memberOfThis(over);
  if (!runs && items === undefined) {
    findings.push({
      code: "FOREACH_ITEMS",
      message: `${step} runs in Python and has a foreach over ${snippet(over ?? call, source)}, which is no artifact.`,
      fix: `Go over an artifact that the function sets: this.foreach(this.rows, this.${body}).`,
      node: over ?? call,
    });
  }
  return [{ kind: "foreach", body, ...(items !== undefined && { items }), ...options, ...at }];
}

/** A transition may be returned in several places. */
function distinct(transitions: readonly Transition[]): Transition[] {
  const byMeaning = new Map<string, Transition>();
  for (const transition of transitions) {
    const meaning = JSON.stringify({ ...transition, line: 0 });
    if (!byMeaning.has(meaning)) byMeaning.set(meaning, transition);
  }
  return [...byMeaning.values()];
}

/** As the user wrote it, if it is short. */
function snippet(node: AnyNode, { code }: MemberSource): string {
  const text = code.slice(node.start, node.end).replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
