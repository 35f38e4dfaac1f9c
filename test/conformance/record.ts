import type { Failure, Run, Task } from "../../lib/client/index.ts";

/** Everything that a run has left, but for what two runs of a flow can't have in common: ids, times, stacks and console lines. */
export async function recordOf(run: Run) {
  const steps = (await run.steps()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const tasks = (await Promise.all(steps.map((step) => step.tasks()))).flat();
  return {
    status: run.status,
    parameters: run.parameters,
    tags: run.tags,
    failure: run.failure && { ...withoutStack(run.failure), task: run.failure.task, attempt: run.failure.attempt },
    tasks: await Promise.all(tasks.map(taskRecord)),
  };
}

async function taskRecord(task: Task) {
  return {
    task: `${task.step}/${task.id}`,
    status: task.status,
    iteration: task.iteration,
    foreachCount: task.foreachCount,
    attempts: task.attempts.map(({ attempt, status, failure }) => ({
      attempt,
      status,
      failure: failure && withoutStack(failure),
    })),
    artifacts: await Promise.all(
      task.artifacts().map(async (artifact) => {
        const { name, type, codec, size, hash } = artifact;
        return { name, type, codec, size, hash, value: await artifact.value() };
      }),
    ),
  };
}

function withoutStack({ name, message }: Failure) {
  return { name, message };
}
