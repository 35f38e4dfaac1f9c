export { StateMachineError } from "./errors.ts";
export { type StateMachine, type StateMachineDocument, stateMachine } from "./machine.ts";
export type { Substitution } from "./substitutions.ts";
export { runsOnBatch } from "./tasks.ts";
