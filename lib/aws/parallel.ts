/**
 * Runs `task` for 0 to `count` - 1, at most `limit` at the same time. After a failure none begins any more, and it is thrown when those
 * that had begun have ended.
 */
export async function inParallel(count: number, limit: number, task: (index: number) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count && failures.length === 0) await task(next++).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  if (failures.length > 0) throw failures[0];
}
