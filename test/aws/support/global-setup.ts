import type { TestProject } from "vitest/node";
import { bootstrap, type Target } from "./deploy.ts";
import { startEmulator } from "./emulator.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The run's emulator: `inject("aws")`. */
    aws: Target;
  }
}

/** Starts and bootstraps the emulator that all tests of the run share; returns what stops it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startEmulator();
  const { endpoint, env } = emulator;
  try {
    await bootstrap(emulator);
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  project.provide("aws", { endpoint, env });
  return () => emulator.stop();
}
